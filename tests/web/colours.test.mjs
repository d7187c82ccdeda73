// Photos of rare kinds are published as Chromium shows the file itself: two pictures in a page, one screenshot of each.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../http/server.mjs';
import { closeBrowser, openBrowser } from './browser.mjs';

const makeImages = join(resolve(dirname(fileURLToPath(import.meta.url)), '..', '..'), 'build', 'tests', 'images', 'make_images');
const TYPES = { '.jpg': 'image/jpeg', '.png': 'image/png', '.gif': 'image/gif', '.webp': 'image/webp', '.avif': 'image/avif' };
const DIFFERENCE_MAX = 3; /* of a channel, in the mean: WebP of quality 75 is there too */

/* Made by tests/images; stills that a browser shows. Not cut.avif: Chromium shows what was cut off. */
const FILES = ['plain.jpg', 'p3.jpg', 'cmyk.jpg', 'inks.jpg', 'gray-profile.jpg', 'lab-profile.jpg', 'perceptual.jpg', 'two-exifs-turned.jpg',
    'orientation-5.jpg', 'grey.jpg', 'grey16.png', 'rgb16.png', 'p3.png', 'alpha.png', 'half-p3.png', 'pq.png', 'hlg.png', 'p3-codes.png',
    'open-codes.png', 'linear.png', 'srgb-gamma.png', 'alpha.webp', 'lossless.webp', 'plain.gif', 'interlaced.gif', 'unfinished.gif',
    'short.gif', 'plain.avif', 'pq.avif', 'hlg.avif', 'p3.avif',
    'bt2020.avif', 'limited.avif', 'identity.avif', 'alpha.avif', 'multiplied.avif', 'turned.avif', 'mirrored.avif', 'turned-mirrored.avif'];

let folder, server, page;

before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloudphotos-colours-'));
    execFileSync(makeImages, [folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    server = await startServer();
    page = await (await openBrowser()).newPage({ viewport: { width: 640, height: 640 } });
});
after(async () => {
    await closeBrowser();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
});

const asAddress = (bytes, type) => `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;

/* What is seen of a picture on white. */
async function look(bytes, type) {
    await page.setContent(`<body style="margin: 0; background: #fff"><img style="display: block" src="${asAddress(bytes, type)}">`);
    const picture = page.locator('img');
    await picture.evaluate((image) => image.decode());
    return picture.screenshot();
}

/* The mean difference of two screenshots, which are sRGB, and their sizes. */
function compare(one, other) {
    return page.evaluate(async (addresses) => {
        const [first, second] = await Promise.all(addresses.map(async (address) => {
            const image = await createImageBitmap(await (await fetch(address)).blob());
            const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
            canvas.drawImage(image, 0, 0);
            return { size: [image.width, image.height], data: canvas.getImageData(0, 0, image.width, image.height).data };
        }));
        let sum = 0;
        for (let i = 0; i < first.data.length; i++) sum += Math.abs(first.data[i] - second.data[i]);
        return { sizes: [first.size, second.size], difference: sum / (first.data.length * 3 / 4) };
    }, [asAddress(one, 'image/png'), asAddress(other, 'image/png')]);
}

for (const [file, frames] of [['cleared.png', 3], ['sequence.avif', 3], ['inset.gif', 2], ['unmarked.webp', 2]])
    test(`${file} is published with its ${frames} frames`, async () => {
        const id = await server.publish('ann', readFileSync(join(folder, file)));
        const published = Buffer.from(await (await fetch(`${server.url}/buckets/photos/${id}-comp.webp`)).arrayBuffer());
        assert.equal(published.toString('latin1').split('ANMF').length - 1, frames);
    });

for (const file of FILES) test(`${file} is published as Chromium shows it`, async () => {
    const original = readFileSync(join(folder, file));
    const id = await server.publish('ann', original);
    const published = await (await fetch(`${server.url}/buckets/photos/${id}-comp.webp`)).arrayBuffer();
    const { sizes, difference } = await compare(await look(original, TYPES[extname(file)]), await look(published, 'image/webp'));
    assert.deepEqual(sizes[1], sizes[0]);
    assert.ok(difference < DIFFERENCE_MAX, `the mean difference is ${difference.toFixed(2)}`);
});
