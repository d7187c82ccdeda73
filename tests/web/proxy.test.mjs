// The app behind a proxy that asks for a password (HTTP Basic), which takes the header Authorization: uploads in pieces and words say
// who asks in a header of their own.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { caption, choose, closeBrowser, jobState, startWith, withPage } from './browser.mjs';

const login = { username: 'proxy', password: 'secret' };
const expected = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
const name = `user_${randomBytes(4).toString('hex')}`;

let server;
let proxy;
const passed = new Set(); // what changed something, and with which password
before(async () => {
    ({ server } = await startWith());
    proxy = http.createServer((request, answer) => {
        if (request.headers.authorization !== expected) {
            answer.writeHead(401, { 'WWW-Authenticate': 'Basic realm="photos"' }).end();
            return;
        }
        if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) passed.add(`${request.method} ${request.url.split('/')[1]}`);
        const onward = http.request({ host: server.host, port: server.port, method: request.method, path: request.url, headers: request.headers },
            (back) => { answer.writeHead(back.statusCode, back.headers); back.pipe(answer); });
        onward.on('error', () => answer.destroy());
        answer.on('close', () => onward.destroy());
        request.pipe(onward);
    });
    await new Promise((done) => { proxy.listen(0, '127.0.0.1', done); });
});
after(async () => { await closeBrowser(); proxy.closeAllConnections(); proxy.close(); await server.stop(); });

test('uploads and says something of it', () => withPage(server, async (page) => {
    const { name: file, bytes } = photograph(3);
    await page.goto('/mine');
    await choose(page, [{ name: file, bytes }]);
    await jobState(page, file, 'Published');
    await caption(page, file, 'From behind the proxy');
    await page.goto(`/@${name}`);
    await page.getByRole('img', { name: 'From behind the proxy' }).waitFor();
    assert.deepEqual([...passed].sort(), ['PATCH photos', 'PATCH uploads', 'POST uploads']);
}, { name, httpCredentials: login, get baseURL() { return `http://127.0.0.1:${proxy.address().port}`; } }));
