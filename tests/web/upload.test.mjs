// Uploads that do not disappoint: from wherever files come, whatever happens to the network, the page, or the server.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startServer, until } from '../http/server.mjs';
import { heavyPng } from '../http/pictures.mjs';
import { photograph } from './album.mjs';
import { choose, closeBrowser, job, jobState, startWith, withPage } from './browser.mjs';

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

test('asks who one is, publishes, and shows it without being asked', () => withPage(server, async (page) => {
    const name = newName();
    await page.goto('/');
    await page.getByRole('heading', { name: 'No photos yet' }).waitFor();
    await choose(page, [photograph(1)]);
    await page.getByLabel('User name').fill('No name!');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('User name').fill(name);
    await page.keyboard.press('Enter');
    await jobState(page, photograph(1).name, 'Published');
    await page.locator('.grid a').first().waitFor();
    assert.equal((await published(name)).length, 1);
}));

test('says in words why a picture is refused', () => withPage(server, async (page) => {
    await page.goto('/');
    await choose(page, [{ name: 'letter.jpg', bytes: Buffer.from('This is a letter, and no photo at all, whatever its name says.') }]);
    await jobState(page, 'letter.jpg', 'Refused');
    assert.match(await job(page, 'letter.jpg').locator('.job-reason').innerText(), /not a photo/);
}, { name: newName(), expected: [/\/uploads\//] }));

test('takes twenty at once, shows each on its way, and keeps the page usable', () => withPage(server, async (page) => {
    const many = Array.from({ length: 20 }, (_, number) => photograph(20 + number));
    await page.goto('/mine');
    await choose(page, many);
    await page.getByText('20 uploads under way').waitFor();
    await page.getByText('All uploads are done').waitFor();
    assert.equal(await page.locator('.job-published').count(), 20);
    await page.getByRole('button', { name: 'Clear finished' }).click();
    await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
}, { name: newName() }));

for (const way of ['drop', 'paste'])
    test(`takes what is ${way === 'drop' ? 'dropped anywhere' : 'pasted'}`, () => withPage(server, async (page) => {
        await page.goto('/search?q=abc');
        await page.locator('#content').waitFor();
        const { name, bytes } = photograph(way === 'drop' ? 45 : 46);
        await page.evaluate(({ kind, base64, file }) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], file, { type: 'image/jpeg' }));
            const event = kind === 'drop' ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
                : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true });
            document.body.dispatchEvent(event);
        }, { kind: way, base64: bytes.toString('base64'), file: name });
        await jobState(page, name, 'Published');
    }, { name: newName() }));

test('does not send what this author has already', () => withPage(server, async (page) => {
    await page.goto('/mine');
    await choose(page, [photograph(3)]);
    await jobState(page, photograph(3).name, 'Published');
    await choose(page, [{ ...photograph(3), name: 'the-same-again.jpg' }]);
    await jobState(page, 'the-same-again.jpg', 'You have this photo already');
}, { name: newName() }));

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

test('waits while there is no network, and goes on when it is back', () => withPage(server, async (page, context) => {
    await page.goto('/mine');
    await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
    await context.setOffline(true);
    await page.getByText('You are offline').first().waitFor();
    await choose(page, [photograph(5)]);
    await jobState(page, photograph(5).name, 'Waiting for network');
    await context.setOffline(false);
    await jobState(page, photograph(5).name, 'Published');
}, { name: newName(), expected: [/ERR_INTERNET_DISCONNECTED/] }));

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

test('two tabs show the same queue, and when one is closed the other goes on', () => withPage(server, async (page, context) => {
    const other = await context.newPage();
    await page.goto('/mine');
    await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
    await other.goto('/mine');
    await other.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
    let hold = true;
    await context.route('**/uploads/*', async (route) => { if (!hold || route.request().method() !== 'PATCH') await route.continue(); });
    await choose(other, [heavy(2)]);
    await jobState(page, 'heavy.png', 'Sending');
    hold = false;
    await page.close();
    await jobState(other, 'heavy.png', 'Published');
}, { name: newName() }));

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
