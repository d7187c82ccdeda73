// The list of photos may change beneath the viewer: something was deleted, or brought back, or published meanwhile. The photo that is
// shown stays, wherever in the list it is now; when it has gone itself, the next one takes its place, or the one before if it was the last.
import type { ReadonlySignal } from '@preact/signals';
import type PhotoSwipe from 'photoswipe';
import type { Photo } from '../lib/api';

const SLIDES_KEPT = 12; // how far behind the one that is shown a slide may be that PhotoSwipe keeps (five in all)

/* The id of the photo that is shown, whatever the list says by now. */
export const shownId = (viewer: PhotoSwipe) => viewer.currSlide?.data['id'] as string | undefined;

/* Slides are kept by their index: those that have another photo now are made anew. */
function renumber(viewer: PhotoSwipe, list: Photo[], index: number) {
    const slide = viewer.currSlide!;
    for (let one = viewer.currIndex + SLIDES_KEPT; one >= 0; one--) viewer.contentLoader.removeByIndex(one);
    viewer.currIndex = viewer.potentialIndex = slide.index = slide.content.index = index;
    for (const [at, holder] of viewer.mainScroll.itemHolders.entries())
        if (holder.slide?.data['id'] !== list[index - 1 + at]?.photo_id) viewer.refreshSlideContent(index - 1 + at);
}

export function followList(viewer: PhotoSwipe, photos: ReadonlySignal<Photo[]>) {
    let before = photos.peek();
    const stop = photos.subscribe((list) => {
        const around = (photosThen: Photo[]) => photosThen.slice(Math.max(0, viewer.currIndex - SLIDES_KEPT), viewer.currIndex + SLIDES_KEPT).map((one) => one.photo_id).join();
        const isSame = around(list) === around(before);
        before = list;
        if (isSame || !viewer.currSlide || viewer.isDestroying) return;
        const at = list.findIndex((one) => one.photo_id === shownId(viewer));
        if (list.length === 0) viewer.close();
        else renumber(viewer, list, at >= 0 ? at : Math.min(viewer.currIndex, list.length - 1));
    });
    viewer.on('destroy', stop);
}

export function showAgain(viewer: PhotoSwipe, photos: ReadonlySignal<Photo[]>, id: string) {
    const at = photos.peek().findIndex((one) => one.photo_id === id);
    if (at >= 0 && viewer.currSlide && !viewer.isDestroying) viewer.goTo(at);
}
