// What comes after the first screen: the viewer with its style, a photo's blurred picture, and pages whose script comes late.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { closeBrowser, startWith, withPage } from './browser.mjs';

let server;
before(async () => { ({ server } = await startWith([0, 1].map((number) => ['ada', photograph(number).bytes]))); });
after(async () => { await closeBrowser(); await server.stop(); });

test('a photo that takes its time is a blurred picture until it has come', () => withPage(server, async (page) => {
    let letThrough;
    const held = new Promise((done) => { letThrough = done; });
    await page.route('**/buckets/thumbnails/*', async (route) => { await held; await route.continue(); });
    await page.goto('/', { waitUntil: 'domcontentloaded' });
    await page.waitForFunction(() => [...document.querySelectorAll('.grid a')].filter((one) =>
        one.style.backgroundImage.startsWith('url("data:image/png;base64,')).length === 2);
    letThrough();
    await page.waitForFunction(() => [...document.querySelectorAll('.grid a')].every((one) => one.style.backgroundImage === ''));
}));

test('a viewer whose style was lost on the way has it when it is opened again', () => withPage(server, async (page) => {
    let isLost = true, came = 0; // whoever asks: the viewer is also fetched ahead, when there is nothing else to do
    await page.route('**/assets/viewer-*.css', (route) => (isLost ? route.abort() : (came++, route.continue())));
    await page.goto('/');
    await page.locator('.grid a').first().click();
    await page.waitForURL('**/photo/*');
    await page.locator('.stage img').waitFor();
    isLost = false;
    await page.locator('.stage').click();
    await page.locator('.pswp--open').waitFor();
    assert.equal(await page.locator('.pswp').evaluate((one) => getComputedStyle(one).position), 'fixed');
    assert.equal(came, 1);
}, { expected: [/ERR_FAILED/] }));

/* Effects run a while after what they belong to was drawn: here, when the test says so. */
const holdEffects = () => {
    globalThis.requestIdleCallback = () => 0; // nothing is fetched ahead
    let held;
    for (const name of ['requestAnimationFrame', 'setTimeout']) {
        const usual = globalThis[name].bind(globalThis);
        globalThis[name] = (work, ...rest) => (held ? held.push(work) : usual(work, ...rest));
    }
    globalThis.hold = () => { held = []; };
    globalThis.letGo = () => { const all = held; held = undefined; for (const one of all) one(); };
};

test('a page whose script comes while it is drawn is shown', () => withPage(server, async (page, context) => {
    await context.addInitScript(holdEffects);
    let letThrough;
    const held = new Promise((done) => { letThrough = done; });
    await page.route('**/assets/viewer-*.css', (route) => route.abort());
    await page.route('**/assets/later-*.js', async (route) => { await held; await route.continue(); });
    await page.goto('/');
    const asked = page.waitForRequest('**/assets/later-*.js');
    await page.locator('.grid a').first().waitFor();
    await page.evaluate(() => globalThis.hold());
    await page.locator('.grid a').first().click();
    const script = (await asked).url();
    await page.waitForURL('**/photo/*');
    letThrough();
    await page.evaluate((address) => import(address), script);
    await page.evaluate(() => globalThis.letGo());
    await page.locator('.stage img').waitFor();
}, { expected: [/ERR_FAILED/] }));
