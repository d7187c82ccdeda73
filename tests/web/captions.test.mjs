// What authors say of photos that are on their way: before these are sent, while they are, and when the server has them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { until } from '../http/server.mjs';
import { photograph } from './album.mjs';
import { caption, choose, closeBrowser, job, jobState, startWith, withPage } from './browser.mjs';

let server;
before(async () => { ({ server } = await startWith()); });
after(async () => { await closeBrowser(); await server.stop(); });

const newName = () => `user_${randomBytes(4).toString('hex')}`;
const photos = async (author) => (await server.get(`/users/${author}?view=photos`)).json.photos;
const said = async (author) => (await photos(author)).map((one) => [one.caption, one.alt_text]).sort();

test('what is said of several while they wait goes with each, also after a reload', async () => {
    const author = newName();
    await withPage(server, async (page) => {
        const [one, other] = [photograph(1), photograph(2)];
        let isHeld = true;
        const held = [];
        await page.route('**/uploads/*', async (route) => {
            if (isHeld && route.request().method() === 'PATCH') held.push(route);
            else await route.continue();
        });
        await page.goto('/mine');
        await choose(page, [one, other]);
        await jobState(page, one.name, 'Sending');
        await caption(page, one.name, 'A "yellow" <flower>', 'Petals, seen from near');
        await caption(page, other.name, 'Dunes');
        await page.reload();
        await job(page, one.name).getByText('A "yellow" <flower>').waitFor();
        await caption(page, other.name, 'Dunes at noon');
        isHeld = false;
        for (const route of held) await route.continue().catch(() => {}); // those of before the reload are gone
        await jobState(page, one.name, 'Published');
        await jobState(page, other.name, 'Published');
        const wanted = [['A "yellow" <flower>', 'Petals, seen from near'], ['Dunes at noon', null]];
        await until('both are told', async () => JSON.stringify(await said(author)) === JSON.stringify(wanted));
        await page.goto('/');
        await page.getByRole('img', { name: 'Petals, seen from near' }).waitFor();
    }, { name: author });
});

test('what is said while a photo is sent outlives the connection that sends it, and the page', async () => {
    const author = newName();
    await withPage(server, async (page) => {
        const { name, bytes } = photograph(6);
        let cut; // the piece under way
        let isAway = true;
        await page.route('**/uploads/*', async (route) => {
            if (!isAway || route.request().method() !== 'PATCH') await route.continue();
            else if (cut) await route.abort('connectionreset');
            else cut = () => route.abort('connectionreset');
        });
        await page.goto('/mine');
        await choose(page, [{ name, bytes }]);
        await until('a piece is under way', () => cut);
        await caption(page, name, 'Said on the way');
        await cut();
        await jobState(page, name, 'Waiting for network');
        await page.reload();
        await job(page, name).getByText('Said on the way').waitFor();
        isAway = false;
        await jobState(page, name, 'Published');
        await until('it is told', async () => JSON.stringify(await said(author)) === '[["Said on the way",null]]');
    }, { name: author, expected: [/\/uploads\//] });
});

test('what is said of a photo that is published already changes only what was changed', async () => {
    const author = newName();
    await withPage(server, async (page) => {
        const { name, bytes } = photograph(3);
        await page.goto('/mine');
        await choose(page, [{ name, bytes }]);
        await jobState(page, name, 'Published');
        const [{ photo_id: id }] = await photos(author);
        await server.ask('PATCH', `/photos/${id}`, { headers: { Authorization: author, 'Content-Type': 'application/json' },
            body: JSON.stringify({ alt_text: 'Said elsewhere' }) });
        await caption(page, name, 'Later');
        await until('it is told', async () => JSON.stringify(await said(author)) === '[["Later","Said elsewhere"]]');
        await caption(page, name, '', 'Better');
        await until('it is taken back', async () => JSON.stringify(await said(author)) === '[[null,"Better"]]');
    }, { name: author });
});

test('what is said without a network is told when it is back, even by another page', async () => {
    const author = newName();
    await withPage(server, async (page, context) => {
        const { name, bytes } = photograph(4);
        await page.goto('/mine');
        await choose(page, [{ name, bytes }]);
        await jobState(page, name, 'Published');
        await page.route('**/photos/*', (route) => route.abort('internetdisconnected'));
        const failed = page.waitForEvent('requestfailed');
        await caption(page, name, 'Said in a tunnel');
        await failed;
        await page.getByRole('button', { name: 'Clear finished' }).click();
        await job(page, name).getByText('Said in a tunnel').waitFor();
        const other = await context.newPage();
        await page.close();
        await other.goto('/');
        await until('it is told', async () => JSON.stringify(await said(author)) === '[["Said in a tunnel",null]]');
    }, { name: author, expected: [/ERR_INTERNET_DISCONNECTED/] });
});

test('what the server does not take is said in words, and can be said better', async () => {
    const author = newName();
    await withPage(server, async (page) => {
        const { name, bytes } = photograph(5);
        await page.goto('/mine');
        await choose(page, [{ name, bytes }]);
        await jobState(page, name, 'Published');
        await caption(page, name, 'A bell: \u0007');
        await job(page, name).getByRole('alert').filter({ hasText: 'control character' }).waitFor();
        await caption(page, name, 'A bell');
        await until('it is told', async () => JSON.stringify(await said(author)) === '[["A bell",null]]');
        await job(page, name).getByRole('alert').waitFor({ state: 'detached' });
    }, { name: author, expected: [/\/photos\/[0-9a-f]{32}$/] });
});
