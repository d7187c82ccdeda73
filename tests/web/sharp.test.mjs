// The image that is fetched of a photo: sharp where it is drawn, and no larger than that takes. On a phone, a tablet and a desktop.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { vips } from '../http/pictures.mjs';
import { photograph } from './album.mjs';
import { closeBrowser, DESKTOP, PHONE, startWith, withPage } from './browser.mjs';
import { onlyImagesShown, stageShown } from './steps.mjs';

const SHARP = 0.85; // of the screen's pixels (web/src/photos/sources.ts)
const screens = {
    'a phone': PHONE,
    'a dense phone': { ...PHONE, deviceScaleFactor: 3 },
    'a tablet': { viewport: { width: 820, height: 1180 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
    'a desktop': DESKTOP,
};

let server;
let ids;
before(async () => {
    const panorama = vips(4400, 1000, 'jpg');
    ({ server, ids } = await startWith([...[0, 1, 2, 3, 4, 5].map((number) => photograph(number).bytes), panorama].map((bytes) => ['ada', bytes])));
});
after(async () => { await closeBrowser(); await server.stop(); });

/* What is drawn: { id, wanted: pixels of the screen across, given: pixels of the image across, file }. */
const drawn = (page, selector) => page.locator(selector).evaluateAll((images) => Promise.all(images.map((image) => {
    const { width, height } = image.getBoundingClientRect();
    const natural = new Image();
    natural.src = image.currentSrc; // naturalWidth of one with srcset is in pixels of its sizes
    return natural.decode().then(() => ({
        id: /[0-9a-f]{32}/.exec(image.currentSrc)[0], file: /-(\w+)\.webp$/.exec(image.currentSrc)[1], given: natural.naturalWidth,
        wanted: Math.max(width, height * natural.naturalWidth / natural.naturalHeight) * devicePixelRatio,
    }));
})));

async function check({ id, wanted, given, file }) {
    const { large, medium, thumbnail } = (await server.get(`/photos/${id}`)).json;
    const widths = [thumbnail, medium, large].filter(Boolean).map(({ width }) => width);
    const least = widths.find((width) => width >= wanted * SHARP - 2) ?? widths.at(-1);
    assert.equal(given, least, `${file} of ${id}: ${given} pixels for ${wanted}, of ${widths}`);
    return file;
}

for (const [what, screen] of Object.entries(screens)) {
    test(`${what} fetches of each photo the smallest image that is sharp`, () => withPage(server, async (page) => {
        for (const path of ['/', '/@ada']) {
            await page.goto(path);
            await onlyImagesShown(page, ids.length);
            const files = new Set();
            for (const one of await drawn(page, '.grid img')) files.add(await check(one));
            if (what === 'a dense phone') assert.ok(files.has('medium'), 'where 350 pixels would be soft');
        }
    }, screen));

    test(`${what} fetches of a panorama on its page no more than it shows`, () => withPage(server, async (page) => {
        await page.goto(`/photo/${ids.at(-1)}`);
        await stageShown(page);
        const [one] = await drawn(page, '.stage img');
        await check(one);
    }, screen));
}

test('a phone that zooms into a panorama gets the image with 4096 pixels', () => withPage(server, async (page) => {
    await page.goto('/');
    await page.locator(`.grid a[href$="${ids.at(-1)}"]`).click();
    const shown = page.locator('.pswp__item[aria-hidden="false"] img:not(.pswp__img--placeholder)');
    await shown.waitFor();
    assert.match(await shown.evaluate((image) => image.currentSrc), /-medium\.webp$/);
    await page.keyboard.press('z');
    await page.waitForFunction(() => [...document.querySelectorAll('.pswp__item[aria-hidden="false"] img')].some((image) => /-comp\.webp$/.test(image.currentSrc)));
}, PHONE));
