// A first visit that loses its network: once the app has a service worker, a reload shows what was seen, although most of that came before
// there was one to keep it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { within } from '../http/server.mjs';
import { photograph } from './album.mjs';
import { closeBrowser, DESKTOP, PHONE, startWith, withPage } from './browser.mjs';
import { onlyImagesShown, workerTakesOver } from './steps.mjs';

let photos;
before(() => { photos = [0, 1, 2].map((number) => ['ada', photograph(number).bytes]); });
after(closeBrowser);

const PAGES = {
    'the home page': { path: () => '/', images: '.grid img', count: 3 },
    'a profile': { path: () => '/@ada', images: '.grid img', count: 3 },
    'a photo’s page': { path: (ids) => `/photo/${ids[1]}`, images: '.stage img', count: 1 },
};

const shown = (page, { images, count }) => onlyImagesShown(page, count, images);

/* The page's own part is done when its answer and its images are kept. */
const keptAll = (page, count) => page.waitForFunction(async (wanted) => {
    const names = await caches.keys();
    const count = async (start) => {
        const name = names.find((one) => one.startsWith(start));
        return name ? (await (await caches.open(name)).keys()).length : 0;
    };
    return await count('answers-') >= 1 && await count('thumbnails-') + await count('large-') >= wanted;
}, count);

async function visit(page, path, view) {
    const first = await page.goto(path);
    assert.equal(first.fromServiceWorker(), false, 'there was no worker before');
    await shown(page, view);
    await workerTakesOver(page);
    await keptAll(page, view.count);
}

async function comeBack(page, view) {
    await page.reload();
    await shown(page, view);
    await page.goto('/mine'); // another page of the app, and back
    await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
    await page.goBack();
    await shown(page, view);
}

for (const [device, options] of [['a desktop', DESKTOP], ['a phone', PHONE]])
    test(`what a first visit has shown is still there without the server, on ${device}: ${Object.keys(PAGES).join(', ')}`, async () => {
        const { server, ids } = await startWith(photos);
        const views = Object.values(PAGES);
        let left = views.length;
        let end;
        const gone = new Promise((done) => { end = () => server.kill().then(done); });
        await Promise.all(views.map((view) => withPage(server, async (page, context) => {
            await visit(page, view.path(ids), view);
            if (--left === 0) end();
            await within('all were visited', gone);
            await context.setOffline(true);
            await comeBack(page, view);
        }, { ...options, serviceWorkers: 'allow', expected: [/ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_INTERNET_DISCONNECTED|Failed to fetch/] })));
    });
