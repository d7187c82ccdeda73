// The proxies of docs/operations.md, as it configures them: they pass on what the server needs to know of a client, and nothing that a
// client has made up. What is uploaded through them is not held back.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { heavyPng } from './pictures.mjs';
import { CLIENT, PROXY_NAMES, startProxy } from './proxies.mjs';
import { formBody, startServer, until } from './server.mjs';

const BASE = '/photos-of-us';
const FORGED = { 'X-Forwarded-For': '203.0.113.66', 'X-Forwarded-Proto': 'http', 'X-Forwarded-Host': 'evil.example', Forwarded: 'for=203.0.113.66;host=evil.example' };
const body = formBody('XX', [{ field: 'photo', filename: 'a.png', content: heavyPng(3_000_000) }]);

let server;
before(async () => { server = await startServer({ base: BASE, flags: ['--trusted-proxy', '127.0.0.1'] }); });
after(() => server.stop());

for (const name of PROXY_NAMES) describe(`behind ${name}`, () => {
    let proxy;
    before(async () => { proxy = await startProxy(name, server); });
    after(() => proxy.stop());
    const upload = (headers) => proxy.ask('POST', `${BASE}/photos`, { body, headers: { Authorization: 'ann', 'Content-Type': 'multipart/form-data; boundary=XX',
        'Content-Length': body.length, ...headers } });

    it('the app is below its path, and its path without the slash leads to it', async () => {
        const page = await proxy.ask('GET', `${BASE}/mine`);
        assert.equal(page.code, 200);
        assert.match(page.text, /<base href="\/photos-of-us\/">/);
        const bare = await proxy.ask('GET', BASE);
        assert.ok([301, 302].includes(bare.code));
        assert.match(bare.headers.location, /^(https:\/\/[^/]+)?\/photos-of-us\/$/);
        assert.doesNotMatch((await proxy.ask('GET', '/mine')).text, /Cloud Photos/);
    });

    it('a photo of any size is taken from the app’s own page, and the world sees it at its own address', async () => {
        const answer = await upload({ Origin: proxy.origin });
        assert.equal(answer.code, 200, answer.text);
        const id = JSON.parse(answer.text).photo_id;
        const events = await proxy.ask('GET', `${BASE}/events?photo=${id}`);
        assert.match(events.text, /SUCCESS/);
        const { text } = await proxy.ask('GET', `${BASE}/photo/${id}`);
        assert.equal(/property="og:url" content="([^"]+)"/.exec(text)[1], `${proxy.origin}${BASE}/photo/${id}`);
        assert.equal((await proxy.ask('GET', `${BASE}/buckets/photos/${id}-comp.webp`)).headers['content-type'], 'image/webp');
    });

    it('nothing that a client makes up counts', async () => {
        await proxy.ask('GET', `${BASE}/users/forged_${name}`, { headers: FORGED });
        const line = await until('the request is in the log', () => server.lines.find((one) => one.path === `${BASE}/users/forged_${name}`));
        assert.equal(line.client, CLIENT);
        const id = JSON.parse((await proxy.ask('GET', `${BASE}/users/ann`)).text).post_ids[0];
        assert.match((await proxy.ask('GET', `${BASE}/photo/${id}`, { headers: FORGED })).text, new RegExp(`content="${proxy.origin}${BASE}/photo/`));
        assert.equal((await upload({ ...FORGED, Origin: 'http://evil.example' })).code, 403);
        assert.equal((await upload({ Origin: proxy.origin.replace('https', 'http') })).code, 403, 'a page over http, of a server that is asked over https');
    });
});
