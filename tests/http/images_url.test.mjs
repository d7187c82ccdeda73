// Images that browsers find elsewhere (--images-url): what the server says of them, over buckets in files. tests/http/s3.test.mjs has those of S3.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { newFolder, runProgram, startServer } from './server.mjs';

const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);

for (const [setting, photos, thumbnails, origins] of [
    ['https://cdn.example/i', 'https://cdn.example/i/photos', 'https://cdn.example/i/thumbnails', 'https://cdn.example'],
    ['https://cdn.example:8443/', 'https://cdn.example:8443/photos', 'https://cdn.example:8443/thumbnails', 'https://cdn.example:8443'],
    ['https://{bucket}.cdn.example', 'https://photos.cdn.example', 'https://thumbnails.cdn.example', 'https://photos.cdn.example https://thumbnails.cdn.example'],
    ['https://cdn.example/my-{bucket}', 'https://cdn.example/my-photos', 'https://cdn.example/my-thumbnails', 'https://cdn.example'],
])
    describe(`--images-url ${setting}`, () => {
        let server, id;
        before(async () => {
            server = await startServer({ flags: ['--images-url', setting, '--base-path', '/below'] });
            server.base = '/below';
            id = await server.publish('ann', png(1600, 1200));
        });
        after(() => server.stop());

        it('is where the API says that images are', async () => {
            const { json } = await server.get(`/photos/${id}`);
            assert.equal(json.large.url, `${photos}/${id}-comp.webp`);
            assert.equal(json.medium.url, `${thumbnails}/${id}-medium.webp`);
            assert.equal(json.thumbnail.url, `${thumbnails}/${id}-thumb.webp`);
            const embedded = (await server.get(`/oembed?url=${server.url}/below/photo/${id}`)).json;
            assert.equal(embedded.url, `${photos}/${id}-comp.webp`);
            assert.equal(embedded.thumbnail_url, `${thumbnails}/${id}-thumb.webp`);
        });

        it('is where the page finds them, and its policy lets it', async () => {
            const page = await server.get(`/photo/${id}`);
            assert.deepEqual(matches(page.text, /<html[^>]* data-photos="([^"]+)"/g), [photos]);
            assert.deepEqual(matches(page.text, /<html[^>]* data-thumbnails="([^"]+)"/g), [thumbnails]);
            assert.deepEqual(matches(page.text, /<base href="([^"]+)">/g), ['/below/']);
            assert.deepEqual(matches(page.text, /property="og:image" content="([^"]+)"/g), [`${photos}/${id}-comp.webp`]);
            const policy = page.headers['content-security-policy'];
            assert.deepEqual(matches(policy, /img-src 'self' blob: data: ([^;]+);/g), [origins]);
            assert.deepEqual(matches(policy, /connect-src 'self' ([^;]+);/g), [origins]);
            const home = await server.get('/');
            assert.deepEqual(matches(home.text, /rel="preload" as="image"[^>]* href="([^"]+)"/g), [`${thumbnails}/${id}-thumb.webp`]);
        });

        it('is got from here, because nobody else has what is a file', async () => {
            const image = await server.get(`/buckets/photos/${id}-comp.webp`);
            assert.equal(image.code, 200);
            assert.equal(image.headers['content-type'], 'image/webp');
        });

        it('makes the service worker another one, so that installed apps hear of it', async () => {
            const worker = await server.get('/sw.js', { 'Accept-Encoding': 'br' });
            assert.equal(worker.code, 200);
            assert.ok(worker.text.endsWith(` ${photos} ${thumbnails} ${worker.text.trimEnd().split(' ').at(-1)}\n`), worker.text.slice(-300));
            assert.equal(worker.headers.etag, `"${createHash('sha256').update(worker.body).digest().subarray(0, 8).reverse().toString('hex')}"`);
            assert.equal((await server.get('/sw.js', { 'If-None-Match': worker.headers.etag })).code, 304);
        });
    });

describe('without --images-url', () => {
    it('the page says nothing of images, and its policy names nobody else', async () => {
        const server = await startServer();
        const page = await server.get('/');
        assert.doesNotMatch(page.text, /data-photos/);
        assert.match(page.headers['content-security-policy'], /img-src 'self' blob: data:; connect-src 'self'; /);
        assert.match((await server.get('/sw.js')).headers.etag, /^"[0-9a-f]+"$/);
        await server.stop();
    });
});

describe('--images-url is refused', () => {
    for (const wrong of ['cdn.example', 'ftp://cdn.example', 'https://ann:secret@cdn.example', 'https://cdn.example/?x=1', 'https://cdn.example/#x',
        'https://cdn.example/a b', 'https://cdn.example/;script-src', 'https://', 'bucket', '{bucket}', 'https://{bucket}.cdn.example/{bucket}/'])
        it(`as ${wrong}`, async () => {
            const { code, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', newFolder(), '--images-url', wrong]);
            assert.equal(code, 2);
            assert.match(stderr, /^cloudphotos serve: --images-url: ".*" is neither the word buckets nor a URL as https:\/\/cdn\.example\/images/);
        });

    it('where buckets are files, and to be found at themselves', async () => {
        const { code, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', newFolder(), '--images-url', 'buckets']);
        assert.equal(code, 2);
        assert.match(stderr, /^cloudphotos serve: --images-url buckets: browsers can't reach buckets that are files\. Leave the setting out/);
    });
});
