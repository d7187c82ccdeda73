// The app below a path of a host, through nginx as docs/operations.md sets it up: all that works at the root works there, and nothing is
// asked for outside.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startProxy } from '../http/proxies.mjs';
import { photograph } from './album.mjs';
import { choose, closeBrowser, DESKTOP, job, jobState, PHONE, startWith, withPage } from './browser.mjs';
import { imagesKept, imagesShown, share, stageShown, workerTakesOver } from './steps.mjs';

const BASE = '/photos-of-us';
let server;
let ids;
before(async () => {
    ({ server, ids } = await startWith([0, 1, 2].map((number) => ['ada', photograph(number).bytes]), { base: BASE, flags: ['--trusted-proxy', 'loopback'] }));
});
after(async () => { await closeBrowser(); await server.stop(); });

const pathOf = (page) => new URL(page.url()).pathname + new URL(page.url()).search;

async function lookRound(page) {
    await page.goto('./');
    await imagesShown(page, 3);
    await page.locator('.grid a').first().click();
    await page.locator('.pswp__img:not(.pswp__img--placeholder)').first().waitFor();
    assert.match(pathOf(page), /^\/photos-of-us\/photo\/[0-9a-f]{32}$/);
    await page.goBack();
    await page.locator('.pswp').waitFor({ state: 'detached' });
    assert.equal(pathOf(page), `${BASE}/`);
    await page.waitForFunction(() => document.activeElement?.closest('.grid')); // else it would take the focus from the search
    await page.locator('#search').fill('ada');
    await page.getByRole('option', { name: /ada/ }).click();
    await page.getByRole('heading', { name: 'ada' }).waitFor();
    assert.equal(pathOf(page), `${BASE}/@ada`);
    await page.getByRole('link', { name: 'Cloud Photos' }).click();
    await imagesShown(page, 3);
    assert.equal(pathOf(page), `${BASE}/`);
    await page.goto('./no/such/page');
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
}

async function upload(page, name, photo) {
    await page.goto('./mine');
    await choose(page, [photo]);
    await jobState(page, photo.name, 'Published');
    await job(page, photo.name).getByRole('link', { name: 'Open' }).click();
    await stageShown(page);
    assert.match(pathOf(page), /^\/photos-of-us\/photo\//);
    await page.reload();
    await stageShown(page);
    assert.equal((await server.get(`/users/${name}`)).json.post_ids.length, 1);
}

async function shareOne(page, photo) {
    await share(page, photo);
    await page.waitForURL('**/photos-of-us/mine?shared');
    await jobState(page, photo.name, 'Published');
}

for (const [device, options, seed] of [['a desktop', DESKTOP, 8], ['a phone', PHONE, 10]])
    test(`everything works below a path, on ${device}`, async () => {
        const proxy = await startProxy('nginx', server, { tls: false });
        const name = `user_${randomBytes(4).toString('hex')}`;
        try {
            await withPage(server, async (page, context) => {
                const outside = [];
                context.on('request', (request) => {
                    const url = new URL(request.url());
                    if (url.origin === proxy.url && !url.pathname.startsWith(`${BASE}/`)) outside.push(url.pathname);
                });
                await lookRound(page);
                await upload(page, name, photograph(seed));
                await page.goto('./');
                await workerTakesOver(page);
                assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).scope), `${proxy.url}${BASE}/`);
                const devtools = await context.newCDPSession(page);
                const { errors } = await devtools.send('Page.getAppManifest');
                assert.deepEqual(errors, []);
                await shareOne(page, photograph(seed + 1));
                await page.goto(`./photo/${ids[0]}`);
                await stageShown(page);
                await imagesKept(page);
                await page.waitForLoadState('networkidle');
                await proxy.stop();
                for (const path of ['./', `./photo/${ids[0]}`]) {
                    await page.goto(path);
                    await imagesShown(page, 1, '.grid img, .stage img');
                }
                assert.deepEqual(outside, []);
            }, { ...options, name, baseURL: `${proxy.url}${BASE}/`, serviceWorkers: 'allow',
                expected: [/no\/such\/page/, /ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch/] });
        } finally {
            await proxy.stop();
        }
    });

test('what the browser keeps is kept under the path, apart from that of other servers of the host', async () => {
    const proxy = await startProxy('nginx', server, { tls: false });
    await withPage(server, async (page) => {
        await page.goto('./');
        await workerTakesOver(page);
        const kept = await page.evaluate(async () => ({ caches: await caches.keys(), databases: (await indexedDB.databases()).map(({ name }) => name) }));
        assert.ok(kept.caches.some((one) => /^shell\/photos-of-us-[0-9a-f]{12}$/.test(one)), kept.caches.join());
        assert.deepEqual(kept.databases, [`uploads${BASE}`]);
    }, { baseURL: `${proxy.url}${BASE}/`, serviceWorkers: 'allow' }).finally(() => proxy.stop());
});
