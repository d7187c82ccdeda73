// Requests as clients of many kinds really send them: libraries, tutorials, browsers, tools. A table row is one habit.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { png } from './pictures.mjs';
import { formBody, newFolder, startServer } from './server.mjs';
import { connect, lines } from './wire.mjs';

const picture = png(20, 20);
const JSON_TYPE = 'application/json';

/* A form written by hand: each part is its header's lines and its content. */
function form(boundary, parts, end = '\r\n') {
    const pieces = parts.flatMap(([head, content]) =>
        [Buffer.from([`--${boundary}`, ...head, '', ''].join(end), 'latin1'), Buffer.from(content), Buffer.from(end)]);
    return Buffer.concat([...pieces, Buffer.from(`--${boundary}--${end}`)]);
}

const disposition = (words) => `Content-Disposition: form-data; ${words}`;
const photoPart = (words = 'name="photo"; filename="a.png"', ...more) => [[disposition(words), ...more], picture];
const field = (name, text, words = '') => [[disposition(`name="${name}"${words}`)], text];
const ofType = (boundary) => `multipart/form-data; boundary=${boundary}`;

describe('a form of', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    const send = (type, body, headers = {}) =>
        server.ask('POST', '/photos', { headers: { Authorization: 'ann', 'Content-Type': type, ...headers }, body });

    async function assertTaken(answer, words = {}) {
        assert.equal(answer.code, 200, answer.text);
        const { caption, alt_text } = (await server.get(`/photos/${answer.json.photo_id}`)).json;
        assert.deepEqual([caption, alt_text], [words.caption ?? null, words.alt_text ?? null]);
    }

    const habits = [
        ['HttpURLConnection after Android’s tutorials', '*****', [photoPart('name="photo";filename="a.png"')]],
        ['.NET, with a quoted boundary', 'quoted', [photoPart('name=photo; filename=a.png; filename*=utf-8\'\'a.png', 'Content-Type: image/png')],
            'multipart/form-data; boundary="quoted"'],
        ['java-mail', '----=_Part_0_1.2@x', [photoPart()], 'multipart/form-data; boundary="----=_Part_0_1.2@x"'],
        ['java-mail without quotes', '----=_Part_0_1.2@x', [photoPart()]],
        ['iOS, with dots and a plus', 'Boundary+A1B2.C3', [photoPart()]],
        ['Dart http, which gives words a type and an encoding', 'dart-http-boundary-a+b_c.d', [
            [['content-type: text/plain; charset=utf-8', 'content-transfer-encoding: binary', 'content-disposition: form-data; name="caption"'], 'One'],
            [['content-type: application/octet-stream', 'content-disposition: form-data; name="photo"; filename="a.png"'], picture]], undefined, { caption: 'One' }],
        ['OkHttp, with a length for each part', 'd0c9-4f', [[[disposition('name="caption"'), 'Content-Length: 3'], 'One'],
            photoPart('name="photo"; filename="a.png"', 'Content-Type: image/png', `Content-Length: ${picture.length}`)], undefined, { caption: 'One' }],
        ['python-requests with a name beyond ASCII', 'XX', [photoPart('name="photo"; filename*=utf-8\'\'%C3%89t%C3%A9.png')]],
        ['a browser, in Latin-1', 'XX', [photoPart('name="photo"; filename="\u00e9t\u00e9.png"')]],
        ['curl without a file name', 'XX', [photoPart('name="photo"')]],
        ['axios, with blobs for all', 'XX', [field('caption', 'One', '; filename="blob"'), photoPart('name="photo"; filename="blob"'),
            field('alt_text', 'Two', '; filename="blob"')], undefined, { caption: 'One', alt_text: 'Two' }],
        ['a script with quotes in the file name', 'XX', [photoPart('name="photo"; filename="my "best".png"')]],
        ['a script in single quotes', 'XX', [photoPart("name='photo'; filename='a.png'")]],
        ['a script without quotes', 'XX', [photoPart('name=photo; filename=my photo.png')]],
        ['a part without a type', 'XX', [photoPart('name="photo"; filename="a.png"')]],
        ['a part of a wrong type', 'XX', [photoPart('name="photo"; filename="a.txt"', 'Content-Type: text/plain')]],
        ['an RFC 1867 client, with a comma', 'AaB03x', [photoPart()], 'multipart/form-data, boundary=AaB03x'],
        ['a client that says a charset, too', 'XX', [photoPart()], 'multipart/form-data; charset=utf-8; boundary=XX'],
        ['a client of capitals', 'XX', [[['CONTENT-DISPOSITION: FORM-DATA; NAME="photo"; FILENAME="a.png"'], picture]], 'MULTIPART/FORM-DATA; BOUNDARY=XX'],
        ['a page with a second, unused field for a photo', 'XX', [photoPart(), [[disposition('name="photo"; filename=""'), 'Content-Type: application/octet-stream'], '']]],
        ['a page with a first, unused field for a photo', 'XX', [[[disposition('name="photo"; filename=""'), 'Content-Type: application/octet-stream'], ''], photoPart()]],
        ['a photo whose file name is empty', 'XX', [photoPart('name="photo"; filename=""')]],
        ['a page, with words of several lines', 'XX', [field('caption', 'one\r\ntwo\r\n\r\nthree'), field('alt_text', 'a\rb\tc\nd'), photoPart()], undefined,
            { caption: 'one\ntwo\n\nthree', alt_text: 'a\nb\tc\nd' }],
        ['a page, with as many lines as are allowed', 'XX', [field('caption', '\r\n'.repeat(500)), photoPart()], undefined, { caption: '\n'.repeat(500) }],
        ['a page, with empty words', 'XX', [field('caption', ''), field('alt_text', ''), photoPart()]],
    ];
    for (const [says, boundary, parts, type = ofType(boundary), words] of habits)
        it(`${says} is taken`, async () => { await assertTaken(await send(type, form(boundary, parts)), words); });

    it('a shell script, whose lines end in LF alone, is taken', async () => {
        await assertTaken(await send(ofType('XX'), form('XX', [field('caption', 'One'), photoPart()], '\n')), { caption: 'One' });
    });

    it('a client that adds a preamble and an epilogue is taken', async () => {
        const body = Buffer.concat([Buffer.from('This is a form.\r\n'), form('XX', [photoPart()]), Buffer.from('\r\n\r\nbye\r\n')]);
        await assertTaken(await send(ofType('XX'), body));
    });

    const refusals = [
        ['nothing chosen, as browsers send it', [[[disposition('name="photo"; filename=""'), 'Content-Type: application/octet-stream'], '']], /^No photo was chosen\. /],
        ['nothing in a field without a file name', [field('photo', '')], /^No photo was chosen\. /],
        ['two photos', [photoPart(), photoPart()], /more than one/],
        ['two photos without file names', [photoPart('name="photo"'), photoPart('name="photo"')], /more than one/],
        ['a bell in the caption', [field('caption', 'a\u0007b'), photoPart()], /^This caption has a control character \(U\+0007\)\. /],
        ['a vertical tab in the alternative text', [field('alt_text', 'a\u000bb'), photoPart()], /^This alternative text has a control character \(U\+000B\)\. /],
        ['a NUL in the caption', [field('caption', 'a\0b'), photoPart()], /^This caption has a control character \(U\+0000\)\. /],
        ['a DEL in a caption sent as a file', [field('caption', 'a\x7fb', '; filename="caption.txt"'), photoPart()], /\(U\+007F\)/],
        ['a caption in Latin-1', [field('caption', Buffer.from([0xe9, 0x74])), photoPart()], /UTF-8/],
        ['too long a caption, each line of which counts once', [field('caption', '\r\n'.repeat(501)), photoPart()], /501 characters; the limit is 500/],
        ['the caption twice', [field('caption', 'a'), field('caption', 'b'), photoPart()], /"caption" twice/],
        ['a photo in base64', [[[disposition('name="photo"; filename="a.png"'), 'Content-Transfer-Encoding: base64'], picture.toString('base64')]], /Content-Transfer-Encoding/],
        ['another field', [photoPart('name="file"; filename="a.png"')], /"photo"/],
    ];
    for (const [says, parts, sentence] of refusals)
        it(`a client with ${says} is refused in words`, async () => {
            const answer = await send(ofType('XX'), form('XX', parts));
            assert.equal(answer.code, 400, answer.text);
            assert.match(answer.json.detail, sentence);
        });

    for (const [says, type] of [['wget --post-file', 'application/x-www-form-urlencoded'], ['a client that sends the photo as the body', 'image/png'], ['curl -X POST -T', undefined]])
        it(`${says} hears that a form is wanted`, async () => {
            const answer = await server.ask('POST', '/photos', { headers: { Authorization: 'ann', ...(type && { 'Content-Type': type }) }, body: picture });
            assert.equal(answer.code, 400, answer.text);
            assert.match(answer.json.detail, /multipart\/form-data/);
        });

    // ---- How it is sent ----

    const body = form('XX', [photoPart()]);
    const head = (line, ...more) => lines(line, 'Authorization: ann', 'Content-Type: multipart/form-data; boundary=XX', ...more);
    const length = `Content-Length: ${body.length}`;
    const chunks = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
    const wires = [
        ['an HTTP/1.0 client without a Host', head('POST /photos HTTP/1.0', length), body],
        ['a client in chunks (Dart, Java, Node)', head('POST /photos HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked'), chunks],
        ['names of headers in capitals', head('POST /photos HTTP/1.1', 'HOST: a', length.toUpperCase()), body],
        ['names of headers in small letters', head('POST /photos HTTP/1.1', 'host: a', length.toLowerCase()), body],
        ['a client that closes its side when all is sent', head('POST /photos HTTP/1.1', 'Host: a', 'Connection: close', length), body],
        ['a client that says its coding is none', head('POST /photos HTTP/1.1', 'Host: a', 'Content-Encoding: identity', length), body],
        ['a proxy that names the host in the target', head('POST http://a/photos HTTP/1.1', 'Host: a', length), body],
    ];
    for (const [says, top, rest] of wires)
        it(`${says} is taken`, async () => {
            const wire = await connect(server);
            await wire.send(Buffer.concat([top, rest]));
            const answer = await wire.answer();
            wire.leave();
            assert.equal(answer.code, 200, answer.text);
        });

    for (const [coding, packed] of [['gzip', gzipSync(body)], ['br', body], ['deflate', body], ['gzip, identity', gzipSync(body)]])
        it(`a client that packs its body is told to send it as it is: ${coding}`, async () => {
            const answer = await send(ofType('XX'), packed, { 'Content-Encoding': coding });
            assert.equal(answer.code, 415, answer.text);
            assert.match(answer.json.detail, new RegExp(`^This request's body is compressed \\(${coding}\\)`));
            assert.equal(answer.headers['accept-encoding'], 'identity');
        });

    it('curl is taken, with a caption of two lines and its file names', async () => {
        const file = join(newFolder(), 'my "best" photo.png');
        writeFileSync(file, picture);
        const words = ['-sS', '-H', 'Authorization: ann', '-F', `photo=@"${file.replace(/"/g, '\\"')}"`, '-F', 'caption=one\r\ntwo', `${server.url}/photos`];
        const photo = JSON.parse((await promisify(execFile)('curl', words)).stdout);
        assert.equal((await server.get(`/photos/${photo.photo_id}`)).json.caption, 'one\ntwo');
    });

    it('words that are told later are cleaned as well', async () => {
        const id = await server.publish('ann', picture);
        const tell = (words, type = JSON_TYPE) => server.ask('PATCH', `/photos/${id}`,
            { headers: { Authorization: 'ann', 'Content-Type': type }, body: JSON.stringify(words) });
        const answer = await tell({ caption: 'one\r\ntwo\rthree', alt_text: 'a\tb' }, 'Application/JSON; charset=UTF-8');
        assert.equal(answer.code, 200, answer.text);
        assert.deepEqual([answer.json.caption, answer.json.alt_text], ['one\ntwo\nthree', 'a\tb']);
        assert.match((await tell({ alt_text: 'a\u001bb' })).json.detail, /^This alternative text has a control character \(U\+001B\)/);
        assert.equal((await tell({}, 'application/jsonp')).code, 415);
        assert.equal((await server.ask('PATCH', `/photos/${id}`, { headers: { Authorization: 'ann', 'Content-Type': JSON_TYPE, 'Content-Encoding': 'gzip' },
            body: gzipSync('{}') })).code, 415);
    });
});

describe('a name', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    const basic = `Basic ${Buffer.from('proxy:secret').toString('base64')}`;
    const ours = 'X-Cloudphotos-User';
    const rows = [
        ['in the header of the original', { Authorization: 'ann' }, 'ann'],
        ['in the header of our own', { [ours]: 'ann' }, 'ann'],
        ['beside the password of a proxy', { [ours]: 'ann', Authorization: basic }, 'ann'],
        ['in both: our own counts', { [ours]: 'ann', Authorization: 'bob' }, 'ann'],
        ['that is a scheme of passwords', { Authorization: 'basic' }, 'basic'],
        ['nowhere', {}, 401, /^This request has no user name\. /],
        ['nowhere, beside the password of a proxy', { Authorization: basic }, 401, /\(Basic\).*X-Cloudphotos-User/],
        ['nowhere, beside a password in small letters', { Authorization: basic.replace('B', 'b') }, 401, /X-Cloudphotos-User/],
        ['nowhere, beside another kind of password', { Authorization: 'Digest username="ann"' }, 401, /\(Digest\)/],
        ['that is none in our own header', { [ours]: 'Ann B', Authorization: 'ann' }, 403, /^This user name can/],
        ['that is empty in our own header', { [ours]: '', Authorization: 'ann' }, 403, /^This user name can/],
    ];
    const tus = { 'Tus-Resumable': '1.0.0' };
    const body = formBody('XX', [{ field: 'photo', filename: 'a.png', content: picture }]);
    const doors = [
        ['POST', () => '/photos', { 'Content-Type': 'multipart/form-data; boundary=XX' }, body],
        ['PATCH', (id) => `/photos/${id}`, { 'Content-Type': JSON_TYPE }, '{}'],
        ['DELETE', (id) => `/photos/${id}`, {}],
        ['POST', () => '/uploads', { ...tus, 'Upload-Length': '9' }],
        ['HEAD', (_, upload) => upload, tus],
        ['PATCH', (_, upload) => upload, { ...tus, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' }, 'GIF'],
        ['DELETE', (_, upload) => upload, tus],
    ];
    for (const [says, headers, wanted, sentence] of rows)
        it(`${says}: ${wanted}`, async () => {
            const author = typeof wanted === 'string' ? wanted : 'ann';
            const id = (await server.upload(author, picture)).json.photo_id;
            const begun = await server.ask('POST', '/uploads', { headers: { ...tus, Authorization: author, 'Upload-Length': '9' } });
            for (const [method, path, more, content] of doors) {
                const answer = await server.ask(method, path(id, begun.headers.location), { headers: { ...headers, ...more }, body: content });
                assert.ok(sentence ? answer.code === wanted : answer.code < 300, `${method} ${path('ID', 'UPLOAD')}: ${answer.code} ${answer.text}`);
                if (sentence && method !== 'HEAD') assert.match(answer.json.detail, sentence);
                if (!sentence && path() === '/photos') assert.equal(answer.json.author_username, wanted);
            }
        });
});
