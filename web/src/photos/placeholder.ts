// What stands where a photo will be: at once its average colour, and a blurred picture of it if the photo takes its time.
import { thumbHashToAverageRGBA, thumbHashToDataURL } from 'thumbhash';

const bytesOf = (thumbhash: string) => Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0));

export function averageColour(thumbhash: string | null): string {
    if (!thumbhash) return '';
    try {
        const { r, g, b } = thumbHashToAverageRGBA(bytesOf(thumbhash));
        return `rgb(${[r, g, b].map((part) => Math.round(part * 255)).join(' ')})`;
    } catch {
        return '';
    }
}

const PATIENCE_MS = 120;

/* Blurs the place of an image until it has come. The result forgets about it. */
export function blurUntilLoaded(image: HTMLImageElement, thumbhash: string | null): () => void {
    if (!thumbhash || image.complete) return () => {};
    const place = image.parentElement!;
    const clear = () => { place.style.backgroundImage = ''; };
    const timer = setTimeout(() => {
        if (image.complete) return;
        try { place.style.backgroundImage = `url(${thumbHashToDataURL(bytesOf(thumbhash))})`; } catch { return; }
        image.addEventListener('load', clear, { once: true });
    }, PATIENCE_MS);
    return () => { clearTimeout(timer); image.removeEventListener('load', clear); clear(); };
}
