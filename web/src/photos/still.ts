// The first frame of an animated picture, as a picture of its own: for who wants nothing to move.

const KEPT = 200;
const stills = new Map<string, Promise<string>>(); // by the picture's address

/* A WebP with an extended header says there whether it moves (developers.google.com/speed/webp/docs/riff_container). */
async function moves(blob: Blob): Promise<boolean> {
    const head = new Uint8Array(await blob.slice(0, 21).arrayBuffer());
    return String.fromCharCode(...head.subarray(12, 16)) === 'VP8X' && (head[20]! & 2) !== 0;
}

async function makeStill(url: string): Promise<string> {
    const blob = await (await fetch(url)).blob();
    if (!await moves(blob)) return url;
    const frame = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(frame.width, frame.height);
    canvas.getContext('2d')!.drawImage(frame, 0, 0);
    frame.close();
    return URL.createObjectURL(await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 }));
}

/* The address of its first frame; its own when it stands still anyway. */
export function stillOf(url: string): Promise<string> {
    const known = stills.get(url);
    if (known) return known;
    const made = makeStill(url);
    stills.set(url, made);
    made.catch(() => stills.delete(url));
    if (stills.size > KEPT) {
        const [oldest, still] = stills.entries().next().value!;
        stills.delete(oldest);
        void still.then((address) => { if (address !== oldest) URL.revokeObjectURL(address); }, () => {});
    }
    return made;
}
