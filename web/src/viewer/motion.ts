// Animated photos in the viewer: a button beside the others, and first frames in place of what shall not move.
import { effect } from '@preact/signals';
import type PhotoSwipe from 'photoswipe';
import { isPlaying, sayToggle, toggleAnimation } from '../photos/motion';
import { stillOf } from '../photos/still';

const ICON = '<path class="motion-stop" d="M11 9h4v14h-4zM18 9h4v14h-4z"/><path class="motion-play" d="M12 8l12 8l-12 8z"/>';

type Content = NonNullable<PhotoSwipe['currSlide']>['content'];
const isAnimated = (content: Content | undefined) => content?.data['isAnimated'] === true;
const idOf = (content: Content) => content.data['id'] as string;

/* Sets what the image shows: the animation, or its first frame once that is there. */
async function draw(content: Content, image: HTMLImageElement) {
    const url = content.data.src!;
    const wanted = isPlaying(idOf(content)) ? url : await stillOf(url);
    if ((wanted === url) === isPlaying(idOf(content)) && image.getAttribute('src') !== wanted) image.src = wanted; // else it was toggled meanwhile
}

/* PhotoSwipe would fetch the animation and show it at once. */
function loadStills(viewer: PhotoSwipe) {
    viewer.on('contentLoad', (event) => {
        const { content } = event;
        if (!isAnimated(content) || isPlaying(idOf(content))) return;
        event.preventDefault();
        const image = Object.assign(new Image(), { className: 'pswp__img', alt: content.data.alt ?? '' });
        content.element = image;
        content.state = 'loading';
        draw(content, image).then(() => image.decode()).then(() => content.onLoaded(), () => content.onError());
    });
}

export function addMotion(viewer: PhotoSwipe) {
    loadStills(viewer);
    viewer.on('uiRegister', () => viewer.ui!.registerElement({
        name: 'motion', order: 8, isButton: true, tagName: 'button', html: { isCustomSVG: true, inner: ICON, outlineID: 'none' },
        onClick: () => { const content = viewer.currSlide?.content; if (content) toggleAnimation(idOf(content)); },
        onInit: (button) => {
            const show = () => {
                const content = viewer.currSlide?.content;
                button.hidden = !isAnimated(content);
                if (!content || button.hidden) return;
                button.title = sayToggle(idOf(content));
                button.classList.toggle('is-playing', isPlaying(idOf(content)));
            };
            const redraw = () => {
                for (const { slide } of viewer.mainScroll.itemHolders) {
                    const image = slide?.content.element;
                    if (isAnimated(slide?.content) && image instanceof HTMLImageElement) void draw(slide!.content, image).catch(() => {});
                }
                show();
            };
            viewer.on('change', show);
            const stop = effect(() => { isPlaying(''); redraw(); });
            viewer.on('destroy', stop);
        },
    }));
}
