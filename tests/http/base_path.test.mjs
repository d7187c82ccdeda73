// A server below a base path: all of it is there, every address that it tells has the path in it, and what lies outside says where it is.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { png } from './pictures.mjs';
import { faults } from './schema.mjs';
import { runProgram, startServer, tinySite } from './server.mjs';
import { readYaml } from './yaml.mjs';

const BASE = '/photos-of-us';
const tus = { 'Tus-Resumable': '1.0.0', Authorization: 'ann' };
const picture = png(1800, 900);

let server;
let id;
before(async () => {
    server = await startServer({ base: BASE, executable: tinySite });
    id = await server.publish('ann', picture);
    await server.publish('ann', png(20, 20));
});
after(() => server.stop());

/* An address of the server's host, as it is; redirects are not followed. */
const at = (path, options) => fetch(`http://${server.address}${path}`, { redirect: 'manual', ...options });

describe('below its base path', () => {
    const there = { '/': 'text/html', '/mine': 'text/html', '/@ann': 'text/html', '/photo/ID': 'text/html', '/sw.js': 'text/javascript',
        '/manifest.webmanifest': 'application/manifest+json', '/assets/tiny-0123abcd.js': 'text/javascript', '/users?username=ann': 'application/json',
        '/users/ann': 'application/json', '/photos': 'application/json', '/photos/ID': 'application/json', '/uploadStatus/ID': 'application/json',
        '/buckets/photos/ID-comp.webp': 'image/webp', '/healthcheck': 'application/json', '/metrics': 'text/plain' };
    for (const [path, type] of Object.entries(there))
        it(`is all that is elsewhere at the root: ${path}`, async () => {
            const answer = await server.get(path.replace('ID', id));
            assert.equal(answer.code, 200, answer.text);
            assert.ok(answer.headers['content-type'].startsWith(type), answer.headers['content-type']);
        });

    it('a page is told where it is, in one place', async () => {
        for (const path of ['/', '/mine', `/photo/${id}`, '/no/such/page']) {
            const { text } = await server.get(path, { Accept: 'text/html' });
            assert.equal(text.match(/<base [^>]*>/g).join(), `<base href="${BASE}/">`);
            assert.doesNotMatch(text.replaceAll(`"${BASE}/`, ''), /(?:href|src)="\//, 'nothing leads to the root');
        }
        const page = await server.get('/mine');
        assert.equal((await server.get('/mine', { 'If-None-Match': page.headers.etag })).code, 304);
    });

    it('every address that it tells has the base path', async () => {
        const photo = (await server.get(`/photos/${id}`)).json;
        assert.equal(photo.large.url, `${BASE}/buckets/photos/${id}-comp.webp`);
        assert.equal(photo.thumbnail.url, `${BASE}/buckets/thumbnails/${id}-thumb.webp`);
        const begun = await server.ask('POST', '/uploads', { headers: { ...tus, 'Upload-Length': '9' } });
        assert.match(begun.headers.location, /^\/photos-of-us\/uploads\/[0-9a-f]{32}$/);
        assert.equal((await at(begun.headers.location, { method: 'HEAD', headers: tus })).status, 200);
        assert.match((await server.get('/users/ann?limit=1')).headers.link, /^<\/photos-of-us\/users\/ann\?limit=1&cursor=/);
        assert.equal((await server.ask('POST', '/share-target')).headers.location, `${BASE}/?notice=share-again`);
        const home = (await server.get('/')).text;
        assert.match(home, new RegExp(`<link rel="preload" as="image"[^>]* href="${BASE}/buckets/thumbnails/`));
        assert.match(home, /id="first-data">\{"\/photos\?limit=60":/, 'which the app asks for below its base');
    });

    it('what it answers is as documented', async () => {
        const document = readYaml(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));
        const location = document.paths['/share-target'].post.responses['303'].headers.Location.schema;
        assert.deepEqual(faults(document, document.components.schemas.Photo, (await server.get(`/photos/${id}`)).json), []);
        assert.deepEqual(faults(document, location, (await server.ask('POST', '/share-target')).headers.location), []);
    });

    it('other sites are told the whole address', async () => {
        const root = `http://${server.address}${BASE}`;
        const { text } = await server.get(`/photo/${id}`);
        assert.match(text, new RegExp(`property="og:url" content="${root}/photo/${id}"`));
        assert.match(text, new RegExp(`property="og:image" content="${root}/buckets/photos/${id}-comp.webp"`));
        const embedded = (await server.get(`/oembed?url=${root}/photo/${id}`)).json;
        assert.deepEqual([embedded.url, embedded.author_url, embedded.provider_url],
            [`${root}/buckets/photos/${id}-comp.webp`, `${root}/@ann`, root]);
        assert.equal((await server.get(`/oembed?url=http://${server.address}/photo/${id}`)).code, 404, 'an address without the base path');
    });

    for (const [says, host, root] of [['a name with an underscore', 'my_nas:8080', 'http://my_nas:8080'], ['an IPv6 address', '[::1]:8080', 'http://[::1]:8080'],
        ['a port that is none', 'photos.example:99999', ''], ['half an address', '[::1', '']])
        it(`other sites are told the base path, whatever Host is: ${says}`, async () => {
            const { text } = await server.get(`/photo/${id}`, { Host: host });
            assert.equal(/property="og:url" content="([^"]*)"/.exec(text)[1], `${root}${BASE}/photo/${id}`);
            const embedded = await server.get(`/oembed?url=${root}${BASE}/photo/${id}`, { Host: host });
            if (root) assert.deepEqual([embedded.code, embedded.json.url], [200, `${root}${BASE}/buckets/photos/${id}-comp.webp`]);
            else assert.equal(embedded.code, 404, 'the address of no server');
        });

    it('an event stream ends with the photo', async () => {
        const events = await server.watch(id);
        assert.equal((await events.rest()).at(-1).data.status, 'SUCCESS');
    });

    it('the log names the whole path', async () => {
        await server.get('/users/nobody_else');
        await server.logged('the request', (line) => line.event === 'request' && line.path === `${BASE}/users/nobody_else`);
    });
});

describe('outside its base path', () => {
    for (const path of ['/', '/photos', '/photos-of-usx/', '/photos-of-us%2Fmine', '/Photos-of-us/', `/photos/photos-of-us`])
        it(`is nothing, which is said in words: ${path}`, async () => {
            for (const method of ['GET', 'POST', 'OPTIONS']) {
                const answer = await at(path, { method });
                assert.equal(answer.status, 404);
                const { detail } = await answer.json();
                assert.equal(detail, 'There is nothing at this address. Cloud Photos is at /photos-of-us/ on this server.');
            }
            const page = await at(path, { headers: { Accept: 'text/html' } });
            assert.equal(page.status, 404);
            assert.match(await page.text(), /<a href="\/photos-of-us\/">/);
        });

    it('a change is not made', async () => {
        assert.equal((await at(`/photos/${id}`, { method: 'DELETE', headers: { Authorization: 'ann' } })).status, 404);
        assert.equal((await server.get(`/photos/${id}`)).code, 200);
    });

    it('its own address without the slash leads to it', async () => {
        for (const [path, to] of [[BASE, `${BASE}/`], [`${BASE}?notice=x`, `${BASE}/?notice=x`]]) {
            const answer = await at(path);
            assert.deepEqual([answer.status, answer.headers.get('location')], [307, to]);
        }
        assert.equal((await at(BASE, { method: 'POST' })).status, 404);
    });

    it('balancers and operators find what they look at', async () => {
        assert.equal((await at('/healthcheck')).status, 200);
        assert.equal((await at('/metrics')).status, 200);
    });
});

describe('a proxy that takes the base path off', () => {
    let behind;
    before(async () => { behind = await startServer({ base: BASE, executable: tinySite, flags: ['--trusted-proxy', 'loopback'] }); });
    after(() => behind.stop());
    const stripped = (path, prefix) => fetch(`http://${behind.address}${path}`, { headers: { 'X-Forwarded-Prefix': prefix } });

    it('says so in X-Forwarded-Prefix, and the addresses are the same', async () => {
        for (const prefix of [BASE, `${BASE}/`]) {
            const page = await stripped('/mine', prefix);
            assert.equal(page.status, 200);
            assert.match(await page.text(), /<base href="\/photos-of-us\/">/);
        }
    });
    it('is not believed about another path', async () => {
        for (const prefix of ['', '/', '/photos', '/photos-of-us.', '/photos-of-us/x', 'photos-of-us'])
            assert.equal((await stripped('/mine', prefix)).status, 404, prefix);
    });
    it('is not believed when it is not named', async () => {
        assert.equal((await at('/mine', { headers: { 'X-Forwarded-Prefix': BASE } })).status, 404);
    });
});

describe('--base-path', () => {
    for (const [words, fault] of [['photos', 'must begin with a slash'], ['/a//b', 'has two slashes'], ['/a/../b', 'must not contain'], ['/a b', 'may only contain']])
        it(`is refused in words when it is none: ${words}`, async () => {
            const { code, stderr } = await runProgram(['serve', '--base-path', words]);
            assert.equal(code, 2);
            assert.ok(stderr.includes(`--base-path: "${words}" ${fault}`), stderr);
        });
    it('may end in a slash, and stands in the greeting', async () => {
        const one = await startServer({ flags: ['--base-path', '/a/b/'] });
        assert.equal((await one.get('/a/b/healthcheck')).code, 200);
        assert.match(one.stderr, /http:\/\/127\.0\.0\.1:\d+\/a\/b\/\n/);
        assert.equal(one.lines.find(({ event }) => event === 'serving').base_path, '/a/b');
        await one.stop();
    });
    it('is none by default: /', async () => {
        const one = await startServer({ flags: ['--base-path', '/'], executable: tinySite });
        assert.match((await one.get('/mine')).text, /<base href="\/">/);
        assert.equal((await one.get('/users')).code, 400);
        await one.stop();
    });
});
