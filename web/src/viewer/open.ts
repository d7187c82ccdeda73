// The door to the viewer, which is fetched when it is first wanted.
import type { ReadonlySignal } from '@preact/signals';
import { photoPath, type Photo } from '../lib/api';
import { go } from '../lib/router';

export interface Opening {
    photos: ReadonlySignal<Photo[]>;
    index: number;
    element: HTMLElement | null;   // holds the thumbnails, as a[data-index] or .stage, to zoom from
    hasAddress: boolean;           // whether the photo's address is shown while it is open
}

export async function openViewer(photos: ReadonlySignal<Photo[]>, index: number, element: HTMLElement | null, hasAddress = true) {
    const photo = photos.value[index];
    if (!photo) return;
    try {
        const { view } = await import('./viewer');
        view({ photos, index, element, hasAddress });
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
