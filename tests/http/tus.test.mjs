// Uploads that may be cut and go on (tus.io/protocols/resumable-upload): the protocol's rules, what a crash leaves, and what a
// cut leaves. The limits are those of POST /photos.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import http from 'node:http';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from './database.mjs';
import { heavyPng, png } from './pictures.mjs';
import { listFiles, newFolder, startServer, until } from './server.mjs';
import { haveFiles } from './services.mjs';
import { connect } from './wire.mjs';

const own = { 'Tus-Resumable': '1.0.0', Authorization: 'ann' };
const base64 = (text) => Buffer.from(text).toString('base64');
const digest = (kind, bytes) => `${kind} ${createHash(kind).update(bytes).digest('base64')}`;
const piece = (offset, more = {}) => ({ ...own, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream', ...more });
const unknownId = '0123456789abcdef0123456789abcdef';
const MAX = 200 << 10;

const photo = heavyPng(180_000);

function without(headers, name) {
    return Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name));
}

async function create(server, length = photo.length, more = {}) {
    const answer = await server.ask('POST', '/uploads', { headers: { ...own, 'Upload-Length': String(length), ...more } });
    assert.equal(answer.code, 201, answer.text);
    assert.match(answer.headers.location, /^\/uploads\/[0-9a-f]{32}$/);
    return answer.headers.location;
}

const patch = (server, path, offset, body, more) => server.ask('PATCH', path, { headers: piece(offset, more), body });

async function offsetOf(server, path) {
    const { code, headers } = await server.ask('HEAD', path, { headers: own });
    assert.equal(code, 200);
    assert.equal(headers['cache-control'], 'no-store');
    return Number(headers['upload-offset']);
}

/* What grows in the bucket of originals: ID.KEY, where the key is the upload's id. */
const folder = (server) => join(server.data, 'buckets', 'originals', '.parts');
const partials = (server) => existsSync(folder(server)) ? readdirSync(folder(server)) : listFiles(server.data).filter((name) => name.includes('/originals/'));
const bytesOf = (server, path) => partials(server).filter((name) => name.endsWith(`.${path.slice(-32)}`))
    .reduce((sum, name) => sum + (statSync(join(folder(server), name), { throwIfNoEntry: false })?.size ?? 0), 0);
/* Seen in the file, and not by asking: a piece is written 64 KB at a time. On S3 it is there at its end. */
const inFiles = { skip: !haveFiles && 'a piece is written to S3 at its end' };
const writerHolds = (server, path, had) => until('the writer holds it', () => bytesOf(server, path) > had);
const isGone = (server, path) => !partials(server).some((name) => name.includes(path.slice(-32)));
const sessions = (server) => sql(server.data, 'SELECT count(*) FROM sessions')[0][0];

describe('an upload in pieces', () => {
    let server;
    before(async () => { server = await startServer({ flags: ['--max-upload', String(MAX), '--max-pixels', '1000000'] }); });
    after(() => server.stop());

    it('becomes a photo with its last byte, and says which from then on', async () => {
        const path = await create(server, photo.length, { 'Upload-Metadata': `filename ${base64('a.png')},caption ${base64('At the sea')}, is_private, alt_text ${base64('A beach')}` });
        for (let at = 0; at < photo.length; at += 40_000) {
            assert.equal(await offsetOf(server, path), at);
            const answer = await patch(server, path, at, photo.subarray(at, at + 40_000));
            assert.equal(answer.code, 204, answer.text);
            assert.equal(Number(answer.headers['upload-offset']), Math.min(photo.length, at + 40_000));
            assert.equal(answer.headers['tus-resumable'], '1.0.0');
            assert.ok(new Date(answer.headers['upload-expires']) > new Date(Date.now() + 23 * 3600_000));
            if (at + 40_000 < photo.length) assert.equal(answer.headers['photo-id'], undefined);
        }
        const head = await server.ask('HEAD', path, { headers: own });
        const id = head.headers['photo-id'];
        assert.match(id, /^[0-9a-f]{32}$/);
        assert.deepEqual([head.headers['upload-offset'], head.headers['upload-length']], [String(photo.length), String(photo.length)]);
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
        const { caption, alt_text, original, author_username } = (await server.get(`/photos/${id}`)).json;
        assert.deepEqual([caption, alt_text, original.bytes, author_username], ['At the sea', 'A beach', photo.length, 'ann']);
        const again = await patch(server, path, photo.length, Buffer.alloc(0));
        assert.deepEqual([again.code, again.headers['photo-id']], [204, id]);
        assert.deepEqual(partials(server), []);
    });

    const creations = [
        ['without a version', without({ ...own, 'Upload-Length': '9' }, 'Tus-Resumable'), 412],
        ['of another version', { ...own, 'Tus-Resumable': '0.2.2', 'Upload-Length': '9' }, 412],
        ['by nobody', without({ ...own, 'Upload-Length': '9' }, 'Authorization'), 401],
        ['by a name that is none', { ...own, Authorization: 'Ann', 'Upload-Length': '9' }, 403],
        ['without a length', own, 400], ['of a length that comes later', { ...own, 'Upload-Defer-Length': '1' }, 400],
        ['of no bytes', { ...own, 'Upload-Length': '0' }, 400], ['of a negative length', { ...own, 'Upload-Length': '-1' }, 400],
        ['of a length that is none', { ...own, 'Upload-Length': '9x' }, 400], ['of far too many digits', { ...own, 'Upload-Length': '9'.repeat(30) }, 400],
        ['that is too large', { ...own, 'Upload-Length': String(MAX + 1) }, 413],
        ['with a value that is not base64', { ...own, 'Upload-Length': '9', 'Upload-Metadata': 'caption ???' }, 400],
        ['with a name twice', { ...own, 'Upload-Length': '9', 'Upload-Metadata': 'caption YQ==,caption Yg==' }, 400],
        ['with a long caption', { ...own, 'Upload-Length': '9', 'Upload-Metadata': `caption ${base64('x'.repeat(501))}` }, 400],
        ['with a NUL', { ...own, 'Upload-Length': '9', 'Upload-Metadata': `caption ${base64('a\0b')}` }, 400],
        ['with a control character', { ...own, 'Upload-Length': '9', 'Upload-Metadata': `alt_text ${base64('a\u000cb')}` }, 400],
        ['by a method that nobody knows', { ...own, 'Upload-Length': '9', 'X-HTTP-Method-Override': 'BREW' }, 501],
        ['by another method', { ...own, 'Upload-Length': '9', 'X-HTTP-Method-Override': 'DELETE' }, 405],
    ];
    for (const [says, headers, code] of creations)
        it(`is not created ${says}: ${code}`, async () => {
            const count = partials(server).length, rows = sessions(server);
            const answer = await server.ask('POST', '/uploads', { headers });
            assert.equal(answer.code, code, answer.text);
            assert.match(answer.json.detail, /\w+ \w+/);
            if (code === 412) assert.equal(answer.headers['tus-version'], '1.0.0');
            assert.deepEqual([partials(server).length, sessions(server)], [count, rows]);
        });

    const metadata = [
        ['a value that holds a NUL, under a name that nobody reads', `filename ${base64('a\0b')},caption ${base64('One')}`, ['One', null]],
        ['values that are not base64, under names that nobody reads', `x ???, filename é,caption ${base64('One')}`, ['One', null]],
        ['names that nobody reads, twice', `a YQ==,a Yg==,caption ${base64('One')}`, ['One', null]],
        ['names without values', `is_private,caption ${base64('One')},x `, ['One', null]],
        ['commas that part nothing', `,caption ${base64('One')}, ,`, ['One', null]],
        ['blanks about all', `  caption   ${base64('One')}  ,\talt_text ${base64('Two')} `, ['One', 'Two']],
        ['line ends of other systems, and tabs', `caption ${base64('a\r\nb\rc')},alt_text ${base64('d\te')}`, ['a\nb\nc', 'd\te']],
        ['empty words', 'caption ,alt_text', [null, null]],
    ];
    for (const [says, list, wanted] of metadata)
        it(`takes metadata with ${says}`, async () => {
            const path = await create(server, photo.length, { 'Upload-Metadata': Buffer.from(list).toString('latin1') });
            const { headers } = await patch(server, path, 0, photo);
            const { caption, alt_text } = (await server.get(`/photos/${headers['photo-id']}`)).json;
            assert.deepEqual([caption, alt_text], wanted);
        });

    it('is served whole by POST alone, for who can send nothing else', async () => {
        const path = await create(server, photo.length, { 'X-HTTP-Method-Override': 'POST' });
        const by = (method, more = {}, body = undefined) => server.ask('POST', path, { headers: { ...own, 'X-HTTP-Method-Override': method, ...more }, body });
        const bytes = (offset) => ({ 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' });
        assert.equal((await by('PATCH', bytes(0), photo.subarray(0, 1000))).headers['upload-offset'], '1000');
        const head = await by('HEAD');
        assert.deepEqual([head.code, head.headers['upload-offset'], head.body.length], [200, '1000', 0]);
        assert.equal((await by('PATCH', bytes(0), photo)).code, 409);
        assert.ok((await by('PATCH', bytes(1000), photo.subarray(1000))).headers['photo-id']);
        assert.equal((await by('DELETE')).code, 204);
        assert.equal((await by('HEAD')).code, 404);
        assert.equal((await server.ask('POST', path, { headers: own })).code, 405);
    });

    it('is not asked another thing by a GET', async () => {
        const path = await create(server);
        const answer = await server.ask('GET', path, { headers: { ...own, 'X-HTTP-Method-Override': 'DELETE' } });
        assert.equal(answer.code, 405);
        assert.equal(await offsetOf(server, path), 0);
    });

    for (const type of ['application/offset+octet-stream; charset=utf-8', 'Application/Offset+Octet-Stream;x=y', 'application/offset+octet-stream '])
        it(`takes a piece of the type "${type}"`, async () => {
            const path = await create(server);
            assert.equal((await patch(server, path, 0, photo.subarray(0, 1000), { 'Content-Type': type })).code, 204);
        });

    const pieces = [
        ['at an older offset', 0, {}, 409], ['at a later offset', 1001, {}, 409], ['without an offset', '', {}, 400], ['at a negative offset', -1, {}, 400],
        ['of another type', 1000, { 'Content-Type': 'application/octet-stream' }, 415],
        ['of a longer type', 1000, { 'Content-Type': 'application/offset+octet-streams' }, 415],
        ['that is packed', 1000, { 'Content-Encoding': 'gzip' }, 415],
        ['by somebody else', 1000, { Authorization: 'bob' }, 403], ['of another version', 1000, { 'Tus-Resumable': '2' }, 412],
        ['with another checksum', 1000, { 'Upload-Checksum': digest('sha1', 'else') }, 460],
        ['with another SHA-256', 1000, { 'Upload-Checksum': digest('sha256', 'else') }, 460],
        ['with a checksum of another kind', 1000, { 'Upload-Checksum': digest('md5', 'x') }, 400],
        ['with a checksum that is none', 1000, { 'Upload-Checksum': 'sha1 x' }, 400],
    ];
    for (const [says, offset, more, code] of pieces)
        it(`takes no piece ${says}: ${code}, and nothing is appended`, async () => {
            const path = await create(server);
            assert.equal((await patch(server, path, 0, photo.subarray(0, 1000))).code, 204);
            const answer = await patch(server, path, offset, photo.subarray(1000, 2000), more);
            assert.equal(answer.code, code, answer.text);
            assert.match(answer.json.detail, /\w+ \w+/);
            assert.equal(await offsetOf(server, path), 1000);
            assert.equal((await patch(server, path, 1000, photo.subarray(1000))).code, 204);
            assert.ok((await server.ask('HEAD', path, { headers: own })).headers['photo-id']);
        });

    for (const kind of ['sha1', 'sha256'])
        it(`takes a piece whose ${kind} is right`, async () => {
            const path = await create(server);
            assert.equal((await patch(server, path, 0, photo, { 'Upload-Checksum': digest(kind, photo) })).code, 204);
        });

    it('takes no more bytes than were announced', async () => {
        const path = await create(server, 1000);
        const answer = await patch(server, path, 0, photo.subarray(0, 1001));
        assert.equal(answer.code, 413, answer.text);
        assert.equal(await offsetOf(server, path), 0);
    });

    const refusals = [['a text', Buffer.from('a text, and no photo at all'.padEnd(99)), 415], ['half a photo', png(200, 200).subarray(0, 300), 422],
        ['too many pixels', png(8, 8, { claims: { width: 30000, height: 30000 } }), 413]];
    for (const [says, content, code] of refusals)
        it(`that is ${says} is refused in words, and nothing of it stays: ${code}`, async () => {
            const count = partials(server).length, rows = sessions(server);
            const path = await create(server, content.length);
            const answer = await patch(server, path, 0, content);
            assert.equal(answer.code, code, answer.text);
            assert.deepEqual([partials(server).length, sessions(server)], [count, rows]);
            assert.equal((await server.ask('HEAD', path, { headers: own })).code, 404);
        });

    it('that is no photo is refused by its first bytes', async () => {
        const path = await create(server, 100_000);
        assert.equal((await patch(server, path, 0, Buffer.alloc(32, 'x'))).code, 415);
    });

    it('is ended by its author alone', async () => {
        const path = await create(server);
        assert.equal((await patch(server, path, 0, photo.subarray(0, 1000))).code, 204);
        const count = partials(server).length;
        assert.equal((await server.ask('DELETE', path, { headers: { ...own, Authorization: 'bob' } })).code, 403);
        assert.equal((await server.ask('DELETE', path, { headers: own })).code, 204);
        assert.equal((await server.ask('DELETE', path, { headers: own })).code, 404);
        assert.equal((await patch(server, path, 0, photo)).code, 404);
        assert.equal(partials(server).length, count - 1);
    });

    for (const path of [`/uploads/${unknownId}`, '/uploads/x'])
        it(`is not there: ${path}`, async () => { assert.equal((await server.ask('HEAD', path, { headers: own })).code, 404); });

    it('is told what this server can, also by a preflight', async () => {
        for (const path of ['/uploads', `/uploads/${unknownId}`]) {
            const { code, headers } = await server.ask('OPTIONS', path, { headers: { Origin: 'https://example.org', 'Access-Control-Request-Method': 'PATCH' } });
            assert.equal(code, 204);
            assert.deepEqual([headers['tus-version'], headers['tus-extension'], headers['tus-max-size'], headers['tus-checksum-algorithm']],
                ['1.0.0', 'creation,expiration,checksum,termination', String(MAX), 'sha1,sha256']);
            assert.match(headers['access-control-allow-methods'], /PATCH/);
        }
    });

    const head = (path, length, more = []) => [`PATCH ${path} HTTP/1.1`, 'Host: a', ...Object.entries(piece(0)).map(([name, value]) => `${name}: ${value}`),
        `Content-Length: ${length}`, ...more, '', ''].join('\r\n');

    it('has one writer at a time, and goes on where a cut left it', inFiles, async () => {
        const path = await create(server);
        const wire = await connect(server);
        await wire.send(Buffer.concat([Buffer.from(head(path, photo.length)), photo.subarray(0, 100_000)]));
        await writerHolds(server, path, 0);
        assert.equal((await patch(server, path, 7, 'x')).code, 423);
        assert.equal((await server.ask('DELETE', path, { headers: own })).code, 423);
        wire.leave();
        await until('the cut was seen', async () => (await server.ask('HEAD', path, { headers: own })).code === 200);
        const offset = await offsetOf(server, path);
        assert.ok(offset > 0 && offset <= 100_000, String(offset));
        assert.equal((await patch(server, path, offset, photo.subarray(offset))).code, 204);
        const id = (await server.ask('HEAD', path, { headers: own })).headers['photo-id'];
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
    });

    it('forgets what a cut left of a piece that has a checksum', inFiles, async () => {
        const path = await create(server);
        const wire = await connect(server);
        await wire.send(Buffer.concat([Buffer.from(head(path, photo.length, [`Upload-Checksum: ${digest('sha1', photo)}`])), photo.subarray(0, 100_000)]));
        await writerHolds(server, path, 0);
        wire.leave();
        await until('the cut was seen', async () => (await server.ask('HEAD', path, { headers: own })).code === 200);
        assert.equal(await offsetOf(server, path), 0);
    });
});

describe('the bytes of uploads in pieces', () => {
    const MB = 1 << 20;
    let data, server;
    const start = async () => { server = await startServer({ data, flags: ['--max-upload', '2M', '--max-partials-bytes', '8M'] }); };
    before(async () => { data = newFolder(); await start(); });
    after(() => server.stop());

    const beginFrom = (localAddress, author, length) => new Promise((done, fail) => {
        const headers = { ...own, Authorization: author, 'Upload-Length': String(length) };
        const request = http.request({ host: server.host, port: server.port, localAddress, agent: false, method: 'POST', path: '/uploads', headers },
            async (answer) => done({ code: answer.statusCode, location: answer.headers.location, text: Buffer.concat(await answer.toArray()).toString() }));
        request.on('error', fail).end();
    });
    const ended = [];
    const rows = [
        ['as much as an author may have', '127.0.0.1', 'ann', 2 * MB, 201],
        ['one byte more of the same author, from elsewhere', '127.0.0.2', 'ann', 1, 507, 'uploads-too-large',
            /^Your unfinished uploads would take more than 2 MB, which is the limit\. Finish or cancel one/],
        ['as much as an address may have', '127.0.0.1', 'bob', 2 * MB, 201],
        ['one byte more from there', '127.0.0.1', 'cy', 1, 507, 'uploads-of-network', /^Unfinished uploads from your network would take more than 4 MB/],
        ['from elsewhere', '127.0.0.2', 'cy', 2 * MB, 201],
        ['all that there is', '127.0.0.2', 'dee', 2 * MB, 201],
        ['one byte more in all', '127.0.0.3', 'eve', 1, 507, 'uploads-full', /^Unfinished uploads take all the space .*send this photo in a single request/],
    ];
    for (const [says, address, author, length, code, errorCode, words] of rows)
        it(`are counted as they are announced: ${says}, ${code}`, async () => {
            const count = partials(server).length, answer = await beginFrom(address, author, length);
            assert.equal(answer.code, code, answer.text);
            if (code === 201) { ended.push([author, answer.location]); return; }
            const { detail, error_code } = JSON.parse(answer.text);
            assert.match(detail, words);
            assert.equal(error_code, errorCode);
            assert.equal(partials(server).length, count);
        });

    it('count for the next process too, and whoever ends one makes room', async () => {
        await server.stop();
        await start();
        assert.equal((await beginFrom('127.0.0.3', 'eve', 1)).code, 507);
        const [author, path] = ended[0];
        assert.equal((await server.ask('DELETE', path, { headers: { ...own, Authorization: author } })).code, 204);
        assert.equal((await beginFrom('127.0.0.3', 'eve', 2 * MB)).code, 201);
        assert.equal((await server.upload('fay', photo)).code, 200, 'a photo in one request is not concerned');
    });
});

describe('uploads that nobody ends', () => {
    let data, server;
    const start = async () => { server = await startServer({ data, flags: ['--max-partials', '3'] }); };
    const restart = async () => { await server.stop(); await start(); };
    beforeEach(async () => { data = newFolder(); await start(); });
    afterEach(() => server.stop());

    const begin = (author = 'ann') => server.ask('POST', '/uploads', { headers: { ...own, Authorization: author, 'Upload-Length': String(photo.length) } });
    const assertFull = async () => {
        const count = partials(server).length;
        const answer = await begin();
        assert.equal(answer.code, 507, answer.text);
        assert.match(answer.json.detail, /^You have 3 unfinished uploads, which is the limit\./);
        assert.equal(partials(server).length, count);
    };

    it('are so many an author and no more, also for the next process; one that ends makes room for one', async () => {
        const paths = await Promise.all([create(server), create(server), create(server)]);
        await assertFull();
        assert.equal((await begin('bob')).code, 201, 'others are not concerned');
        await restart();
        await assertFull();
        assert.equal((await server.ask('DELETE', paths[0], { headers: own })).code, 204);
        paths[0] = await create(server);
        await assertFull();
        assert.equal((await patch(server, paths[1], 0, photo)).code, 204, 'it is a photo now');
        paths[1] = await create(server);
        await assertFull();
        assert.equal((await patch(server, paths[2], 0, Buffer.alloc(32, 'x'))).code, 415, 'it was refused');
        await create(server);
        await assertFull();
    });

    it('expire after a day: they are not there any more, and the next sweep removes them', async () => {
        const [young, old] = await Promise.all([create(server), create(server)]);
        for (const path of [young, old]) assert.equal((await patch(server, path, 0, photo.subarray(0, 1000))).code, 204);
        const age = (path, by_ms) => sql(data, `UPDATE sessions SET expires_ms = expires_ms - ${by_ms} WHERE hex(id) = ?`, path.slice(-32).toUpperCase());
        age(young, 23 * 3600_000);
        age(old, 24 * 3600_000);
        assert.equal(await offsetOf(server, young), 1000);
        for (const [method, more] of [['HEAD', {}], ['PATCH', piece(1000)], ['DELETE', {}]])
            assert.equal((await server.ask(method, old, { headers: { ...own, ...more } })).code, 404, method);
        await restart();
        await until('the sweep has removed it', () => isGone(server, old) && sessions(server) === 1);
        assert.equal(await offsetOf(server, young), 1000);
        assert.ok(!isGone(server, young));
    });
});

describe('an upload in pieces, after a crash', () => {
    let data;
    before(() => { data = newFolder(); });
    after(() => rmSync(data, { recursive: true }));

    it('goes on at what was acknowledged, and becomes one photo', inFiles, async () => {
        let server = await startServer({ data });
        const path = await create(server);
        assert.equal((await patch(server, path, 0, photo.subarray(0, 60_000))).code, 204);
        const wire = await connect(server);
        await wire.send(Buffer.from([`PATCH ${path} HTTP/1.1`, 'Host: a', ...Object.entries(piece(60_000)).map(([name, value]) => `${name}: ${value}`),
            `Content-Length: ${photo.length - 60_000}`, '', 'x'.repeat(100_000)].join('\r\n')));
        await writerHolds(server, path, 60_000);
        await server.kill();
        wire.leave();
        server = await startServer({ data });
        const killed_ms = Date.now();
        await until('the lease of the dead has ended', async () => (await server.ask('HEAD', path, { headers: own })).code === 200);
        assert.ok(Date.now() - killed_ms < 5000, 'within seconds');
        assert.equal(await offsetOf(server, path), 60_000);
        const answer = await patch(server, path, 60_000, photo.subarray(60_000));
        assert.equal(answer.code, 204, answer.text);
        await server.kill();
        server = await startServer({ data });
        const id = (await server.ask('HEAD', path, { headers: own })).headers['photo-id'];
        assert.equal(id, answer.headers['photo-id']);
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
        assert.equal((await server.get('/photos')).json.photos.length, 1);
        assert.equal((await server.get(`/photos/${id}`)).json.original.bytes, photo.length);
        await server.stop();
    });
});

describe('uploads that an earlier version left in a folder of its own', () => {
    let data, server, path;
    const idOf = (made_ms) => made_ms.toString(16).padStart(12, '0') + '00112233445566778899';
    const ids = { partial: idOf(Date.now() - 3600_000), whole: idOf(Date.now() - 7200_000), photo: idOf(Date.now() - 1000), expired: idOf(Date.now() - 25 * 3600_000) };
    const leave = (id, offset, bytes, words = {}) => {
        writeFileSync(join(data, 'uploads', `${id}.info`), `${String(offset).padStart(20, '0')}\n${JSON.stringify({ author: 'ann', length: photo.length, caption: null, alt_text: null, ...words })}`);
        if (bytes) writeFileSync(join(data, 'uploads', `${id}.data`), bytes);
    };
    before(async () => {
        data = newFolder();
        server = await startServer({ data });
        const { json } = await server.upload('ann', png(60, 40), { headers: { 'Idempotency-Key': `tus-${ids.photo}` } });
        ids.made = json.photo_id;
        await server.stop();
        mkdirSync(join(data, 'uploads'));
        leave(ids.partial, 50_000, Buffer.concat([photo.subarray(0, 50_000), Buffer.from('never acknowledged')]), { caption: 'At the sea' });
        leave(ids.whole, photo.length, photo);
        leave(ids.photo, photo.length);
        leave(ids.expired, 50_000, photo.subarray(0, 50_000));
        leave('broken', 0, photo);
        server = await startServer({ data });
    });
    after(() => server.stop());
    const head = (id) => server.ask('HEAD', `/uploads/${id}`, { headers: own });

    it('go on at what was acknowledged', async () => {
        path = `/uploads/${ids.partial}`;
        assert.equal(await offsetOf(server, path), 50_000);
        const { code, headers } = await patch(server, path, 50_000, photo.subarray(50_000));
        assert.equal(code, 204);
        assert.equal((await server.ended_photo(headers['photo-id'])).data.status, 'SUCCESS');
        const { caption, original } = (await server.get(`/photos/${headers['photo-id']}`)).json;
        assert.deepEqual([caption, original.bytes], ['At the sea', photo.length]);
    });

    it('become photos when they are whole', async () => {
        const id = (await head(ids.whole)).headers['photo-id'];
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
    });

    it('still say which photo they became', async () => {
        const { headers } = await head(ids.photo);
        assert.deepEqual([headers['photo-id'], headers['upload-expires']], [ids.made, new Date(Math.floor((parseInt(ids.photo.slice(0, 12), 16) + 24 * 3600_000) / 1000) * 1000).toUTCString()]);
    });

    it('expire as they would have', async () => {
        assert.equal((await head(ids.expired)).code, 404);
    });

    it('leave nothing in the folder but what is not theirs', async () => {
        assert.deepEqual(readdirSync(join(data, 'uploads')).sort(), ['broken.data', 'broken.info']);
        assert.deepEqual(partials(server), []);
        await server.stop();
        server = await startServer({ data });
        assert.equal((await head(ids.partial)).code, 200);
    });
});
