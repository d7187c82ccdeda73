// The web app as the server brings it: its page under a strict policy at every address of the app, its files with the right
// headers, packed for who takes that. The app here is the tiny one of tests/http/site.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { png } from './pictures.mjs';
import { startServer, tinySite } from './server.mjs';

const read = (name) => readFileSync(new URL(`site/${name}`, import.meta.url));
const unknownId = '0123456789abcdef0123456789abcdef';
const script = '/assets/tiny-0123abcd.js';

let server;
before(async () => { server = await startServer({ executable: tinySite }); });
after(() => server.stop());

describe('the page of the app', () => {
    const addresses = { '/': 200, '/search': 200, '/search?q=ann': 200, '/mine': 200, '/share-target': 200, '/?notice=x': 200,
        '/@nobody': 404, '/%40nobody': 404, '/@No%20name': 404, [`/photo/${unknownId}`]: 404, '/photo/x': 404 };
    for (const [path, code] of Object.entries(addresses))
        it(`is at ${path}, with ${code}`, async () => {
            const answer = await server.get(path);
            assert.equal(answer.code, code);
            assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
            assert.equal(answer.headers['cache-control'], 'no-cache');
            assert.match(answer.text, /<title>(A tiny app|nobody · Cloud Photos)<\/title>/);
        });

    for (const path of ['/@', '/@ann/photos', '/photo', '/photo/', '/Search', '/search/', '/index.html', '/assets', '/assets/',
        '/assets/index.html', '/assets/../sw.js', '/sw.js.br', `${script}.br`])
        it(`is not at ${path}: a program hears why, and a person gets a page`, async () => {
            const answer = await server.get(path);
            assert.deepEqual([answer.code, answer.headers['content-type']], [404, 'application/problem+json']);
            const page = await server.get(path, { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
            assert.deepEqual([page.code, page.headers['content-type']], [404, 'text/html; charset=utf-8']);
            assert.match(page.text, /<div id="app">/);
            assert.ok(page.headers['content-security-policy']);
        });

    it('may load nothing that is not ours, run nothing that is written in it, and stand in no frame', async () => {
        const { headers } = await server.get('/');
        const policy = Object.fromEntries(headers['content-security-policy'].split('; ').map((one) => one.split(/ (.*)/)));
        assert.deepEqual(policy, {
            'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'img-src': "'self' blob: data:",
            'connect-src': "'self'", 'manifest-src': "'self'", 'worker-src': "'self'", 'form-action': "'self'", 'base-uri': "'self'",
            'frame-ancestors': "'none'", 'require-trusted-types-for': "'script'", 'trusted-types': 'service-worker default',
        });
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['referrer-policy'], 'same-origin');
        assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    });

    it('says that a device should share once more when its worker was not ready', async () => {
        const answer = await server.ask('POST', '/share-target', { headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
            body: Buffer.alloc(100_000, 'x') });
        assert.deepEqual([answer.code, answer.headers.location], [303, '/?notice=share-again']);
        assert.match(answer.text, /share it again/);
    });
});

describe('what is written into the page', () => {
    const evil = '</script><script>alert(1)</script><!-- "\u2028 & \'';
    let id;
    before(async () => {
        id = await server.publish('ann', png(1800, 900));
        const body = JSON.stringify({ caption: evil, alt_text: evil });
        assert.equal((await server.ask('PATCH', `/photos/${id}`, { headers: { Authorization: 'ann', 'Content-Type': 'application/json' }, body })).code, 200);
    });

    const firstData = (page) => {
        const blocks = page.match(/<script type="application\/json" id="first-data">.*?<\/script>/gs);
        assert.equal(blocks.length, 1);
        const data = blocks[0].replace(/^<script[^>]*>|<\/script>$/g, '');
        assert.doesNotMatch(data, /[<>]/);
        return JSON.parse(data);
    };

    for (const [path, address] of [['/', () => '/photos?limit=60'], ['/@ann', () => '/users/ann?view=photos&limit=60'],
        ['/@nobody', () => '/users/nobody?view=photos&limit=60'], ['photo', () => `/photos/${id}`]])
        it(`is what the app would ask for first, and no word of an author becomes markup: ${path}`, async () => {
            const { text, headers } = await server.get(path === 'photo' ? `/photo/${id}` : path);
            assert.deepEqual(firstData(text), { [address()]: (await server.get(address())).json });
            assert.equal(text.match(/<script/g).length, 2, 'the app itself and the data');
            assert.ok(!text.includes('<!--'));
            assert.match(text, /<div id="app">/);
            if (path === '/@nobody') return; // a page that is not there has no tag
            const again = await server.get(path === 'photo' ? `/photo/${id}` : path, { 'If-None-Match': headers.etag });
            assert.equal(again.code, 304);
        });

    it('preloads the first thumbnails', async () => {
        for (const path of ['/', '/@ann'])
            assert.ok((await server.get(path)).text.includes(`<link rel="preload" as="image" media="(max-resolution: 2dppx)" href="/buckets/thumbnails/${id}-thumb.webp">`));
    });

    it('tells other sites what a photo shows', async () => {
        const { text } = await server.get(`/photo/${id}`);
        const read = (value) => value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
        const tags = Object.fromEntries([...text.matchAll(/<meta property="([^"]+)" content="([^"]*)">/gs)].map(([, name, value]) => [name, read(value)]));
        assert.deepEqual(tags, {
            'og:type': 'article', 'og:site_name': 'Cloud Photos', 'og:title': 'A photo by ann', 'og:description': evil,
            'og:url': `${server.url}/photo/${id}`, 'og:image': `${server.url}/buckets/photos/${id}-comp.webp`, 'og:image:type': 'image/webp',
            'og:image:width': '1440', 'og:image:height': '720', 'og:image:alt': evil,
        });
    });

    it('has a title of its own, and tells other sites whose photos these are', async () => {
        const { text } = await server.get('/@ann');
        assert.match(text, /<title>ann · Cloud Photos<\/title>/);
        assert.match((await server.get(`/photo/${id}`)).text, /<title>&lt;\/script&gt;&lt;script&gt;/);
        const tags = Object.fromEntries([...text.matchAll(/<meta property="([^"]+)" content="([^"]*)">/gs)].map(([, name, value]) => [name, value]));
        assert.deepEqual(tags, { 'og:type': 'profile', 'og:site_name': 'Cloud Photos', 'og:title': 'Photos by ann', 'og:description': '1 photo',
            'og:url': `${server.url}/@ann`, 'og:image': `${server.url}/buckets/photos/${id}-comp.webp`, 'og:image:type': 'image/webp' });
    });

    it('leads other sites to what they may embed', async () => {
        const { text } = await server.get(`/photo/${id}`);
        const [, href] = text.match(/<link rel="alternate" type="application\/json\+oembed" href="([^"]+)" title="[^"<]+">/);
        assert.equal(href, `${server.url}/oembed?url=${server.url}/photo/${id}`);
        const { json } = await server.get(href.slice(server.url.length));
        assert.equal(json.title, evil);
        assert.equal(json.author_url, `${server.url}/@ann`);
        assert.equal(json.thumbnail_url, `${server.url}/buckets/thumbnails/${id}-thumb.webp`);
    });

    const large = { image: 'photos', width: 1440, height: 720 }, thumbnail = { image: 'thumbnails', width: 350, height: 175 };
    for (const [limits, { image, width, height }] of [
        ['', large], ['&maxwidth=1440&maxheight=720', large], ['&maxwidth=1439', thumbnail], ['&maxheight=719', thumbnail],
        ['&maxwidth=100', { ...thumbnail, width: 100, height: 50 }], ['&maxheight=7&maxwidth=70', { ...thumbnail, width: 14, height: 7 }],
        ['&maxheight=1', { ...thumbnail, width: 2, height: 1 }],
    ])
        it(`embeds an image that fits: ${limits || 'no limit'}`, async () => {
            const { json } = await server.get(`/oembed?url=${server.url}/photo/${id}${limits}`);
            assert.match(json.url, new RegExp(`/buckets/${image}/`));
            assert.deepEqual([json.width, json.height], [width, height]);
        });

    for (const [url, code] of [[`/photo/${unknownId}`, 404], ['/photo/x', 404], ['/', 404], [`/photo/${'0'.repeat(31)}`, 404]])
        it(`embeds nothing but photos: ${url}`, async () => {
            assert.equal((await server.get(`/oembed?url=${server.url}${url}`)).code, code);
        });

    for (const path of ['/search', '/mine', '/@Ann%3Cscript%3E', `/photo/${unknownId}`, '/photo/x'])
        it(`is nothing where there is nothing to say: ${path}`, async () => {
            assert.equal((await server.get(path)).text, read('index.html').toString());
        });
});

describe('a file of the app', () => {
    const files = [
        [script, 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable', 'Accept-Encoding'],
        ['/sw.js', 'text/javascript; charset=utf-8', 'no-cache', undefined],
        ['/manifest.webmanifest', 'application/manifest+json', 'no-cache', undefined],
        ['/icon.svg', 'image/svg+xml', 'no-cache', undefined],
    ];
    for (const [path, type, cache, vary] of files)
        it(`comes as it was built: ${path}`, async () => {
            const { code, headers, body } = await server.get(path);
            assert.deepEqual([code, headers['content-type'], headers['cache-control'], headers.vary], [200, type, cache, vary]);
            assert.equal(headers['content-encoding'], undefined);
            assert.deepEqual(body, read(path.slice(1)));
            const again = await server.get(path, { 'If-None-Match': headers.etag });
            assert.deepEqual([again.code, again.body.length, again.headers.etag], [304, 0, headers.etag]);
            const head = await server.ask('HEAD', path);
            assert.deepEqual([head.code, head.headers['content-length'], head.body.length], [200, String(body.length), 0]);
        });

    for (const accept of ['br', 'gzip, deflate, br, zstd', '*', 'br;q=0.2, gzip'])
        it(`comes in Brotli for "${accept}"`, async () => {
            const { headers, body } = await server.get(script, { 'Accept-Encoding': accept });
            assert.deepEqual([headers['content-encoding'], headers.vary], ['br', 'Accept-Encoding']);
            assert.deepEqual(brotliDecompressSync(body), read(script.slice(1)));
        });

    for (const accept of ['gzip', 'br;q=0', 'identity, br;q=0.5', 'br;q=x'])
        it(`comes plain for "${accept}"`, async () => {
            const { headers, body } = await server.get(script, { 'Accept-Encoding': accept });
            assert.deepEqual([headers['content-encoding'], headers.vary], [undefined, 'Accept-Encoding']);
            assert.deepEqual(body, read(script.slice(1)));
        });

    it('has another tag in Brotli, so that nobody takes one for the other', async () => {
        const plain = await server.get(script), packed = await server.get(script, { 'Accept-Encoding': 'br' });
        assert.notEqual(plain.headers.etag, packed.headers.etag);
        assert.equal((await server.get(script, { 'If-None-Match': packed.headers.etag })).code, 200);
        assert.equal((await server.get(script, { 'If-None-Match': packed.headers.etag, 'Accept-Encoding': 'br' })).code, 304);
    });

    it('that was not packed comes plain to everybody', async () => {
        const { headers, body } = await server.get('/sw.js', { 'Accept-Encoding': 'br' });
        assert.equal(headers['content-encoding'], undefined);
        assert.deepEqual(body, read('sw.js'));
    });
});
