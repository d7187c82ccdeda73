// The main journeys in Debian's Firefox ESR, in windows of a desktop's and of a phone's size. (Touch is not to be had there: Firefox
// has no command for it.) All other tests of the app run in it too, by hand: CLOUDPHOTOS_BROWSER=firefox node --test FILE.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startServer } from '../http/server.mjs';
import { photograph } from './album.mjs';
import { caption, choose, closeBrowser, DESKTOP, jobState, PHONE, startWith, withPage } from './browser.mjs';
import { lacks, useBrowser } from './browsers.mjs';
import { imagesKept, imagesShown, share, stageShown, workerTakesOver } from './steps.mjs';

useBrowser('firefox');
const skip = lacks('firefox');
const PHOTOS = 6;
/* What a service worker could not fetch is an error in Firefox's console, though the page copes with it. */
const UNREACHED = [/NetworkError|ServiceWorker|can’t establish a connection/];
const WITH_WORKER = { serviceWorkers: 'allow', expected: UNREACHED };

let server;
let ids;
before(async () => {
    if (!skip) ({ server, ids } = await startWith(Array.from({ length: PHOTOS }, (_, number) => ['ada', photograph(number).bytes])));
});
after(async () => { await closeBrowser(); await server?.stop(); });

const newName = () => `user_${randomBytes(4).toString('hex')}`;
const cells = (page) => page.locator('.grid a');
const shown = (page, id) => page.waitForFunction((wanted) => document.querySelector(
    `.pswp__item[aria-hidden="false"] img[src$="${wanted}-comp.webp"]`)?.naturalWidth > 0, id);
const closeViewer = async (page) => {
    await page.keyboard.press('Escape');
    await page.locator('.pswp').waitFor({ state: 'detached' });
};

async function lookAround(page) {
    await page.locator(`.grid a[href$="/photo/${ids.at(-2)}"]`).click();
    await shown(page, ids.at(-2));
    await page.getByRole('button', { name: 'Details' }).click();
    await page.locator('.viewer-panel').getByText('JPEG').waitFor();
    const pulled = await page.evaluate(() => ['.pswp', '.pswp__scroll-wrap'].map((one) => Object.assign(document.querySelector(one), { scrollLeft: 64 }).scrollLeft));
    assert.deepEqual(pulled, [0, 0], 'nothing pulls the photo aside');
    await page.getByRole('button', { name: 'Details' }).click();
    await page.keyboard.press('ArrowRight');
    await shown(page, ids.at(-3));
    await page.waitForURL(`**/photo/${ids.at(-3)}`);
    const width = () => page.locator('.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)').evaluate((one) => one.getBoundingClientRect().width);
    const before = await width();
    await page.keyboard.press('z');
    await page.waitForFunction((least) => document.querySelector('.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)')
        .getBoundingClientRect().width > least, before);
    await page.goBack();
    await page.locator('.pswp').waitFor({ state: 'detached' });
}

async function publish(page, name, file) {
    await choose(page, [file], () => page.locator('header .button.primary:visible, .foot-upload:visible').click());
    await page.getByLabel('User name').fill(name);
    await page.keyboard.press('Enter');
    await page.goto('/mine');
    await jobState(page, file.name, 'Published');
    await caption(page, file.name, 'As Firefox sees it');
}

async function deleteAndUndo(page, name) {
    await page.goto(`/@${name}`);
    await page.getByRole('img', { name: 'As Firefox sees it' }).click();
    await page.locator('.pswp--open').waitFor();
    if (!await page.locator('.viewer-panel .info').isVisible()) await page.getByRole('button', { name: 'Details' }).click();
    await page.locator('.viewer-panel').getByRole('button', { name: 'Delete' }).click();
    await page.locator('.pswp').waitFor({ state: 'detached' }); // it was the only one
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('img', { name: 'As Firefox sees it' }).waitFor();
}

async function findAda(page) {
    await page.locator('#search').pressSequentially('ada');
    await page.getByRole('option', { name: 'ada' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'ada', exact: true }).waitFor();
    await imagesShown(page, PHOTOS);
}

for (const [device, options] of [['a desktop', DESKTOP], ['a phone', PHONE]]) {
    test(`home, viewer, log in, upload, profile, delete, search and photo page, on ${device}`, { skip }, () => withPage(server, async (page) => {
        const name = newName();
        await page.goto('/');
        await imagesShown(page, PHOTOS);
        await lookAround(page);
        await publish(page, name, photograph(device === 'a phone' ? 20 : 21));
        await deleteAndUndo(page, name);
        await findAda(page);
        await page.goto(`/photo/${ids[0]}`);
        await stageShown(page);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `the page is ${wide} px wider than the window`);
        assert.equal((await server.get(`/users/${name}`)).json.post_ids.length, 1, 'what was undone is still there');
    }, { ...options, expected: [/\/photo\//] }));
}

test('starts without a server, keeps what is chosen, and sends it when the server is back', { skip }, async () => {
    const { server: away } = await startWith([0, 1, 2].map((number) => ['ada', photograph(number).bytes]));
    const name = newName();
    let back;
    try {
        await withPage(away, async (page) => {
            await page.goto('/');
            await workerTakesOver(page);
            await page.reload();
            await imagesShown(page, 3);
            await imagesKept(page);
            await away.kill();
            await page.reload();
            await imagesShown(page, 3);
            await page.goto('/mine');
            await choose(page, [photograph(30)], () => page.getByRole('button', { name: 'Choose photos' }).click());
            await jobState(page, photograph(30).name, 'Waiting for network');
            await page.reload();
            await jobState(page, photograph(30).name, 'Waiting for network');
            back = await startServer({ data: away.data, flags: ['--listen', away.address] });
            await jobState(page, photograph(30).name, 'Published');
        }, { ...WITH_WORKER, name });
        assert.equal((await back.get(`/users/${name}`)).json.post_ids.length, 1);
    } finally {
        await back?.stop();
    }
});

test('says that there is no network, and waits for it', { skip }, () => withPage(server, async (page, context) => {
    await page.goto('/mine');
    await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
    await context.setOffline(true);
    await page.getByText('You’re offline').first().waitFor();
    await choose(page, [photograph(31)]);
    await jobState(page, photograph(31).name, 'Waiting for network');
    await context.setOffline(false);
    await jobState(page, photograph(31).name, 'Published');
}, { name: newName(), expected: UNREACHED }));

test('takes what is shared with it, and what is dropped', { skip }, () => withPage(server, async (page) => {
    await page.goto('/');
    await workerTakesOver(page);
    const [shared, dropped] = [photograph(32), photograph(33)];
    await page.evaluate(({ name, base64 }) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type: 'image/jpeg' }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, { name: dropped.name, base64: dropped.bytes.toString('base64') });
    await jobState(page, dropped.name, 'Published');
    await share(page, shared);
    await page.waitForURL('**/mine?shared');
    await jobState(page, shared.name, 'Published');
}, { ...WITH_WORKER, name: newName() }));

for (const isSecure of [true, false]) test(`copies a link ${isSecure ? 'on a secure page' : 'also where the page is not secure'}`, { skip }, () => withPage(server, async (page) => {
    if (!isSecure) await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.goto(`/photo/${ids[0]}`);
    await page.getByRole('button', { name: 'Link', exact: true }).click();
    await page.getByText('Copied').waitFor();
    await page.locator('#search').focus();
    await page.keyboard.press('Control+V');
    assert.equal(await page.locator('#search').inputValue(), `${server.url}/photo/${ids[0]}`);
}));

test('a reload and the way back lead to where one was', { skip }, () => withPage(server, async (page) => {
    await page.setViewportSize({ width: 500, height: 240 });
    await page.goto('/');
    await cells(page).first().waitFor();
    await page.evaluate(() => scrollTo(0, 150));
    const isThere = () => page.waitForFunction(() => Math.abs(scrollY - 150) < 2 && history.state?.top === 150);
    await isThere();
    await page.reload();
    await isThere();
    await page.evaluate(() => document.querySelector('.brand').click()); // a click of the driver scrolls by itself
    await page.waitForFunction(() => scrollY === 0);
    await page.evaluate(() => scrollTo(0, 150));
    await isThere();
    await page.evaluate(() => document.querySelector('.foot-bar a[href$="/mine"]').click());
    await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
    await page.goBack();
    await isThere();
}));

test('the page can run no script and write no HTML of its own making', { skip }, () => withPage(server, async (page) => {
    await page.goto('/');
    await assert.rejects(page.evaluate(() => { document.body.innerHTML = '<b>x</b>'; }), /blocked by CSP/);
    await assert.rejects(page.evaluate(() => { document.createElement('script').src = '/x.js'; }), /blocked by CSP/);
}, { expected: [/require-trusted-types-for/] }));
