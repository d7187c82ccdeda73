// The door to the viewer, which is fetched when it is first wanted.
import type { ReadonlySignal } from '@preact/signals';
import { photoPath, type Photo } from '../lib/api';
import { fetchLater } from '../lib/lazy';
import { go } from '../lib/router';

export interface Opening {
    photos: ReadonlySignal<Photo[]>;
    index: number;
    element: HTMLElement | null;   // holds the thumbnails, as a[data-index] or .stage, to zoom from
    hasAddress?: boolean;          // whether the photo's address is shown while it is open; if not said, it is
    onClose?: (index: number) => void; // with the photo that was shown last; else the .stage has the focus again
}

export async function openViewer(opening: Opening) {
    const photo = opening.photos.value[opening.index];
    if (!photo) return;
    void fetchLater().catch(() => {}); // it keeps the focus where one goes on
    try {
        const { view } = await import('./viewer');
        view(opening);
    } catch {
        go(photoPath(photo.photo_id)); // no network, and it was never fetched
    }
}

let warmed = false;

/* Fetches it ahead, when there is nothing else to do. */
export function warmViewer() {
    if (warmed) return;
    warmed = true;
    void import('./viewer').catch(() => { warmed = false; });
}
