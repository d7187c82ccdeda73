// Why a photo was not published, in the reader's language: by code and values, with numbers as that language writes them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { png, vips } from '../http/pictures.mjs';
import { choose as chooseBy, closeBrowser, job, jobState, startWith, withPage } from './browser.mjs';
import { letter } from './steps.mjs';

const MAX_UPLOAD = 1_000_000;
let server;
before(async () => { ({ server } = await startWith([], { flags: ['--max-upload', String(MAX_UPLOAD)] })); });
after(async () => { await closeBrowser(); await server.stop(); });

const choose = (page, files) => chooseBy(page, files, () => page.getByRole('button', { name: 'Carica' }).first().click());
const newName = () => `user_${randomBytes(4).toString('hex')}`;
const italian = () => ({ name: newName(), locale: 'it-IT', expected: [/\/uploads/] });
const broken = () => {
    const bytes = Buffer.from(png(400, 300));
    bytes.fill(0x55, 60, bytes.length - 30); // the blocks are all there: what is in them is not
    return bytes;
};

/* At once by the server, or by its workflow. */
const refused = [
    ['lettera.jpg', () => letter('lettera.jpg').bytes,
        /^Questo file non è una foto in un formato supportato\. Esportala come JPEG, .* o \w+\.$/],
    ['vuota.jpg', () => Buffer.alloc(0), /^Questo file è vuoto\. Scegli di nuovo la foto, oppure copiala di nuovo\.$/],
    ['meta.jpg', () => { const whole = vips(400, 300, 'jpg'); return whole.subarray(0, whole.length / 2); },
        /^Questo file JPEG è incompleto\. Esportalo o copialo di nuovo\.$/],
    ['grande.png', () => randomBytes(1_600_000), /^Questo file è di 2 MB; il limite è 1 MB\. Esportalo in dimensioni più piccole\.$/],
    ['rotta.png', broken, /^Questo file PNG è (danneggiato e non si può leggere|incompleto)\. Esportalo o copialo di nuovo\.$/],
];
for (const [name, make, sentence] of refused)
    test(`a row of an upload says it in Italian: ${name}`, () => withPage(server, async (page) => {
        await page.goto('/mine');
        await choose(page, [{ name, bytes: make() }]);
        await jobState(page, name, 'Non pubblicata');
        const said = (await job(page, name).locator('.job-reason').innerText()).replaceAll('\u00a0', ' ');
        assert.match(said, sentence);
    }, italian()));

test('a refused photo says it at its own address, in the language that is chosen', async () => {
    const { json } = await server.upload('ann', broken());
    await server.ended_photo(json.photo_id);
    await withPage(server, async (page) => {
        await page.goto(`/photo/${json.photo_id}`);
        await page.getByText(/^Questo file PNG è /).waitFor();
        await page.evaluate(() => localStorage.setItem('language', 'en'));
        await page.reload();
        await page.getByText(/^This PNG is /).waitFor();
    }, italian());
});

test('what the app has no words for is told in the server\'s', () => withPage(server, async (page) => {
    await page.route('**/uploads', (route) => route.fulfill({ status: 400, contentType: 'application/problem+json',
        body: JSON.stringify({ detail: 'This photo was taken on Mars.', error_code: 'taken-on-mars', error_values: ['Mars'] }) }));
    await page.goto('/mine');
    await choose(page, [{ name: 'marte.jpg', bytes: vips(40, 30, 'jpg') }]);
    await jobState(page, 'marte.jpg', 'Non pubblicata');
    assert.equal(await job(page, 'marte.jpg').locator('.job-reason').innerText(), 'This photo was taken on Mars.');
}, italian()));

test('what an earlier version of the app has noted is shown as it is', () => withPage(server, async (page) => {
    await page.goto('/mine');
    await choose(page, [letter('vecchia.jpg')]);
    await jobState(page, 'vecchia.jpg', 'Non pubblicata');
    await page.evaluate(() => new Promise((done) => {
        const opening = indexedDB.open('uploads', 1);
        opening.onsuccess = () => {
            const store = opening.result.transaction('jobs', 'readwrite').objectStore('jobs');
            store.getAll().onsuccess = ({ target }) => {
                store.put({ ...target.result[0], reason: 'It was too dark.' }).onsuccess = done;
            };
        };
    }));
    await page.reload();
    await page.getByText('It was too dark.').waitFor();
}, italian()));

test('an upload that waits for the server says why, and goes on', () => withPage(server, async (page) => {
    let isFull = true;
    await page.route('**/uploads', (route) => (isFull && route.request().method() === 'POST'
        ? route.fulfill({ status: 507, contentType: 'application/problem+json', body: JSON.stringify({
            detail: 'The server\'s disk is full, so nothing was stored. Try again later.', error_code: 'server-full', error_values: [] }) })
        : route.continue()));
    await page.goto('/mine');
    await choose(page, [{ name: 'piena.jpg', bytes: vips(40, 30, 'jpg') }]);
    await job(page, 'piena.jpg').getByText('In attesa', { exact: true }).waitFor();
    assert.equal(await job(page, 'piena.jpg').locator('.job-reason').innerText(), 'Il disco del server è pieno e nulla è stato salvato. Riprova più tardi.');
    isFull = false;
    await jobState(page, 'piena.jpg', 'Pubblicata');
    assert.equal(await job(page, 'piena.jpg').locator('.job-reason').count(), 0);
}, italian()));
