// PhotoSwipe, put to use: zooms from the thumbnail, swipes, pinches, listens to keys; shows the photo's address meanwhile.
import { signal } from '@preact/signals';
import { render } from 'preact';
import PhotoSwipe, { type SlideData } from 'photoswipe';
import 'photoswipe/style.css';
import '../styles/viewer.css';
import { say } from '../i18n';
import { isAnimated, largeUrl, photoPath, showPhoto, thumbnailUrl, type Photo } from '../lib/api';
import { PhotoInfo } from '../photos/info';
import { sayPhoto } from '../photos/names';
import { zoomSources } from '../photos/sources';
import { ToastPlace } from '../ui/toast';
import { followList, showAgain, shownId } from './list';
import { addMotion } from './motion';
import type { Opening } from './open';
import './trusted';

const PANEL_PX = 360;
const isNarrow = () => innerWidth < 800;
const isPanelOpen = signal(false);

export function view({ photos, index, element, hasAddress = true, onClose }: Opening) {
    const viewer = new PhotoSwipe({
        index, loop: false, returnFocus: false, wheelToZoom: true, bgOpacity: 1, mainClass: 'viewer', preload: [1, 2],
        zoomAnimationDuration: 260, // PhotoSwipe itself moves nothing where the system asks for little motion
        closeTitle: say('close'), zoomTitle: say('zoomIn'), arrowPrevTitle: say('previous'), arrowNextTitle: say('next'),
        errorMsg: say('imageFailed'), secondaryZoomLevel: 1, maxZoomLevel: 4,
        paddingFn: ({ y }) => {
            const side = isPanelOpen.value && !isNarrow() ? PANEL_PX : 0, foot = isPanelOpen.value && !side ? y * 0.62 : 0;
            return { top: 0, bottom: foot, left: isMirrored() ? side : 0, right: isMirrored() ? 0 : side };
        },
    });
    const current = () => photos.peek().find((one) => one.photo_id === shownId(viewer)) ?? photos.peek()[viewer.currIndex];
    viewer.addFilter('numItems', () => photos.peek().length);
    viewer.addFilter('itemData', (_, at) => slideOf(photos.peek()[at], at, photos.peek().length, element));
    viewer.addFilter('placeholderSrc', (_, { data }) => data.msrc ?? false);
    viewer.addFilter('thumbEl', (_, data) => (data.element?.querySelector('img') ?? null) as unknown as HTMLElement);
    viewer.on('uiRegister', () => addDetailsButton(viewer));
    viewer.on('initialLayout', () => {
        viewer.element!.setAttribute('aria-label', say('viewer'));
        viewer.element!.setAttribute('aria-modal', 'true');
        for (const button of viewer.element!.querySelectorAll('button[title]')) button.removeAttribute('aria-label'); // their titles say the same
    });
    const letGo = hasAddress ? keepAddress(viewer, current) : () => {};
    addPanel(viewer, current, { leave: () => { letGo(); viewer.close(); }, undo: (id) => showAgain(viewer, photos, id) });
    addToasts(viewer);
    addMotion(viewer);
    announcePages(viewer, () => sayPhoto(current()!, viewer.currIndex, photos.peek().length));
    rememberSeen(viewer, current);
    drawNeighboursLater(viewer);
    showDecoded(viewer);
    followList(viewer, photos);
    viewer.on('destroy', () => requestAnimationFrame(() => (onClose ? onClose(viewer.currIndex) : element?.querySelector<HTMLElement>('.stage')?.focus())));
    viewer.events.add(document, 'keydown', (event) => { if ((event as KeyboardEvent).key === 'Escape') leave(viewer); });
    viewer.init();
}

/* Closes it. PhotoSwipe ignores that while it zooms in: then it closes as soon as it has. */
function leave(viewer: PhotoSwipe) {
    if (viewer.opener.isOpen) viewer.close();
    else viewer.on('bindEvents', () => viewer.close());
}

const isMirrored = () => document.documentElement.dir === 'rtl';

function slideOf(photo: Photo | undefined, index: number, count: number, element: HTMLElement | null): SlideData {
    if (!photo) return {};
    const moves = isAnimated(photo); // a placeholder would move, too
    const place = element?.querySelector<HTMLElement>(`a[data-index="${index}"]`) ?? element?.querySelector<HTMLElement>('.stage');
    return {
        id: photo.photo_id, isAnimated: moves, src: largeUrl(photo.photo_id), width: photo.width, height: photo.height,
        ...zoomSources(photo),
        ...(moves ? {} : { msrc: place?.querySelector('img')?.currentSrc || thumbnailUrl(photo.photo_id) }),
        alt: sayPhoto(photo, index, count),
        thumbCropped: true, ...(place ? { element: place } : {}),
    };
}

const INFO_ICON = '<circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="2"/><path d="M15 14.5h2v6.5h-2zM15 11h2v2h-2z"/>';

function addDetailsButton(viewer: PhotoSwipe) {
    viewer.ui!.registerElement({
        name: 'details', order: 9, isButton: true, tagName: 'button', title: say('details'), ariaLabel: say('details'),
        html: { isCustomSVG: true, inner: INFO_ICON, outlineID: 'none' },
        onClick: () => { isPanelOpen.value = !isPanelOpen.value; },
        onInit: (button) => {
            const stop = isPanelOpen.subscribe((isOpen) => button.setAttribute('aria-expanded', String(isOpen)));
            viewer.on('destroy', stop);
        },
    });
}

function addPlace(viewer: PhotoSwipe, className: string) {
    const place = Object.assign(document.createElement('div'), { className });
    viewer.on('initialLayout', () => viewer.element!.append(place));
    return place;
}

/* The details of the photo that is shown, beside it or at its foot. */
function addPanel(viewer: PhotoSwipe, current: () => Photo | undefined, { leave, undo }: { leave: () => void; undo: (id: string) => void }) {
    const panel = addPlace(viewer, 'viewer-panel');
    panel.addEventListener('keydown', (event) => { if (event.key !== 'Escape') event.stopPropagation(); });
    const draw = () => {
        const photo = current();
        render(isPanelOpen.value && photo
            ? <PhotoInfo key={photo.photo_id} photo={photo} onUndo={() => undo(photo.photo_id)} onLeave={leave} /> : null, panel);
        viewer.element?.classList.toggle('has-panel', isPanelOpen.value);
    };
    viewer.on('change', draw);
    const forget = isPanelOpen.subscribe(() => { if (viewer.isOpen) { draw(); viewer.updateSize(true); } });
    viewer.on('destroy', () => { forget(); render(null, panel); });
}

/* Messages are within the dialog, where keys and screen readers get to them. */
function addToasts(viewer: PhotoSwipe) {
    const place = addPlace(viewer, 'corner');
    render(<ToastPlace />, place);
    viewer.on('destroy', () => render(null, place));
}

/* Turning a page moves no focus, so it is said. */
function announcePages(viewer: PhotoSwipe, name: () => string) {
    const place = addPlace(viewer, 'visually-hidden');
    place.setAttribute('role', 'status');
    viewer.on('change', () => { const now = name(); if (place.textContent !== now) place.textContent = now; });
}

const STAY_MS = 300;

/* Calls `work` when a photo has been shown for a moment: who turns pages waits for nothing but the next photo. */
function onStay(viewer: PhotoSwipe, work: () => void) {
    let timer: ReturnType<typeof setTimeout>;
    viewer.on('change', () => {
        clearTimeout(timer);
        timer = setTimeout(work, STAY_MS);
    });
    viewer.on('close', () => clearTimeout(timer));
}

/* Photos beside the one that is shown are fetched at once, and decoded when nobody turns pages. */
function drawNeighboursLater(viewer: PhotoSwipe) {
    let stayedAt = -1;
    viewer.on('appendHeavy', (event) => { if (!event.slide.isActive && stayedAt !== viewer.currIndex) event.preventDefault(); });
    onStay(viewer, () => { stayedAt = viewer.currIndex; viewer.appendHeavy(); });
}

/* A photo takes its thumbnail's place when it is decoded: the key that asked for it is answered by the thumbnail. */
function showDecoded(viewer: PhotoSwipe) {
    viewer.on('contentAppend', (event) => {
        const { content } = event;
        if (!(content.element instanceof HTMLImageElement)) return;
        event.preventDefault();
        void content.element.decode().catch(() => {}).then(() => content.appendImage());
    });
}

/* What was looked at is there without a network too: the service worker keeps the answer. */
function rememberSeen(viewer: PhotoSwipe, current: () => Photo | undefined) {
    onStay(viewer, () => { const photo = current(); if (photo) void showPhoto(photo.photo_id).catch(() => {}); });
}

/* While the viewer is open its photo's address is shown, and "back" closes it. What is returned leaves the address as it is when the
 * viewer closes, because a link has been followed: going back would undo that. */
function keepAddress(viewer: PhotoSwipe, current: () => Photo | undefined): () => void {
    const address = () => photoPath(current()?.photo_id ?? '');
    let isShown = false;
    viewer.on('firstUpdate', () => { history.pushState({ isAbove: true }, '', address()); isShown = true; });
    onStay(viewer, () => { if (isShown) history.replaceState({ isAbove: true }, '', address()); });
    const back = () => { isShown = false; leave(viewer); };
    addEventListener('popstate', back);
    viewer.on('close', () => { if (isShown) { isShown = false; history.back(); } });
    viewer.on('destroy', () => removeEventListener('popstate', back));
    return () => { isShown = false; };
}
