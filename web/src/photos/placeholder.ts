// What stands where a photo will be: at once its average colour, and a blurred picture of it if the photo takes its time.

export const thumbhashBytes = (thumbhash: string) => Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0));

/* As the library's thumbHashToAverageRGBA: the rest of it comes when a photo takes its time (blur.ts). */
export function averageColour(thumbhash: string | null): string {
    if (!thumbhash) return '';
    try {
        const [low = 0, middle = 0, high = 0] = thumbhashBytes(thumbhash);
        const bits = low | middle << 8 | high << 16;
        const yellow = (bits >> 6 & 63) / 31.5 - 1;
        const red = (bits >> 12 & 63) / 31.5 - 1;
        const b = (bits & 63) / 63 - 2 / 3 * yellow;
        const r = (3 * (bits & 63) / 63 - b + red) / 2;
        return `rgb(${[r, r - red, b].map((part) => Math.round(255 * Math.min(1, Math.max(0, part)))).join(' ')})`;
    } catch {
        return '';
    }
}

const PATIENCE_MS = 120;

/* Blurs the place of an image until it has come. The result forgets about it. */
export function blurUntilLoaded(image: HTMLImageElement, thumbhash: string | null): () => void {
    if (!thumbhash || image.complete) return () => {};
    const place = image.parentElement!;
    let isOver = false;
    const clear = () => { isOver = true; place.style.backgroundImage = ''; };
    const blur = async () => {
        const { blurredUrl } = await import('./blur');
        if (!isOver && !image.complete) place.style.backgroundImage = blurredUrl(thumbhash);
    };
    image.addEventListener('load', clear, { once: true });
    const timer = setTimeout(() => { blur().catch(() => { /* no network, or no thumbhash: the colour stays */ }); }, PATIENCE_MS);
    return () => { clearTimeout(timer); image.removeEventListener('load', clear); clear(); };
}
