// Uploads that go on where they were: after a cut connection, a closed page, a restarted server.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startServer, until } from '../http/server.mjs';
import { heavyPng } from '../http/pictures.mjs';
import { choose, closeBrowser, jobState, startWith, withPage } from './browser.mjs';

let server;
before(async () => { ({ server } = await startWith()); });
after(async () => { await closeBrowser(); await server.stop(); });

const newName = () => `user_${randomBytes(4).toString('hex')}`;
const published = async (name) => {
    const answer = await server.get(`/users/${name}`);
    return answer.code === 404 ? [] : answer.json.post_ids;
};
/* A photo that takes several pieces. */
const heavy = (megabytes) => ({ name: 'heavy.png', bytes: heavyPng(megabytes << 20) });

test('goes on where it was when the connection is cut in the middle', () => withPage(server, async (page) => {
    const offsets = [];
    await page.route('**/uploads/*', async (route) => {
        const request = route.request();
        if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']));
        if (request.method() === 'PATCH' && offsets.length === 3) await route.abort('connectionreset');
        else await route.continue();
    });
    const name = newName();
    await page.goto('/mine');
    await page.evaluate((user) => localStorage.setItem('name', user), name);
    await page.reload();
    await choose(page, [heavy(4)]);
    await jobState(page, 'heavy.png', 'Published');
    assert.ok(offsets.length > 3, `pieces: ${offsets}`);
    assert.equal(offsets[3], offsets[2], 'the piece that was cut is sent again, and nothing before it');
    assert.deepEqual(offsets, offsets.toSorted((a, b) => a - b));
    assert.equal((await published(name)).length, 1);
}, { expected: [/\/uploads\//] }));

test('survives a restart of the page in the middle', () => withPage(server, async (page) => {
    let pieces = 0;
    let hold = true;
    await page.route('**/uploads/*', async (route) => {
        if (route.request().method() === 'PATCH' && hold && ++pieces > 2) return; // never answered
        await route.continue();
    });
    await page.goto('/mine');
    await choose(page, [heavy(3)]);
    await until('two pieces are there, and a third is on its way', () => pieces > 2);
    hold = false;
    await page.reload();
    await jobState(page, 'heavy.png', 'Published');
}, { name: newName() }));

test('survives a restart of the server in the middle', async () => {
    const { server: first } = await startWith();
    let second;
    try {
        await withPage(first, async (page) => {
            let pieces = 0;
            await page.route('**/uploads/*', async (route) => {
                if (route.request().method() === 'PATCH' && ++pieces === 3) await first.kill();
                await route.continue();
            });
            await page.goto('/mine');
            await choose(page, [heavy(4)]);
            await jobState(page, 'heavy.png', 'Waiting for network');
            second = await startServer({ data: first.data, flags: ['--listen', first.address] });
            await jobState(page, 'heavy.png', 'Published');
        }, { name: newName(), expected: [/./] });
    } finally {
        await second?.stop();
    }
});

/* Two tabs that have started: the first sends, the other shows. */
async function openTwo(page, context) {
    const other = await context.newPage();
    for (const [tab, role] of [[page, 'held'], [other, 'pending']]) {
        await tab.goto('/mine');
        await until(`the lock of uploads is ${role}`, () => tab.evaluate(async (kind) => (await navigator.locks.query())[kind].length > 0, role));
    }
    return other;
}

test('two tabs show the same queue, and when one is closed the other goes on', () => withPage(server, async (page, context) => {
    const other = await openTwo(page, context);
    let hold = true;
    await context.route('**/uploads/*', async (route) => { if (!hold || route.request().method() !== 'PATCH') await route.continue(); });
    await choose(other, [heavy(2)]);
    await jobState(page, 'heavy.png', 'Sending');
    hold = false;
    await page.close();
    await jobState(other, 'heavy.png', 'Published');
}, { name: newName() }));

test('a tab that takes over finds what the closed one did and did not tell', () => withPage(server, async (page, context) => {
    const name = newName();
    await context.addInitScript((user) => { if (location.protocol === 'http:') localStorage.setItem('name', user); }, name);
    const other = await openTwo(page, context);
    await page.evaluate(() => {
        const post = BroadcastChannel.prototype.postMessage;
        BroadcastChannel.prototype.postMessage = function (message) { if (!message.job?.photoId) post.call(this, message); };
    });
    await choose(other, [heavy(1)]);
    await jobState(page, 'heavy.png', 'Published');
    await jobState(other, 'heavy.png', 'Sending');
    await page.close();
    await jobState(other, 'heavy.png', 'Published');
    assert.equal((await published(name)).length, 1);
}));

test('a cancelled upload leaves nothing on the server', () => withPage(server, async (page) => {
    const methods = [];
    await page.route('**/uploads/*', async (route) => {
        methods.push(route.request().method());
        if (route.request().method() !== 'PATCH') await route.continue();
    });
    await page.goto('/mine');
    await choose(page, [heavy(2)]);
    await jobState(page, 'heavy.png', 'Sending');
    await until('a piece is on its way', () => methods.includes('PATCH'));
    const answered = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
    await page.getByRole('button', { name: 'Cancel: heavy.png' }).click();
    assert.equal((await answered).status(), 204);
    await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
}, { name: newName() }));
