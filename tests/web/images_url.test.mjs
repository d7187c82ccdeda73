// Images of another origin (--images-url): a CDN that gets them from the server. With CORS they are kept for when there is no network;
// without it they are shown all the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { until } from '../http/server.mjs';
import { photograph } from './album.mjs';
import { closeBrowser, startWith, withPage } from './browser.mjs';
import { imagesKept, imagesShown, onlyImagesShown, stageShown, workerTakesOver } from './steps.mjs';

const WITH_WORKER = { serviceWorkers: 'allow', expected: [/ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_INTERNET_DISCONNECTED|Failed to fetch|CORS/] };

/* Says, as S3 does, only to those who ask by CORS that they may read it. */
async function startCdn({ knowsCors }) {
    const cdn = { asked: [], origin: '', source: '' };
    const listener = http.createServer(({ url, headers }, answer) => {
        cdn.asked.push(url);
        http.get(`${cdn.source}/buckets${url}`, { headers: { 'CDN-Loop': 'cdn' }, agent: false }, (from) => {
            const { 'access-control-allow-origin': _, ...rest } = from.headers;
            answer.writeHead(from.statusCode, { ...rest, ...(knowsCors && headers.origin ? { 'Access-Control-Allow-Origin': '*' } : {}) });
            from.pipe(answer);
        }).on('error', () => answer.destroy());
    });
    await new Promise((done) => { listener.listen(0, '127.0.0.1', done); });
    listener.unref(); // a test that fails has not closed it
    cdn.url = `http://127.0.0.1:${listener.address().port}`;
    cdn.close = () => { listener.closeAllConnections(); listener.close(); };
    return cdn;
}

async function startAll(how) {
    const cdn = await startCdn(how);
    const { server, ids } = await startWith([0, 1, 2].map((number) => ['ada', photograph(number).bytes]), { flags: ['--images-url', cdn.url] });
    cdn.source = server.url;
    return { cdn, server, ids };
}

let all, mute;
before(async () => { all = await startAll({ knowsCors: true }); mute = await startAll({ knowsCors: false }); });
after(async () => {
    await closeBrowser();
    for (const { cdn, server } of [all, mute]) { cdn.close(); await server.stop(); }
});

const fromCdn = (page, cdn) => page.waitForFunction((url) => [...document.querySelectorAll('.grid img')].every((image) => image.currentSrc.startsWith(`${url}/`)), cdn.url);

for (const [what, which] of [['that knows CORS', () => all], ['that doesn\'t', () => mute]])
    test(`images come from a CDN ${what}, and from nowhere else`, () => withPage(which().server, async (page) => {
        const here = [];
        page.on('request', (request) => { if (request.url().startsWith(`${which().server.url}/buckets`)) here.push(request.url()); });
        await page.goto('/');
        await onlyImagesShown(page, 3);
        await fromCdn(page, which().cdn);
        await page.locator('.grid a').first().click();
        await page.locator('.pswp__img:not(.pswp__img--placeholder)').first().waitFor();
        assert.deepEqual(here, []);
    }, WITH_WORKER));

test('a photo is saved under its own name, though it is elsewhere', () => withPage(all.server, async (page) => {
    await page.goto(`/photo/${all.ids[0]}`);
    await stageShown(page);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).first().click()]);
    assert.equal(download.suggestedFilename(), `ada-${all.ids[0].slice(0, 8)}.webp`);
    assert.equal(readFileSync(await download.path()).subarray(8, 12).toString(), 'WEBP');
}, WITH_WORKER));

test('images of a CDN that knows CORS are there without a network, those of a first visit as well', async () => {
    const { cdn, server, ids } = await startAll({ knowsCors: true });
    await withPage(server, async (page) => {
        await page.goto('/');
        await onlyImagesShown(page, 3);
        await workerTakesOver(page);
        await imagesKept(page);
        const types = () => page.evaluate(async () => {
            const answers = await Promise.all([...document.querySelectorAll('.grid img')].map((image) => caches.match(image.currentSrc)));
            return answers.map((answer) => answer && `${answer.type} ${answer.status}`).join();
        });
        await until('all three are kept, and can be looked into', async () => (await types()) === 'cors 200,cors 200,cors 200');
        await page.reload();
        await onlyImagesShown(page, 3);
        await page.goto(`/photo/${ids[0]}`);
        await stageShown(page);
        await imagesKept(page);
        await page.waitForFunction((id) => caches.match(`./photos/${id}`), ids[0]);
        cdn.close();
        await server.kill();
        await page.goto('/');
        await onlyImagesShown(page, 3);
        await page.goto(`/photo/${ids[0]}`);
        await stageShown(page);
    }, WITH_WORKER);
});

test('images of a CDN without CORS are shown under the service worker, too, and not kept', () => withPage(mute.server, async (page) => {
    await page.goto('/');
    await workerTakesOver(page);
    await page.reload();
    await imagesShown(page, 3);
    await fromCdn(page, mute.cdn);
    assert.equal(await page.evaluate(async () => (await Promise.all([...document.querySelectorAll('.grid img')].map((image) => caches.match(image.currentSrc)))).filter(Boolean).length), 0);
}, WITH_WORKER));
