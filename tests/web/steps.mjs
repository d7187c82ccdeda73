// What tests of the app do or wait for again and again.
import { within } from '../http/server.mjs';

/* The service worker has all of the app, answers for the page, and has kept the answers that came with it: before that, a reload may
 * lose them. */
export async function workerTakesOver(page) {
    await within('the service worker is ready', page.evaluate(async () => { await navigator.serviceWorker.ready; }));
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    await page.waitForFunction(async () => {
        const paths = Object.keys(JSON.parse(document.getElementById('first-data')?.textContent || '{}'));
        return (await Promise.all(paths.map((path) => caches.match(`.${path}`)))).every(Boolean);
    });
}

const waitForImages = (page, how) => page.waitForFunction(({ least, most, selector }) => {
    const images = [...document.querySelectorAll(selector)];
    return images.length >= least && images.length <= (most ?? Infinity) && images.every((image) => image.complete && image.naturalWidth > 0);
}, how);
/* There are so many images, or more, and all of them have come. */
export const imagesShown = (page, count = 1, selector = '.grid img') => waitForImages(page, { least: count, selector });
/* There are so many, and no more. */
export const onlyImagesShown = (page, count, selector = '.grid img') => waitForImages(page, { least: count, most: count, selector });
export const stageShown = (page) => imagesShown(page, 1, '.stage img');

/* The service worker has kept all that the page shows: it does so after the page has its answers. */
export const imagesKept = (page) => page.waitForFunction(async () => {
    const addresses = [...document.querySelectorAll('.grid img, .stage img, .pswp__item[aria-hidden="false"] img')].map((image) => image.currentSrc).filter((one) => one.startsWith('http'));
    const kept = await Promise.all(addresses.map((one) => caches.match(one)));
    return addresses.length > 0 && kept.every(Boolean);
});

/* As a phone's share menu does it; without a file when that is null. */
export const share = (page, file) => page.evaluate((one) => {
    const form = Object.assign(document.createElement('form'), { method: 'POST', action: 'share-target', enctype: 'multipart/form-data' });
    if (one) {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(one.base64), (letter) => letter.charCodeAt(0))], one.name, { type: 'image/jpeg' }));
        form.append(Object.assign(document.createElement('input'), { type: 'file', name: 'photos', files: transfer.files }));
    }
    document.body.append(form);
    form.submit();
}, file && { name: file.name, base64: file.bytes.toString('base64') });

/* A file that is no photo. */
export const letter = (name) => ({ name, bytes: Buffer.from(`${name} is a letter, and no photo at all, whatever its name says.`) });
