// Uploads that do not disappoint: from wherever files come, whatever happens to the network, the page, or the server.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { choose, closeBrowser, job, jobState, PHONE, startWith, withPage } from './browser.mjs';
import { letter } from './steps.mjs';

let server;
before(async () => { ({ server } = await startWith()); });
after(async () => { await closeBrowser(); await server.stop(); });

const newName = () => `user_${randomBytes(4).toString('hex')}`;
const published = async (name) => {
    const answer = await server.get(`/users/${name}`);
    return answer.code === 404 ? [] : answer.json.post_ids;
};

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
    await choose(page, [letter('letter.jpg')]);
    await jobState(page, 'letter.jpg', 'Not published');
    assert.match(await job(page, 'letter.jpg').locator('.job-reason').innerText(), /isn’t a photo/);
}, { name: newName(), expected: [/\/uploads\//] }));

for (const [device, options] of [['a desktop', {}], ['a phone', PHONE]]) {
    test(`what was not published is said, shown and announced once, on ${device}`, () => withPage(server, async (page) => {
        const letters = ['a.jpg', 'b.jpg'].map(letter);
        await page.goto('/');
        await choose(page, [photograph(50), photograph(51), ...letters]);
        await page.locator('.summary').getByText('2 published, 2 not').waitFor();
        for (const { name } of letters) await job(page, name).locator('.job-reason').waitFor(); // the panel has opened
        const log = page.getByRole('log', { name: 'Uploads' });
        await log.getByText('2 published, 2 not').waitFor();
        const said = await log.locator('p').allInnerTexts();
        assert.deepEqual(said.filter((text) => /^[ab]\.jpg: Not published\. /.test(text)).length, 2, said.join('\n'));
        assert.ok(said.length <= 4, said.join('\n')); // how many, two refusals, and what became of all
    }, { name: newName(), expected: [/\/uploads\//], ...options }));
}

test('files that are no photos are named, and do not keep the photos from being uploaded', () => withPage(server, async (page) => {
    await page.goto('/');
    const files = [photograph(52), ...['a.pdf', 'b.txt', 'c.mp4', 'd.doc', '.DS_Store'].map((name) => ({ name, bytes: Buffer.from('x') }))];
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Upload' }).first().click()]);
    await chooser.setFiles(files.map(({ name, bytes }) => ({ name, mimeType: name.endsWith('.jpg') ? 'image/jpeg' : 'application/pdf', buffer: bytes })));
    await page.getByText('Not uploaded, because they aren’t photos: a.pdf, b.txt, c.mp4 and 1 more file').waitFor();
    await jobState(page, photograph(52).name, 'Published');
}, { name: newName() }));

test('takes twenty at once, shows each on its way, and keeps the page usable', () => withPage(server, async (page) => {
    const many = Array.from({ length: 20 }, (_, number) => photograph(20 + number));
    await page.goto('/mine');
    await choose(page, many);
    await page.getByText(/^\d+ uploads in progress$/).waitFor(); // the first may be done before the last is listed
    await page.waitForFunction(() => document.querySelectorAll('.job').length === 20);
    await page.locator('.summary').getByText('20 photos published').waitFor();
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
    await jobState(page, 'the-same-again.jpg', 'You’ve already uploaded this photo');
}, { name: newName() }));

test('waits while there is no network, and goes on when it is back', () => withPage(server, async (page, context) => {
    await page.goto('/mine');
    await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
    await context.setOffline(true);
    await page.getByText('You’re offline').first().waitFor();
    await choose(page, [photograph(5)]);
    await jobState(page, photograph(5).name, 'Waiting for network');
    await context.setOffline(false);
    await jobState(page, photograph(5).name, 'Published');
}, { name: newName(), expected: [/ERR_INTERNET_DISCONNECTED/] }));

