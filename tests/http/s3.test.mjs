// The whole server on buckets of S3: --buckets s3://…, with a real S3 server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { makeCertificate } from './certificate.mjs';
import { heavyPng, png, readWebp } from './pictures.mjs';
import { callBotocore, startS3 } from './s3.mjs';
import { formBody, newFolder, runProgram, startServer, until } from './server.mjs';

const s3 = await startS3();
after(() => s3.stop?.());

describe('an S3 server with a certificate that nobody has signed', () => {
    const folder = newFolder();
    let other, address;
    before(async () => {
        other = https.createServer(makeCertificate(folder), (request, answer) => answer.writeHead(404).end());
        await new Promise((done) => { other.listen(0, '127.0.0.1', done); });
        address = `s3://photos?endpoint=https://127.0.0.1:${other.address().port}&path-style=yes`;
    });
    after(() => other.close());

    for (const [name, more, sentence] of [
        ['is not trusted', '', /SSL certificate problem: self-signed/],
        ['is trusted where ca-file names the certificate', `&ca-file=${encodeURIComponent(join(folder, 'certificate.pem'))}`, /There is no bucket photos-originals/],
    ])
        it(name, async () => {
            const { code, stdout, stderr } = await runProgram(
                ['serve', '--listen', '127.0.0.1:0', '--data', folder, '--buckets', address + more],
                { environment: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', no_proxy: '127.0.0.1' } });
            assert.notEqual(code, 0);
            assert.match(stdout + stderr, sentence);
        });
});

describe('admin buckets create', { skip: s3.skip }, () => {
    const create = async (address, { more = [], environment = s3.environment } = {}) => {
        const { code, stdout, stderr } = await runProgram(['admin', 'buckets', 'create', '--buckets', address, ...more], { environment });
        return { code, out: stdout, err: stderr };
    };
    const names = ['originals', 'photos', 'thumbnails', 'site'];
    const each = (sentence) => names.map((name) => `made-${name}`.padEnd(24) + `  ${sentence}\n`).join('');
    const at = (bucket, more = {}) => fetch(`${s3.endpoint}/made-${bucket}`, more);

    it('makes what is missing, and says the second time that all is as it should be', async () => {
        assert.deepEqual(await create(s3.address('made')), { code: 0, out: each('made'), err: '' });
        assert.deepEqual(await create(s3.address('made')), { code: 0, out: each('is there, and as it should be'), err: '' });
    });

    it('lets anybody get objects whose keys they know, but for originals, and nobody list or write', async () => {
        for (const name of names) {
            callBotocore(s3, 'put_object', { Bucket: `made-${name}`, Key: 'a.webp' });
            const isPublic = name !== 'originals';
            for (const [path, method, code] of [[`${name}/a.webp`, 'GET', isPublic ? 200 : 403], [`${name}/a.webp`, 'HEAD', isPublic ? 200 : 403],
                [`${name}/b.webp`, 'GET', 403], [name, 'GET', 403], [`${name}/a.webp`, 'PUT', 403], [`${name}/a.webp`, 'DELETE', 403]])
                assert.equal((await at(path, { method })).status, code, `${method} ${path}`);
        }
    });

    it('lets pages of any origin get images, and put originals that somebody has signed for', async () => {
        const preflight = async (bucket, method) => (await at(`${bucket}/a.webp`, { method: 'OPTIONS',
            headers: { Origin: 'https://other.example', 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'content-type' } })).status;
        for (const [bucket, method, code] of [['photos', 'GET', 200], ['photos', 'PUT', 403], ['originals', 'PUT', 200], ['originals', 'GET', 403]])
            assert.equal(await preflight(bucket, method), code, `${method} ${bucket}`);
    });

    it('tells what differs, leaves it, and changes it when it is told to', async () => {
        callBotocore(s3, 'put_bucket_versioning', { Bucket: 'made-photos', VersioningConfiguration: { Status: 'Enabled' } });
        callBotocore(s3, 'delete_bucket_cors', { Bucket: 'made-originals' });
        callBotocore(s3, 'delete_public_access_block', { Bucket: 'made-originals' });
        callBotocore(s3, 'put_bucket_policy', { Bucket: 'made-originals', Policy: JSON.stringify({ Version: '2012-10-17', Statement: [
            { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::made-originals/*' }] }) });
        assert.equal((await at('originals/a.webp')).status, 200);
        const told = await create(s3.address('made'));
        assert.equal(told.code, 1);
        assert.match(told.out, /made-originals +the CORS rules: is "none", should be "AllowedOrigin \*, AllowedMethod PUT/);
        assert.match(told.out, /made-originals +what its policy lets everybody do: is "IsPublic true", should be "IsPublic false"/);
        assert.match(told.out, /made-photos +the keeping of versions: is "Status Enabled/);
        assert.match(told.err, /^cloudphotos admin: 4 things differ and were left as they are\. Add --repair to change that$/m);
        assert.equal((await at('originals/a.webp')).status, 200);
        const repaired = await create(s3.address('made'), { more: ['--repair'] });
        assert.equal(repaired.code, 0, repaired.err);
        assert.match(repaired.out, /made-originals +the CORS rules: changed from "none" to "AllowedOrigin/);
        assert.equal((await at('originals/a.webp')).status, 403);
        assert.deepEqual(await create(s3.address('made')), { code: 0, out: each('is there, and as it should be'), err: '' });
    });

    it('says in one line why buckets can\'t be made', async () => {
        const rows = [
            [s3.address('made'), s3.other, /^cloudphotos admin: made-originals: The name is taken by somebody else: .*Choose another prefix\. \(.* 409 BucketAlreadyExists\.\)\n$/],
            [s3.address('made'), { ...s3.environment, AWS_SECRET_ACCESS_KEY: 'wrong' }, /made-originals: The credentials are wrong: look at AWS_SECRET_ACCESS_KEY/],
            [s3.address('made'), { ...s3.environment, AWS_ACCESS_KEY_ID: 'NOBODY' }, /made-originals: The credentials are not known there/],
            [`${s3.address('elsewhere')}&region=eu-west-9`, s3.environment, /elsewhere-originals: There is no such region there: correct region=/],
            ['s3://a?endpoint=http://127.0.0.1:1&path-style=yes', s3.environment, /The buckets at 127\.0\.0\.1:1 can't be used: /],
        ];
        for (const [address, environment, sentence] of rows) {
            const { code, err } = await create(address, { environment });
            assert.equal(code, 1, err);
            assert.match(err, sentence);
        }
        const files = await create(`file:${newFolder()}`);
        assert.equal(files.code, 2);
        assert.match(files.err, /Buckets in a folder need no preparation: the server makes them when it starts/);
    });
});

describe('buckets of S3', { skip: s3.skip }, () => {
    let server, id, path, whole;
    before(async () => {
        const made = await runProgram(['admin', 'buckets', 'create', '--buckets', s3.address('photos')], { environment: s3.environment });
        assert.equal(made.code, 0, made.stderr);
        server = await startServer({ flags: ['--buckets', s3.address('photos')], environment: s3.environment });
        id = await server.publish('ann', png(600, 400));
        path = `/buckets/photos/${id}-comp.webp`;
        whole = await server.get(path);
    });
    after(() => server?.stop());

    it('keep what is published, and no original', () => {
        assert.deepEqual(s3.keys('photos-photos'), [`${id}-comp.webp`]);
        assert.ok(s3.keys('photos-thumbnails').includes(`${id}-thumb.webp`));
        assert.deepEqual(s3.keys('photos-originals'), []);
    });

    it('say to who reads them directly what an image is, and how long it stays', () => {
        const head = callBotocore(s3, 'head_object', { Bucket: 'photos-photos', Key: `${id}-comp.webp` });
        assert.equal(head.ContentType, 'image/webp');
        assert.equal(head.CacheControl, 'public, max-age=31536000, immutable');
        assert.equal(head.ETag, whole.headers.etag);
    });

    it('are read through the server as files are', async () => {
        assert.equal(whole.code, 200);
        assert.equal(whole.headers['content-type'], 'image/webp');
        assert.deepEqual(readWebp(whole.body), { width: 600, height: 400, frames: 1, chunks: ['VP8 '] });
        const rows = [
            [{ Range: 'bytes=10-19' }, 206, whole.body.subarray(10, 20)],
            [{ Range: 'bytes=-5' }, 206, whole.body.subarray(-5)],
            [{ 'If-None-Match': whole.headers.etag }, 304, Buffer.alloc(0)],
            [{ 'If-Match': '"other"' }, 412],
            [{ Range: 'bytes=99999999-' }, 416],
        ];
        for (const [headers, code, body] of rows) {
            const answer = await server.get(path, headers);
            assert.equal(answer.code, code, JSON.stringify(headers));
            if (body) assert.ok(answer.body.equals(body), JSON.stringify(headers));
        }
        s3.way.asked = [];
        const head = await server.ask('HEAD', path);
        assert.equal(head.code, 200);
        assert.equal(Number(head.headers['content-length']), whole.body.length);
        assert.deepEqual(s3.way.asked.filter((one) => one.includes(id)), [`HEAD /photos-photos/${id}-comp.webp`]);
        const overridden = await server.ask('POST', path, { headers: { 'X-HTTP-Method-Override': 'HEAD' } });
        assert.equal(overridden.code, 200); // which has a body all the same
        assert.ok(overridden.body.equals(whole.body));
        assert.equal((await server.get('/buckets/photos/none.webp')).code, 403);
        assert.equal((await server.get(`/buckets/originals/${id}`)).code, 403);
    });

    it('are empty of a photo that was deleted', async () => {
        const other = await server.publish('ann', png(60, 40));
        assert.equal(s3.keys('photos-photos').length, 2);
        assert.equal((await server.ask('DELETE', `/photos/${other}`, { headers: { Authorization: 'ann' } })).code, 204);
        await until('its objects are gone', () => s3.keys('photos-photos').length === 1);
        assert.equal((await server.get(`/buckets/photos/${other}-comp.webp`)).code, 403);
    });

    it('take uploads in pieces of any size, and keep nothing of one that was ended', async () => {
        const photo = heavyPng(12 << 20), own = { 'Tus-Resumable': '1.0.0', Authorization: 'ann' };
        const create = async () => (await server.ask('POST', '/uploads', { headers: { ...own, 'Upload-Length': String(photo.length) } })).headers.location;
        const [upload, ended] = [await create(), await create()];
        const patch = (to, from, end) => server.ask('PATCH', to, { headers: { ...own, 'Upload-Offset': String(from), 'Content-Type': 'application/offset+octet-stream' },
            body: photo.subarray(from, end) });
        let last;
        for (const [from, end] of [[0, 1000], [1000, 6 << 20], [6 << 20, (6 << 20) + 5], [(6 << 20) + 5, photo.length - 1], [photo.length - 1, photo.length]])
            last = await patch(upload, from, end);
        assert.equal(last.code, 204, last.text);
        const made = last.headers['photo-id'];
        assert.equal((await server.ended_photo(made)).data.status, 'SUCCESS');
        assert.equal((await server.get(`/photos/${made}`)).json.original.bytes, photo.length);
        assert.equal((await patch(ended, 0, (5 << 20) + 9)).code, 204);
        assert.equal((await patch(ended, (5 << 20) + 9, (5 << 20) + 19)).code, 204);
        assert.equal((await server.ask('DELETE', ended, { headers: own })).code, 204);
        await until('nothing is left in the bucket', () => s3.keys('photos-originals').length === 0);
        const { Uploads } = callBotocore(s3, 'list_multipart_uploads', { Bucket: 'photos-originals' });
        assert.deepEqual(Uploads ?? [], []);
        await server.ask('DELETE', `/photos/${made}`, { headers: own });
        await until('its objects are gone', () => s3.keys('photos-photos').length === 1);
    });

    it('are written to by admin commands beside the server', async () => {
        const { code, stderr } = await runProgram(['admin', 'photos', 'render', '--data', server.data, '--buckets', s3.address('photos')],
            { environment: s3.environment });
        assert.equal(code, 0, stderr);
    });

    it('and the data folder are shared by servers', async () => {
        const other = await startServer({ data: server.data, flags: ['--buckets', s3.address('photos')], environment: s3.environment });
        const id = await other.publish('two', png(31, 21));
        assert.equal((await server.get(`/photos/${id}`)).json.status, 'SUCCESS');
        assert.equal((await server.ask('DELETE', `/photos/${id}`, { headers: { Authorization: 'two' } })).code, 204);
        await other.stop();
    });

    it('are refused at the start, with a sentence, where they are missing or the address is wrong', async () => {
        const rows = [
            [s3.address('none'), /There is no bucket none-originals at 127\.0\.0\.1:\d+/],
            ['s3://UPPER', /the prefix of the buckets' names has 1 to 50 characters of a-z, 0-9 and -/],
            [`${s3.address('photos')}&colour=red`, /has a parameter "colour" that isn't one of/],
        ];
        for (const [address, sentence] of rows) {
            const { code, stdout, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', `${server.data}/other`, '--buckets', address],
                { environment: s3.environment });
            assert.notEqual(code, 0);
            assert.match(stdout + stderr, sentence);
        }
    });

    it('give a clean error while they are away, and take photos again when they are back', async () => {
        s3.way.cut();
        const answer = await server.get(path);
        assert.equal(answer.code, 503, answer.text);
        assert.equal(answer.headers['retry-after'], '1');
        assert.match(answer.text, /<Code>InternalError<\/Code>/);
        assert.equal(answer.headers.etag, undefined);
        assert.equal((await server.upload('ann', png(80, 40))).code, 503);
        assert.equal((await server.get('/healthcheck')).code, 200);
        s3.way.heal();
        assert.equal((await server.get(path)).code, 200);
        assert.deepEqual(s3.keys('photos-originals'), []);
        await server.publish('ann', png(80, 40));
    });

    it('may go away while a photo is in progress, which is published when they are back', async () => {
        s3.way.refused = 0;
        const { json } = await server.upload('ann', png(90, 40));
        s3.way.cut();
        await until('it was asked in vain', () => s3.way.refused > 8); // more than one request tries
        s3.way.heal();
        const { data } = await server.ended_photo(json.photo_id);
        assert.equal(data.status, 'SUCCESS', JSON.stringify(data));
        assert.equal((await server.get(`/buckets/photos/${json.photo_id}-comp.webp`)).code, 200);
        await until('no original is left', () => s3.keys('photos-originals').length === 0);
    });
});

describe('buckets of S3 over TLS, each under a name of its own', { skip: s3.skip }, () => {
    const folder = newFolder();
    let listener, server;
    before(async () => {
        const names = ['originals', 'photos', 'thumbnails', 'site'].map((name) => `tls-${name}.localhost`);
        const { hostname: host, port } = new URL(s3.endpoint);
        listener = tls.createServer(makeCertificate(folder, ...names), (one) => {
            const other = net.connect({ host, port });
            for (const socket of [one, other]) socket.on('error', () => { one.destroy(); other.destroy(); });
            one.pipe(other).pipe(one);
        });
        await new Promise((done) => { listener.listen(0, '127.0.0.1', done); });
        listener.unref();
        const address = `s3://tls?endpoint=https://localhost:${listener.address().port}&ca-file=${encodeURIComponent(join(folder, 'certificate.pem'))}`;
        const environment = { ...s3.environment, no_proxy: 'localhost' };
        const made = await runProgram(['admin', 'buckets', 'create', '--buckets', address], { environment });
        assert.equal(made.code, 0, made.stderr);
        server = await startServer({ flags: ['--buckets', address, '--images-url', 'buckets'], environment });
    });
    after(async () => { await server?.stop(); listener?.close(); });

    it('keep photos, which browsers find under these names', async () => {
        const id = await server.publish('ann', png(60, 40));
        const { json } = await server.get(`/photos/${id}`);
        assert.equal(json.large.url, `https://tls-photos.localhost:${listener.address().port}/${id}-comp.webp`);
        const { host, pathname } = new URL(json.large.url);
        const answer = await new Promise((done, fail) => {
            https.get({ host: '127.0.0.1', port: listener.address().port, path: pathname, servername: 'tls-photos.localhost', headers: { Host: host },
                        ca: readFileSync(join(folder, 'certificate.pem')), agent: false }, (one) => { one.resume(); done(one); }).on('error', fail);
        });
        assert.equal(answer.statusCode, 200);
        assert.equal(answer.headers['content-type'], 'image/webp');
        assert.deepEqual(s3.keys('tls-photos'), [`${id}-comp.webp`]);
    });
});

describe('buckets of S3 that browsers read themselves', { skip: s3.skip }, () => {
    let server, id, straight;
    const direct = (url, more) => fetch(url, { redirect: 'manual', ...more });
    before(async () => {
        const address = `s3://straight?endpoint=${s3.endpoint}&path-style=yes`;
        const made = await runProgram(['admin', 'buckets', 'create', '--buckets', address], { environment: s3.environment });
        assert.equal(made.code, 0, made.stderr);
        server = await startServer({ flags: ['--buckets', address, '--images-url', 'buckets'], environment: s3.environment });
        id = await server.publish('ann', png(600, 400));
        straight = `${s3.endpoint}/straight-photos/${id}-comp.webp`;
    });
    after(() => server?.stop());

    it('are where the API and the page say that images are', async () => {
        const { json } = await server.get(`/photos/${id}`);
        assert.equal(json.large.url, straight);
        assert.equal(json.thumbnail.url, `${s3.endpoint}/straight-thumbnails/${id}-thumb.webp`);
        const page = await server.get('/');
        assert.ok(page.headers['content-security-policy'].includes(`img-src 'self' blob: data: ${s3.endpoint};`));
        for (const { url } of [json.large, json.thumbnail]) {
            const answer = await direct(url, { headers: { Origin: 'https://other.example' } });
            assert.equal(answer.status, 200);
            assert.equal(answer.headers.get('content-type'), 'image/webp');
            assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
            assert.equal(answer.headers.get('access-control-allow-origin'), '*');
        }
    });

    it('are where the server sends everybody who asks it', async () => {
        const path = `${server.url}/buckets/photos/${id}-comp.webp`;
        for (const [method, headers] of [['GET', {}], ['HEAD', {}], ['GET', { Range: 'bytes=10-19' }], ['GET', { 'If-None-Match': '*' }]]) {
            const answer = await direct(path, { method, headers });
            assert.equal(answer.status, 307);
            assert.equal(answer.headers.get('location'), straight);
            assert.equal(answer.headers.get('cache-control'), 'public, max-age=3600');
        }
        const whole = Buffer.from(await (await fetch(path)).arrayBuffer());
        assert.deepEqual(readWebp(whole), { width: 600, height: 400, frames: 1, chunks: ['VP8 '] });
        const part = await fetch(path, { headers: { Range: 'bytes=10-19' } });
        assert.equal(part.status, 206);
        assert.ok(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(10, 20)));
        const head = await fetch(path, { method: 'HEAD' });
        assert.equal(head.status, 200);
        assert.equal(Number(head.headers.get('content-length')), whole.length);
        // Who saves it under a name, and a CDN that gets it from here, are served.
        for (const [more, headers] of [['?download', {}], ['', { 'CDN-Loop': 'cdn.example' }]]) {
            const answer = await direct(path + more, { headers });
            assert.equal(answer.status, 200);
            assert.ok(Buffer.from(await answer.arrayBuffer()).equals(whole));
        }
    });

    it('are not where the server sends anybody for what is private, and what is none', async () => {
        for (const [path, code] of [[`originals/${id}`, 403], ['photos/.hidden', 403], ['photos/a//b', 403], ['nothing/key', 404], ['photos', 403]])
            assert.equal((await direct(`${server.url}/buckets/${path}`)).status, code, path);
        assert.equal((await fetch(`${server.url}/buckets/photos/none.webp`)).status, 403);
    });

    it('have nothing of a photo that was deleted', async () => {
        const other = await server.publish('ann', png(60, 40));
        const { json } = await server.get(`/photos/${other}`);
        assert.equal((await direct(json.large.url)).status, 200);
        assert.equal((await server.ask('DELETE', `/photos/${other}`, { headers: { Authorization: 'ann' } })).code, 204);
        for (const { url } of [json.large, json.thumbnail])
            await until('its image is gone', async () => (await direct(url)).status === 403);
    });
});

describe('uploads straight to the buckets of S3', { skip: s3.skip }, () => {
    const photo = png(320, 200), ann = { Authorization: 'ann' };
    let server;
    before(async () => {
        const made = await runProgram(['admin', 'buckets', 'create', '--buckets', s3.address('direct')], { environment: s3.environment });
        assert.equal(made.code, 0, made.stderr);
        server = await startServer({ flags: ['--buckets', s3.address('direct'), '--max-partials', '3'], environment: s3.environment });
    });
    after(() => server?.stop());

    const presign = (bytes = photo.length, { type = 'image/png', author = 'ann' } = {}) =>
        server.ask('POST', `/uploads/presigned?bytes=${bytes}&content_type=${type}`, { headers: { Authorization: author } });
    const put = ({ url, headers }, body = photo) => fetch(url, { method: 'PUT', headers: { 'Content-Type': headers['Content-Type'], Origin: 'https://app.example' }, body });
    const make = (fields, author = 'ann') => server.ask('POST', '/photos', { headers: { Authorization: author, 'Content-Type': 'multipart/form-data; boundary=XX' },
        body: formBody('XX', Object.entries(fields).map(([field, content]) => ({ field, filename: field === 'photo' ? 'a.png' : null, content }))) });

    it('become one photo, however often and by how many requests at once it is asked for', async () => {
        const wish = await presign();
        assert.equal(wish.code, 201, wish.text);
        assert.equal(wish.headers['cache-control'], 'no-store');
        const { key, method, url, headers, expires } = wish.json;
        assert.match(key, /^incoming\/[0-9a-f]{32}$/);
        assert.equal(method, 'PUT');
        assert.deepEqual(headers, { 'Content-Length': String(photo.length), 'Content-Type': 'image/png' });
        assert.ok(Math.abs(Date.parse(expires) - Date.now() - 3_600_000) < 60_000, expires);
        assert.equal(new URL(url).pathname, `/direct-originals/${key}`);
        const early = await make({ key });
        assert.equal(early.code, 404);
        assert.equal(early.json.error_code, 'upload-not-sent');
        const sent = await put(wish.json);
        assert.equal(sent.status, 200);
        assert.equal(sent.headers.get('access-control-allow-origin'), '*');
        assert.deepEqual([(await make({ key }, 'bob')).json.error_code, (await make({ key, photo: 'x' })).json.error_code], ['upload-not-yours', 'form-photo-twice']);
        const all = await Promise.all(Array.from({ length: 4 }, () => make({ key, caption: 'At the sea' })));
        assert.deepEqual(all.map(({ code, json }) => [code, json.photo_id]), Array(4).fill([200, all[0].json.photo_id]));
        const id = all[0].json.photo_id;
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
        const made = (await server.get(`/photos/${id}`)).json;
        assert.equal(made.caption, 'At the sea');
        assert.equal(made.original.bytes, photo.length);
        assert.equal((await make({ key })).json.photo_id, id);
        await until('nothing is left in the bucket of originals', () => s3.keys('direct-originals').length === 0);
        assert.equal((await server.get('/users/ann')).json.post_ids.length, 1);
    });

    it('leave the photo as it is, whatever is sent to the address later', async () => {
        const { json: wish } = await presign();
        assert.equal((await put(wish)).status, 200);
        const { json } = await make({ key: wish.key });
        assert.equal((await put(wish, Buffer.alloc(photo.length, 'x'))).status, 200);
        const { data } = await server.ended_photo(json.photo_id);
        assert.equal(data.status, 'SUCCESS', JSON.stringify(data));
        assert.equal((await make({ key: wish.key })).json.photo_id, json.photo_id);
        assert.deepEqual(s3.keys('direct-originals'), [wish.key], 'until it is a day old');
        const { code, stdout, stderr } = await runProgram(['admin', 'verify', '--data', server.data, '--buckets', s3.address('direct')], { environment: s3.environment });
        assert.equal(code, 0, stdout + stderr);
    });

    it('are refused as any others, and then gone', async () => {
        const { json: wish } = await presign(9);
        assert.equal((await put(wish, Buffer.from('no photo!'))).status, 200);
        assert.equal((await make({ key: wish.key })).code, 415);
        const again = await make({ key: wish.key });
        assert.deepEqual([again.code, again.json.error_code], [404, 'upload-unknown']);
        assert.ok(!s3.keys('direct-originals').includes(wish.key));
    });

    it('are limited as those in pieces, and can be given up', async () => {
        const own = { ...ann, 'Tus-Resumable': '1.0.0' };
        assert.equal((await presign(70 << 20)).code, 413);
        const wishes = [];
        for (let i = 0; i < 3; i++) wishes.push((await presign(100)).json);
        const more = await presign(100);
        assert.deepEqual([more.code, more.json.error_code], [507, 'uploads-too-many']);
        for (const { key } of wishes) {
            const path = key.replace('incoming', '/uploads');
            assert.equal((await server.ask('HEAD', path, { headers: own })).code, 404);
            assert.equal((await server.ask('DELETE', path, { headers: own })).code, 204);
            assert.equal((await make({ key })).code, 404);
        }
        assert.equal((await presign(100)).code, 201);
    });
});
