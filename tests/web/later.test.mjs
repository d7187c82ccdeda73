// What comes after the first screen: the viewer with its style, and a photo's blurred picture.
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
    const styles = [];
    await page.route('**/assets/viewer-*.css', (route) => { styles.push(route.request().url()); return styles.length > 1 ? route.continue() : route.abort(); });
    await page.goto('/');
    const lost = page.waitForEvent('requestfailed', (request) => request.url().endsWith('.css'));
    await page.locator('.grid a').first().click();
    await lost;
    await page.waitForURL('**/photo/*');
    await page.locator('.stage img').waitFor();
    await page.locator('.stage').click();
    await page.locator('.pswp--open').waitFor();
    assert.equal(await page.locator('.pswp').evaluate((one) => getComputedStyle(one).position), 'fixed');
    assert.equal(styles.length, 2);
}, { expected: [/ERR_FAILED/] }));
