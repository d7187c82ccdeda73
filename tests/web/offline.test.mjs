// The app as an installed one: without a network, with the phone's share menu, and when no page is open at all.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startServer, until } from '../http/server.mjs';
import { photograph } from './album.mjs';
import { caption, choose, closeBrowser, job, jobState, startWith, withPage } from './browser.mjs';
import { imagesKept, onlyImagesShown, share, stageShown, workerTakesOver } from './steps.mjs';

let server;
let ids;
before(async () => { ({ server, ids } = await startWith([0, 1, 2].map((number) => ['ada', photograph(number).bytes]))); });
after(async () => { await closeBrowser(); await server.stop(); });

const newName = () => `user_${randomBytes(4).toString('hex')}`;
const WITH_WORKER = { serviceWorkers: 'allow', expected: [/ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_INTERNET_DISCONNECTED|Failed to fetch/] };

/* Opens a page whose service worker has taken over: it has all of the app by then. */
async function openWithWorker(page, path) {
    await page.goto(path);
    await workerTakesOver(page);
    await page.reload();
}

test('nothing keeps it from being installed', () => withPage(server, async (page, context) => {
    await openWithWorker(page, '/');
    const devtools = await context.newCDPSession(page);
    const { errors } = await devtools.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
}, WITH_WORKER));

test('starts without a server, with the photos that were seen', async () => {
    const { server: away } = await startWith([0, 1, 2].map((number) => ['ada', photograph(number).bytes]));
    await withPage(away, async (page) => {
        await openWithWorker(page, '/');
        await onlyImagesShown(page, 3);
        const told = page.waitForResponse(/\/photos\/[0-9a-f]{32}$/);
        await page.locator('.grid a').first().click();
        await told;
        await page.locator('.pswp__img:not(.pswp__img--placeholder)').first().waitFor();
        await imagesKept(page);
        const address = page.url();
        await page.waitForFunction((id) => caches.match(`./photos/${id}`), address.split('/').at(-1));
        await page.waitForLoadState('networkidle');
        await away.kill();
        await page.goto('/');
        await onlyImagesShown(page, 3);
        await page.goto(address);
        await stageShown(page);
        await page.goto('/@somebody_else');
        await page.getByRole('heading', { name: 'The server can’t be reached' }).waitFor();
    }, WITH_WORKER);
});

test('says so when there is no network', () => withPage(server, async (page, context) => {
    await page.goto('/');
    await onlyImagesShown(page, 3);
    await context.setOffline(true);
    await page.getByText('You’re offline. Photos you’ve opened are still available').waitFor();
    await context.setOffline(false);
    await page.locator('.offline').waitFor({ state: 'detached' });
}));

test('takes what another app shares', () => withPage(server, async (page) => {
    await openWithWorker(page, '/');
    const shared = photograph(8);
    await share(page, shared);
    await page.waitForURL('**/mine?shared');
    await page.getByLabel('User name').fill(newName());
    await page.keyboard.press('Enter');
    await jobState(page, shared.name, 'Published');
}, WITH_WORKER));

test('says that what came before its worker was ready has to be shared again', () => withPage(server, async (page) => {
    await page.goto('/@ada');
    await share(page, null);
    await page.getByRole('status').getByText('Please share it again').waitFor();
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, '/', 'a reload does not say it again');
}));

test('sends what waits when the network is back and no page is open', async () => {
    const { server: first } = await startWith();
    const author = newName();
    let second;
    try {
        await withPage(first, async (page, context) => {
            await openWithWorker(page, '/mine');
            await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
            await first.kill();
            await choose(page, [photograph(6)]);
            await jobState(page, photograph(6).name, 'Waiting for network');
            await caption(page, photograph(6).name, 'Sent while nobody looked');
            await page.goto('about:blank');
            second = await startServer({ data: first.data, flags: ['--listen', first.address] });
            const devtools = await context.newCDPSession(page);
            let registration;
            devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => { registration = registrations[0] ?? registration; });
            await devtools.send('ServiceWorker.enable');
            await until('the registration is known', () => registration);
            await devtools.send('ServiceWorker.dispatchSyncEvent',
                { origin: second.url, registrationId: registration.registrationId, tag: 'uploads', lastChance: false });
            await until('the photo is published, with its caption', async () =>
                (await second.get(`/users/${author}?view=photos`)).json.photos[0]?.caption === 'Sent while nobody looked');
            await page.goto(`${second.url}/mine`);
            await job(page, photograph(6).name).getByText('Published').waitFor();
        }, { ...WITH_WORKER, name: author });
    } finally {
        await second?.stop();
    }
});

test('what the worker keeps of the page holds no photos that grow old', () => withPage(server, async (page) => {
    await openWithWorker(page, '/');
    const kept = await page.evaluate(async () => {
        const name = (await caches.keys()).find((one) => one.startsWith('shell-'));
        const page = await (await caches.open(name)).match('mine');
        return { text: await page.text(), policy: page.headers.get('Content-Security-Policy') };
    });
    assert.doesNotMatch(kept.text, /first-data|rel="preload" as="image"/);
    assert.match(kept.policy, /require-trusted-types-for 'script'/);
    assert.equal(ids.length, 3);
}, WITH_WORKER));
