// The app as plain files of another origin, which asks the server through CORS: built for its address, served by anything. The server
// lets this origin; another server, which lets nobody, shows that a browser's page can change nothing there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { newFolder } from '../http/server.mjs';
import { photograph } from './album.mjs';
import { caption, choose, closeBrowser, dist, jobState, startWith, withPage } from './browser.mjs';
import { imagesShown } from './steps.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' };
const name = `user_${randomBytes(4).toString('hex')}`;

let server;
let stranger;
let files;
before(async () => {
    const folder = newFolder();
    files = http.createServer(({ url }, answer) => { // as a bucket that is a web site: what is not there is the page
        const path = join(folder, new URL(url, 'http://files').pathname);
        const file = extname(path) && existsSync(path) ? path : join(folder, 'index.html');
        answer.writeHead(200, { 'Content-Type': TYPES[extname(file)] }).end(readFileSync(file));
    });
    await new Promise((done) => { files.listen(0, '127.0.0.1', done); });
    ({ server } = await startWith([['annika', photograph(1).bytes]], { flags: ['--allow-origin', origin()] }));
    ({ server: stranger } = await startWith([['annika', photograph(1).bytes]]));
    execFileSync('npx', ['vite', 'build', '--outDir', folder, '--emptyOutDir'],
        { cwd: join(dist, '..'), env: { ...process.env, CLOUDPHOTOS_API: server.url }, stdio: ['ignore', 'ignore', 'pipe'] });
});
after(async () => {
    await closeBrowser();
    files.closeAllConnections();
    files.close();
    await server.stop();
    await stranger.stop();
});
const origin = () => `http://127.0.0.1:${files.address().port}`;

test('uploads, says something of it, searches and shows', () => withPage(server, async (page) => {
    const asked = new Set();
    page.on('request', (request) => { if (/\/(users|photos|uploads|events|buckets)\b/.test(request.url())) asked.add(new URL(request.url()).origin); });
    const { name: file, bytes } = photograph(2);
    await page.goto('/mine');
    await choose(page, [{ name: file, bytes }]);
    await jobState(page, file, 'Published');
    await caption(page, file, 'From elsewhere');
    await page.locator('#search').fill('annika');
    await page.getByRole('option', { name: 'annika' }).waitFor();
    await page.goto(`/@${name}`);
    await page.getByRole('img', { name: 'From elsewhere' }).waitFor();
    await imagesShown(page);
    await page.locator('.grid a').first().click();
    await page.locator('.pswp--open').waitFor();
    assert.deepEqual([...asked], [server.url]);
}, { name, get baseURL() { return origin(); } }));

test('fetches nothing again for its service worker, which keeps what is of its own origin', () => withPage(server, async (page) => {
    const asked = [];
    page.on('request', (request) => { if (request.url().startsWith(server.url)) asked.push(request.url()); });
    await page.goto('/@annika');
    await imagesShown(page);
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    await page.waitForFunction(async () => (await caches.keys()).some((name) => name.startsWith('answers-'))); // all was looked at
    await page.waitForLoadState('networkidle');
    assert.deepEqual(asked.filter((url, at) => asked.indexOf(url) !== at), []);
}, { serviceWorkers: 'allow', get baseURL() { return origin(); } }));

test('changes nothing at a server that does not let it, by script nor by form, but may read there', () => withPage(server, async (page) => {
    await page.goto('/');
    const [photo] = (await stranger.get('/users/annika')).json.post_ids;
    const answers = await page.evaluate(async ({ url, id }) => {
        const form = new FormData();
        form.append('photo', new Blob(['GIF89a']), 'a.gif');
        const headers = { 'X-Cloudphotos-User': 'annika' };
        const ask = async (path, options) => { const answer = await fetch(url + path, options); return [answer.status, await answer.text()]; };
        return [
            await ask(`/photos/${id}`),
            await ask('/photos', { method: 'POST', headers, body: form }),
            await ask(`/photos/${id}`, { method: 'DELETE', headers: { Authorization: 'annika' } }),
            await ask('/uploads', { method: 'POST', headers: { ...headers, 'Tus-Resumable': '1.0.0', 'Upload-Length': '9' } }),
        ];
    }, { url: stranger.url, id: photo });
    assert.deepEqual(answers.map(([code]) => code), [200, 403, 403, 403]);
    for (const [, text] of answers.slice(1)) assert.ok(text.includes(`Pages of ${origin()} may not change anything here`), text);
    const posted = page.waitForNavigation({ url: `${stranger.url}/photos` }); // a page that is closed on its way somewhere may hang
    await page.evaluate((url) => {
        const form = Object.assign(document.createElement('form'), { method: 'POST', enctype: 'multipart/form-data', action: `${url}/photos` });
        document.body.append(form);
        form.submit();
    }, stranger.url);
    assert.equal((await posted).status(), 403);
    assert.equal((await stranger.get(`/photos/${photo}`)).code, 200);
}, { get baseURL() { return origin(); }, get expected() { return [new RegExp(`^${stranger.url}/`)]; } }));
