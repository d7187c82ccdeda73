// The app as plain files of another origin, which asks the server through CORS: built for its address, served by anything.
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

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' };
const name = `user_${randomBytes(4).toString('hex')}`;

let server;
let files;
before(async () => {
    ({ server } = await startWith([['annika', photograph(1).bytes]]));
    const folder = newFolder();
    execFileSync('npx', ['vite', 'build', '--outDir', folder, '--emptyOutDir'],
        { cwd: join(dist, '..'), env: { ...process.env, CLOUDPHOTOS_API: server.url }, stdio: ['ignore', 'ignore', 'pipe'] });
    files = http.createServer(({ url }, answer) => { // as a bucket that is a web site: what is not there is the page
        const path = join(folder, new URL(url, 'http://files').pathname);
        const file = extname(path) && existsSync(path) ? path : join(folder, 'index.html');
        answer.writeHead(200, { 'Content-Type': TYPES[extname(file)] }).end(readFileSync(file));
    });
    await new Promise((done) => { files.listen(0, '127.0.0.1', done); });
});
after(async () => { await closeBrowser(); files.closeAllConnections(); files.close(); await server.stop(); });

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
    await page.waitForFunction(() => document.querySelector('.grid img')?.naturalWidth > 0);
    await page.locator('.grid a').first().click();
    await page.locator('.pswp--open').waitFor();
    assert.deepEqual([...asked], [server.url]);
}, { name, get baseURL() { return `http://127.0.0.1:${files.address().port}`; } }));
