// Which image of a photo is fetched: the smallest that is sharp where it is drawn.
import { largeUrl, mediumUrl, thumbnailUrl, type Photo } from '../lib/api';

const THUMBNAIL_PX = 350; // of its longer side
const SMALL_PX = 1000; // up to here the large image is about as small as a medium one, and there is none
const ORDINARY_PX = 1440; // a large image with a longer side has a smaller one that will do until somebody zooms
const SHARP = 0.85; // of the screen's pixels: nobody misses the others

/* The CSS pixels that a photo is wide when it fills the window. */
export const filled = ({ width, height }: Photo) => Math.min(innerWidth, innerHeight * width / height);

/* For an image that is `drawn` CSS pixels wide. What would be too soft here isn't offered, because a browser may take an image that is half
 * as large again on the screen. Where a photo of an earlier version has no medium image, its thumbnail has to do. */
export function sourcesOf(photo: Photo, drawn: number) {
    const { photo_id: id, width, height, medium_width } = photo;
    const longer = Math.max(width, height);
    const all: [url: string, width: number][] = [[thumbnailUrl(id), Math.round(width * Math.min(1, THUMBNAIL_PX / longer))]];
    if (medium_width) all.push([mediumUrl(id), medium_width]);
    if (medium_width || longer <= SMALL_PX) all.push([largeUrl(id), width]);
    const size = Math.floor(drawn * SHARP);
    const first = all.findIndex((one) => one[1] >= size * devicePixelRatio);
    const enough = all.slice(first);
    return { sizes: `${size}px`, srcset: enough.map((one) => one.join(' ') + 'w').join(), src: enough[0]![0] };
}

/* For the viewer, which shows the large image. */
export const zoomSources = (photo: Photo): { srcset?: string } =>
    (photo.medium_width && Math.max(photo.width, photo.height) > ORDINARY_PX ? { srcset: sourcesOf(photo, filled(photo)).srcset } : {});

/* When an image doesn't come (there may be no network): each of the others, one after the other, because one of them may be kept. */
export function tryOthers(image: HTMLImageElement, { photo_id: id }: Photo) {
    const tried = Number(image.dataset['tried'] ?? 0);
    const next = [thumbnailUrl, mediumUrl, largeUrl][tried];
    if (!next) return;
    image.dataset['tried'] = String(tried + 1);
    image.removeAttribute('srcset');
    image.src = next(id);
}
