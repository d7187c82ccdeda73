// The buckets, as a public S3 bucket answers that may be read and not listed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gif, png, readWebp } from './pictures.mjs';
import { listFiles, startServer } from './server.mjs';
import { exchange, lines } from './wire.mjs';

const year = 'public, max-age=31536000, immutable';

describe('buckets', () => {
    let server, id, path, whole, etag, modified, size;
    before(async () => {
        server = await startServer({ flags: ['--darkrooms', '1', '--darkroom-timeout', '10m'] });
        id = await server.publish('ann', png(600, 400));
        path = `/buckets/photos/${id}-comp.webp`;
        whole = await server.get(path);
        ({ etag, 'last-modified': modified } = whole.headers);
        size = whole.body.length;
    });
    after(() => server.stop());

    /* S3's XML: <Error><Code>…; no word of what was asked for. */
    const assertError = (answer, code, name) => {
        assert.equal(answer.code, code, answer.text);
        assert.equal(answer.headers['content-type'], 'application/xml');
        assert.match(answer.text, new RegExp(`^<\\?xml version="1.0" encoding="UTF-8"\\?>\\n<Error><Code>${name}</Code><Message>[^<]+</Message>`
            + `<RequestId>${answer.headers['x-request-id']}</RequestId></Error>$`));
        assert.equal(answer.headers.etag, undefined);
        assert.equal(answer.headers['cache-control'], undefined);
    };

    it('give an image with all that a cache needs', () => {
        assert.equal(whole.code, 200);
        assert.equal(whole.headers['content-type'], 'image/webp');
        assert.equal(Number(whole.headers['content-length']), size);
        assert.match(etag, /^"[\x21\x23-\x7e]+"$/);
        assert.equal(new Date(Date.parse(modified)).toUTCString(), modified);
        assert.ok(Math.abs(Date.now() - Date.parse(modified)) < 120_000);
        assert.equal(whole.headers['accept-ranges'], 'bytes');
        assert.equal(whole.headers['cache-control'], year);
        assert.deepEqual(readWebp(whole.body), { width: 600, height: 400, frames: 1, chunks: ['VP8 '] });
    });

    it('give the thumbnail alike', async () => {
        const answer = await server.get(`/buckets/thumbnails/${id}-thumb.webp`);
        assert.equal(answer.headers['cache-control'], year);
        assert.deepEqual(readWebp(answer.body), { width: 350, height: 233, frames: 1, chunks: ['VP8 '] });
    });

    it('give the same ETag and the same bytes each time', async () => {
        const again = await server.get(path);
        assert.equal(again.headers.etag, etag);
        assert.ok(again.body.equals(whole.body));
    });

    it('give another ETag for another object', async () => {
        assert.notEqual((await server.get(`/buckets/thumbnails/${id}-thumb.webp`)).headers.etag, etag);
    });

    it('keep an animated GIF animated, as WebP, in both sizes', async () => {
        const moving = await server.publish('ann', gif(420, 300, 7));
        for (const [bucket, suffix, width, height] of [['photos', 'comp', 420, 300], ['thumbnails', 'thumb', 350, 250]]) {
            const answer = await server.get(`/buckets/${bucket}/${moving}-${suffix}.webp`);
            assert.equal(answer.headers['content-type'], 'image/webp');
            const { chunks, ...facts } = readWebp(answer.body);
            assert.deepEqual(facts, { width, height, frames: 7 });
            assert.ok(chunks.includes('ANIM'));
        }
    });

    // ---- What may not be had ----

    const missing = () => [
        ['a key that does not exist', '/buckets/photos/missing.webp'], ['the bucket itself: a list', '/buckets/photos'],
        ['an empty key: a list', '/buckets/photos/'], ['a list with parameters', '/buckets/photos?list-type=2&prefix='],
        ['the list of thumbnails', '/buckets/thumbnails/'], ['the site, which is empty', '/buckets/site/index.html'],
        ['the list of originals', '/buckets/originals'], ['an original that does not exist', '/buckets/originals/nothing'],
        ['a key of another bucket', `/buckets/thumbnails/${id}-comp.webp`],
        ['a key with a slash behind', `/buckets/photos/${id}-comp.webp/`],
        ['a key below an object', `/buckets/photos/${id}-comp.webp/x`],
        ['a key with a slash before', `/buckets/photos//${id}-comp.webp`],
        ['a folder that the server uses inside', '/buckets/photos/.incoming'],
        ['a temporary file', '/buckets/photos/.incoming/0'],
    ];
    it('forbid what is missing and what is not public alike', async () => {
        const bodies = new Set();
        for (const [says, one] of missing()) {
            const answer = await server.get(one);
            assertError(answer, 403, 'AccessDenied');
            bodies.add(answer.text.replace(/<RequestId>.*<\/RequestId>/, ''));
            assert.equal(bodies.size, 1, `${says} can be told from the others: ${answer.text}`);
        }
    });

    it('forbid an original even while it is there', async () => {
        for (const pid of server.descendants()) process.kill(pid, 'SIGSTOP');
        try {
            const { json } = await server.upload('ann', png(30, 30));
            const events = await server.watch(json.photo_id);
            while ((await events.next()).data.stage !== 'Resize');
            events.leave();
            assert.ok(listFiles(server.data).some((file) => file.includes('originals') && file.endsWith(json.photo_id)));
            for (const headers of [{}, { Authorization: 'ann' }, { Range: 'bytes=0-0' }, { 'If-None-Match': '*' }])
                assertError(await server.get(`/buckets/originals/${json.photo_id}`, headers), 403, 'AccessDenied');
            assert.equal((await server.ask('HEAD', `/buckets/originals/${json.photo_id}`)).code, 403);
        } finally {
            for (const pid of server.descendants()) process.kill(pid, 'SIGCONT');
        }
    });

    for (const name of ['nothing', 'Photos', 'photos.', '..', '.', '%2e%2e', 'photos%00', 'buckets', '.lock'])
        it(`do not know the bucket "${name}"`, async () => {
            for (const one of [`/buckets/${name}`, `/buckets/${name}/`, `/buckets/${name}/key`]) {
                const answer = await server.get(one);
                if (name.includes('%00')) assert.equal(answer.code, 400);
                else assertError(answer, 404, 'NoSuchBucket');
            }
        });

    const escapes = () => [
        '../photos.db', '../../photos.db', '../../../../../../etc/passwd', '..%2fphotos.db', '..%2f..%2fphotos.db',
        '%2e%2e/%2e%2e/photos.db',
        '%2e%2e%2f%2e%2e%2fphotos.db', '..%252f..%252fphotos.db', '%252e%252e/photos.db', '..%5c..%5cphotos.db',
        '..\\..\\photos.db',
        '/etc/passwd', '%2fetc%2fpasswd', '//etc/passwd', 'file:///etc/passwd', './secret', 'a/../../secret',
        `${id}-comp.webp%00`,
        '%00', 'a%00b', '..%c0%af..%c0%afphotos.db', '%uff0e%uff0e/photos.db', '../originals/secret', '..%2foriginals%2fsecret',
        '~root/.bashrc', `${'a/'.repeat(99)}a`, 'k'.repeat(201), 'k'.repeat(4000), `${'../'.repeat(200)}etc/passwd`, 'a b', 'a;b',
        'a?b', 'caf%c3%a9',
        '%ff', '.', '..', '%2e', '%2e%2e', `.${id}-comp.webp`, `-/../${id}-comp.webp`, `./${id}-comp.webp`, '5e%2fsecret',
        '5e/secret',
    ];
    it('never give a file by a key that wants to escape', async () => {
        mkdirSync(join(server.data, 'buckets', 'photos', '5e'), { recursive: true });
        for (const place of ['secret', 'buckets/secret', 'buckets/photos/secret', 'buckets/originals/secret',
            'buckets/photos/.incoming/secret'])
            writeFileSync(join(server.data, place), 'the secret of the tests');
        for (const key of escapes()) {
            const wide = /[\\ ]/.test(key);
            const answer = wide ? (await exchange(server,
                lines(`GET /buckets/photos/${key} HTTP/1.1`, 'Host: a', 'Connection: close')))[0]
                : await server.get(`/buckets/photos/${key}`);
            assert.ok([400, 403, 404].includes(answer.code), `${key}: ${answer.code}`);
            assert.doesNotMatch(answer.text, /secret of the tests|root:|SQLite/, key);
        }
    });

    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH'])
        it(`forbid ${method}`, async () => {
            for (const one of [path, '/buckets/photos/new.webp', '/buckets/photos', '/buckets/originals/new'])
                assertError(await server.ask(method, one,
                    { body: method === 'DELETE' ? undefined : 'content', headers: { Authorization: 'ann' } }), 403,
                        'AccessDenied');
            assert.equal((await server.get(path)).code, 200);
            assert.deepEqual(listFiles(server.data).filter((file) => file.includes('new')), []);
        });

    // ---- Conditions ----

    const hour = 3_600_000;
    const at = (offset_ms) => new Date(Date.parse(modified) + offset_ms).toUTCString();
    const conditions = [
        ['If-None-Match with the ETag', () => ({ 'If-None-Match': etag }), 304],
        ['If-None-Match with the weak ETag', () => ({ 'If-None-Match': `W/${etag}` }), 304],
        ['If-None-Match with a star', () => ({ 'If-None-Match': '*' }), 304],
        ['If-None-Match with the ETag in a list', () => ({ 'If-None-Match': `"a", ${etag} , "b"` }), 304],
        ['If-None-Match with another', () => ({ 'If-None-Match': '"another"' }), 200],
        ['If-None-Match with the ETag without its quotes', () => ({ 'If-None-Match': etag.slice(1, -1) }), 200],
        ['If-None-Match goes before If-Modified-Since', () => ({ 'If-None-Match': '"another"', 'If-Modified-Since': at(hour) }),
            200],
        ['If-Modified-Since at that second', () => ({ 'If-Modified-Since': modified }), 304],
        ['If-Modified-Since later', () => ({ 'If-Modified-Since': at(hour) }), 304],
        ['If-Modified-Since earlier', () => ({ 'If-Modified-Since': at(-hour) }), 200],
        ['If-Modified-Since that is no date', () => ({ 'If-Modified-Since': 'yesterday' }), 200],
        ['If-Match with the ETag', () => ({ 'If-Match': etag }), 200],
        ['If-Match with a star', () => ({ 'If-Match': '*' }), 200],
        ['If-Match with another', () => ({ 'If-Match': '"another"' }), 412],
        ['If-Match with the weak ETag, which never matches', () => ({ 'If-Match': `W/${etag}` }), 412],
        ['If-Match goes before If-Unmodified-Since', () => ({ 'If-Match': etag, 'If-Unmodified-Since': at(-hour) }), 200],
        ['If-Unmodified-Since at that second', () => ({ 'If-Unmodified-Since': modified }), 200],
        ['If-Unmodified-Since earlier', () => ({ 'If-Unmodified-Since': at(-hour) }), 412],
        ['If-Match that fails goes before If-None-Match', () => ({ 'If-Match': '"another"', 'If-None-Match': etag }), 412],
        ['If-None-Match goes before Range', () => ({ 'If-None-Match': etag, Range: 'bytes=0-1' }), 304],
    ];
    for (const [says, makeHeaders, code] of conditions)
        it(`heed a condition: ${says}`, async () => {
            const headers = makeHeaders();
            const answer = await server.get(path, headers), head = await server.ask('HEAD', path, { headers });
            assert.equal(answer.code, code);
            assert.equal(head.code, code, 'HEAD');
            if (code === 200) assert.ok(answer.body.equals(whole.body));
            if (code === 412) assertError(answer, 412, 'PreconditionFailed');
            if (code !== 304) return;
            assert.equal(answer.body.length, 0);
            assert.equal(answer.headers.etag, etag);
            assert.equal(answer.headers['cache-control'], year);
        });

    // ---- Ranges ----

    const ranges = [
        ['the first byte', () => ['bytes=0-0', 0, 1]], ['the first hundred', () => ['bytes=0-99', 0, 100]],
        ['some in the middle', () => ['bytes=100-199', 100, 100]], ['the last ten', () => ['bytes=-10', size - 10, 10]],
        ['all from one on', () => [`bytes=${size - 5}-`, size - 5, 5]], ['all of it', () => [`bytes=0-${size - 1}`, 0, size]],
        ['an end beyond the end', () => [`bytes=10-${size + 1000}`, 10, size - 10]],
        ['a suffix larger than all', () => [`bytes=-${size + 1000}`, 0, size]],
        ['the unit in capitals', () => ['BYTES=0-9', 0, 10]],
        ['the last byte', () => [`bytes=${size - 1}-${size - 1}`, size - 1, 1]],
        ['an end that no computer can hold', () => ['bytes=1-99999999999999999999999', 1, size - 1]],
    ];
    for (const [says, make] of ranges)
        it(`give a range: ${says}`, async () => {
            const [range, offset, length] = make();
            const answer = await server.get(path, { Range: range });
            assert.equal(answer.code, 206);
            assert.equal(answer.headers['content-range'], `bytes ${offset}-${offset + length - 1}/${size}`);
            assert.equal(Number(answer.headers['content-length']), length);
            assert.ok(answer.body.equals(whole.body.subarray(offset, offset + length)));
            for (const [name, value] of [['etag', etag], ['last-modified', modified], ['content-type', 'image/webp'],
                ['cache-control', year]])
                assert.equal(answer.headers[name], value);
        });

    it('refuse a range beyond the end', async () => {
        for (const range of [`bytes=${size}-`, `bytes=${size}-${size + 10}`, `bytes=${size + 1000}-`, 'bytes=-0',
            'bytes=99999999999999999999999-']) {
            const answer = await server.get(path, { Range: range });
            assertError(answer, 416, 'InvalidRange');
            assert.equal(answer.headers['content-range'], `bytes */${size}`, range);
        }
    });

    for (const range of ['bytes=0-1,5-6', 'bytes=0-0, -1', 'bytes=5-2', 'bytes=a-b', 'bytes=', 'bytes', 'bytes=-', 'lines=0-1',
        'bytes=0-1;x', 'bytes 0-1', '0-1', 'bytes=--5'])
        it(`give all for several ranges, and for what is no range: "${range}"`, async () => {
            const answer = await server.get(path, { Range: range });
            assert.equal(answer.code, 200);
            assert.ok(answer.body.equals(whole.body));
            assert.equal(answer.headers['content-range'], undefined);
        });

    // A time that is not a minute older than the answer's Date is a weak validator (RFC 9110 8.8.2.2): all is right then, too.
    const ifRanges = [['the ETag', () => etag, [206]], ['another ETag', () => '"another"', [200]],
        ['the weak ETag', () => `W/${etag}`, [200]],
        ['the time', () => modified, [200, 206]], ['another time', () => at(-hour), [200]],
            ['a later time', () => at(hour), [200]]];
    for (const [says, make, codes] of ifRanges)
        it(`heed If-Range: ${says}`, async () => {
            const answer = await server.get(path, { Range: 'bytes=0-9', 'If-Range': make() });
            assert.ok(codes.includes(answer.code), answer.code);
            assert.equal(answer.body.length, answer.code === 206 ? 10 : size);
        });

    // ---- Other origins ----

    it('let other origins read', async () => {
        const answer = await server.get(path, { Origin: 'https://example.org' });
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        assert.equal(answer.headers['access-control-allow-methods'], 'GET, HEAD');
        assert.equal(answer.headers.vary, 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method');
    });

    const preflight = (headers, one = path) => server.ask('OPTIONS', one, { headers });
    for (const method of ['GET', 'HEAD'])
        it(`allow a preflight for ${method}`, async () => {
            const answer = await preflight({ Origin: 'https://example.org', 'Access-Control-Request-Method': method,
                'Access-Control-Request-Headers': 'range, if-none-match' });
            assert.equal(answer.code, 200);
            assert.equal(answer.body.length, 0);
            assert.equal(answer.headers['access-control-allow-origin'], '*');
            assert.equal(answer.headers['access-control-allow-methods'], 'GET, HEAD');
            assert.equal(answer.headers['access-control-allow-headers'], 'range, if-none-match');
            assert.equal(answer.headers['access-control-max-age'], '3000');
            assert.equal(answer.headers.vary, 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method');
        });

    it('allow a preflight for a key that does not exist, for nobody shall learn that', async () => {
        assert.equal((await preflight({ Origin: 'null', 'Access-Control-Request-Method': 'GET' },
            '/buckets/photos/missing')).code, 200);
        assert.equal((await preflight({ Origin: 'null', 'Access-Control-Request-Method': 'GET' }, '/buckets/photos')).code, 200);
    });

    it('refuse a preflight', async () => {
        assertError(await preflight({ 'Access-Control-Request-Method': 'GET' }), 400, 'BadRequest');
        assertError(await preflight({ Origin: 'https://example.org' }), 400, 'BadRequest');
        assertError(await preflight({ Origin: 'https://example.org', 'Access-Control-Request-Method': 'GET',
            'Access-Control-Request-Headers': 'x-more, '.repeat(100) }), 400, 'BadRequest');
        for (const method of ['PUT', 'POST', 'DELETE', 'get', 'TRACE'])
            assertError(await preflight({ Origin: 'https://example.org', 'Access-Control-Request-Method': method }), 403,
                'AccessForbidden');
        assertError(await preflight({ Origin: 'null', 'Access-Control-Request-Method': 'GET' }, '/buckets/originals/x'), 403,
            'AccessForbidden');
        assertError(await preflight({ Origin: 'null', 'Access-Control-Request-Method': 'GET' }, '/buckets/nothing/x'), 404,
            'NoSuchBucket');
    });
});
