// Owners' sentences. Whatever is wrong with an upload, its author reads a sentence of the table (src/base/reasons.c): what was found and
// what to do, with a code and values for programs beside it; never a signal, an errno, a path or a library's words.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { assertCatalogued, rows, table } from './catalogue.mjs';
import { gif, heavyPng, png, vips } from './pictures.mjs';
import { startServer } from './server.mjs';
import { readYaml } from './yaml.mjs';

const strangers = /signal|errno|lib(png|jpeg|heif|tiff|vips|avif)|spng|vips|decoder plugin|unspecified|sqlite|database|darkroom|sandbox|onnx|exit code|\/tmp|\/data|No space left|Permission denied/i;

/* The sentence is that of the code with these values in its gaps. */
function assertReason({ detail, error_message, error_code, error_values }, code, values) {
    const sentence = detail ?? error_message;
    assert.deepEqual([error_code, ...error_values], [code, ...(values ?? error_values)], sentence);
    const row = rows.find((one) => one.code === error_code);
    assert.ok(row, `the table has ${error_code}`);
    let filled = 0;
    assert.equal(row.sentence.replaceAll('{}', () => error_values[filled++]), sentence);
    assert.equal(filled, error_values.length);
    assert.doesNotMatch(sentence, strangers);
}

describe('the table', () => {
    it('is read whole', () => {
        assert.ok(rows.length > 50);
        assert.equal(rows.length, [...table.matchAll(/^ *\[REASON_\w+\] =/gm)].length);
    });

    it('is what docs/openapi.yaml lists', () => {
        const document = readYaml(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));
        assert.deepEqual(document.components.schemas.ErrorCode.enum.toSorted(), [null, ...rows.map(({ code }) => code)].toSorted());
    });
});

describe('the look that every answer of these tests gets', () => {
    const look = (body) => assertCatalogued({ headers: { 'content-type': 'application/problem+json' }, text: JSON.stringify(body) });
    const known = 'There is nothing at this address. Check it for typing errors.';
    const strangers = [
        ['a sentence that nobody knows', { detail: 'No such luck.', error_code: null }],
        ['a sentence with the code of another', { detail: known, error_code: 'photo-unknown' }],
        ['a sentence without its code', { detail: known, error_code: null }],
        ['the sentence for want of a better one', { detail: rows.find(({ code }) => code === 'request-refused').sentence, error_code: 'request-refused' }],
        ['a reason of a photo', { status: 'ERROR', error_message: 'It fell down.' }],
    ];
    for (const [says, body] of strangers) it(`finds ${says}`, () => assert.throws(() => look(body), assert.AssertionError));
    it('lets those of the catalogue pass', () => {
        look({ detail: known, error_code: 'address-unknown' });
        look({ error_message: 'This PNG is incomplete. Export or copy it again.' });
        look({ error_message: null, error_code: null });
    });
});

/* Whoever answers a client takes the sentence from the table: the compiler wants a struct text or a code, and these look at the rest. */
describe('the sources', () => {
    const files = ['api', 'http'].flatMap((folder) => readdirSync(new URL(`../../src/${folder}/`, import.meta.url)).filter((name) => name.endsWith('.c'))
        .map((name) => [`src/${folder}/${name}`, readFileSync(new URL(`../../src/${folder}/${name}`, import.meta.url), 'utf8')]));
    const matches = (pattern) => files.flatMap(([name, text]) => [...text.matchAll(pattern)].map(([line]) => `${name}: ${line}`));

    it('answer no words of their own', () => assert.deepEqual(matches(/\b(?:\w*answer_problem|refusal_(?:answer|send))\([^;]*"[^"]*[a-z] [^;]*;/g), []));
    it('of the API leave no words of their own for an answer', () => assert.deepEqual(matches(/\btext_setf?\(&?why,[^;]*;/g).filter((line) => line.startsWith('src/api/')), []));
    it('write problems in two places alone', () => assert.deepEqual(files.filter(([, text]) => text.includes('application/problem+json')).map(([name]) => name),
        ['src/http/answer.c', 'src/http/refusal.c']));
});

const tus = { 'Tus-Resumable': '1.0.0', Authorization: 'ann' };
const piece = { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' };
const form = { Authorization: 'ann', 'Content-Type': 'multipart/form-data; boundary=XX' };
const part = (head, body) => `--XX\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const formOf = (...parts) => `${parts.map(([head, body]) => part(head, body)).join('')}--XX--\r\n`;
const half = (bytes) => bytes.subarray(0, bytes.length / 2);
const spoilt = () => {
    const bytes = Buffer.from(png(400, 300));
    bytes.fill(0x55, 60, bytes.length - 30); // the blocks are all there: what is in them is not
    return bytes;
};

describe('an upload that is refused tells code, values and sentence:', () => {
    let server, piecePath;
    before(async () => {
        server = await startServer({ flags: ['--max-upload', '100000', '--max-pixels', '1000000', '--max-frames', '20', '--max-partials', '2'] });
        piecePath = (await server.ask('POST', '/uploads', { headers: { ...tus, 'Upload-Length': '1000' } })).headers.location;
    });
    after(() => server.stop());

    const photos = [
        ['a text', () => Buffer.from('A letter, and no photo at all. '.repeat(9)), 'image-unknown'],
        ['no bytes', () => Buffer.alloc(0), 'image-empty', []],
        ['half a JPEG', () => half(vips(400, 300, 'jpg')), 'image-incomplete', ['JPEG']],
        ['half a PNG', () => half(png(400, 300)), 'image-incomplete', ['PNG']],
        ['too many bytes', () => heavyPng(120_000), 'file-over-limit', ['100 KB']],
        ['far too many bytes', () => heavyPng(400_000), 'request-too-large'],
        ['too many pixels', () => png(8, 8, { claims: { width: 1201, height: 1000 } }), 'image-too-many-pixels', ['1.3 megapixels', '1.0 megapixels']],
        ['too many frames', () => gif(8, 8, 21), 'image-too-many-frames', ['21', '20']],
    ];
    for (const [says, make, code, values] of photos)
        it(`${says}: ${code}`, async () => {
            const answer = await server.upload('ann', make());
            assert.ok(answer.code >= 400 && answer.code < 500, answer.text);
            assertReason(answer.json, code, values);
        });

    const requests = [
        ['nobody', 'POST', '/photos', { 'Content-Type': 'multipart/form-data; boundary=XX' }, 'x', 'name-missing', []],
        ['a name that is none', 'POST', '/photos', { ...form, Authorization: 'ann b' }, 'x', 'name-invalid', ['64']],
        ['a key that is none', 'POST', '/photos', { ...form, 'Idempotency-Key': 'two words' }, formOf(['name="photo"; filename="a"', 'x']),
            'idempotency-key-invalid', ['255']],
        ['no form', 'POST', '/photos', { Authorization: 'ann', 'Content-Type': 'image/png' }, 'x', 'form-malformed'],
        ['a form without an end', 'POST', '/photos', form, part('name="note"', 'x'), 'form-malformed'],
        ['a form without a photo', 'POST', '/photos', form, formOf(['name="note"', 'x']), 'form-photo-missing', []],
        ['a form in which nothing was chosen', 'POST', '/photos', form, formOf(['name="photo"; filename=""', '']), 'form-photo-not-chosen', []],
        ['two captions', 'POST', '/photos', form, formOf(['name="caption"', 'x'], ['name="caption"', 'y']), 'form-field-twice', ['caption']],
        ['a long caption', 'POST', '/photos', form, formOf(['name="caption"', 'x'.repeat(501)]), 'caption-too-long', ['501', '500']],
        ['a caption with a bell', 'POST', '/photos', form, formOf(['name="caption"', 'x\x07']), 'caption-control', ['U+0007']],
        ['a long description', 'POST', '/photos', form, formOf(['name="alt_text"', 'x'.repeat(1001)]), 'alt-text-too-long', ['1,001', '1,000']],
        ['packed', 'POST', '/photos', { ...form, 'Content-Encoding': 'gzip' }, 'x', 'body-packed', ['gzip']],
        ['a photo that is none', 'GET', '/photos/x', {}, undefined, 'photo-unknown', []],
        ['of no photo', 'GET', `/uploadStatus/${'0'.repeat(32)}`, {}, undefined, 'photo-unknown', []],
        ['words of the wrong type', 'PATCH', `/photos/${'0'.repeat(32)}`, { Authorization: 'ann', 'Content-Type': 'text/plain' }, 'x', 'words-type', []],
        ['words that are no JSON', 'PATCH', `/photos/${'0'.repeat(32)}`, { Authorization: 'ann', 'Content-Type': 'application/json' }, '{', 'words-malformed'],
        ['a number for a caption', 'PATCH', `/photos/${'0'.repeat(32)}`, { Authorization: 'ann', 'Content-Type': 'application/json' }, '{"caption":1}',
            'words-malformed'],
        ['another tus', 'POST', '/uploads', { Authorization: 'ann', 'Tus-Resumable': '0.2', 'Upload-Length': '9' }, undefined, 'upload-version', ['1.0.0']],
        ['tus by nobody', 'POST', '/uploads', { 'Tus-Resumable': '1.0.0', 'Upload-Length': '9' }, undefined, 'name-missing', []],
        ['no length', 'POST', '/uploads', tus, undefined, 'upload-length-invalid', []],
        ['a length of nothing', 'POST', '/uploads', { ...tus, 'Upload-Length': '0' }, undefined, 'image-empty', []],
        ['a length over the limit', 'POST', '/uploads', { ...tus, 'Upload-Length': '73000000' }, undefined, 'file-too-large', ['73 MB', '100 KB']],
        ['metadata that can\'t be read', 'POST', '/uploads', { ...tus, 'Upload-Length': '9', 'Upload-Metadata': 'caption ???' }, undefined, 'upload-metadata-invalid', []],
        ['a body at creation', 'POST', '/uploads', { ...tus, 'Upload-Length': '9' }, 'x', 'upload-created-with-body', []],
        ['of no upload', 'PATCH', `/uploads/${'0'.repeat(32)}`, piece, 'x', 'upload-unknown', []],
        ['of an id that is none', 'PATCH', '/uploads/x', piece, 'x', 'upload-unknown', []],
        ['of somebody else', 'PATCH', () => piecePath, { ...piece, Authorization: 'bob' }, 'x', 'upload-not-yours', []],
        ['at another offset', 'PATCH', () => piecePath, { ...piece, 'Upload-Offset': '1234' }, 'x', 'upload-offset-differs', ['0', '1,234']],
        ['without an offset', 'PATCH', () => piecePath, { ...piece, 'Upload-Offset': '' }, 'x', 'upload-offset-invalid', []],
        ['of another type', 'PATCH', () => piecePath, { ...piece, 'Content-Type': 'image/png' }, 'x', 'upload-type', []],
        ['a checksum that is none', 'PATCH', () => piecePath, { ...piece, 'Upload-Checksum': 'md5 x' }, 'x', 'upload-checksum-invalid', []],
        ['another checksum', 'PATCH', () => piecePath, { ...piece, 'Upload-Checksum': `sha1 ${Buffer.alloc(20).toString('base64')}` }, 'x', 'upload-checksum-differs', []],
        ['more than was announced', 'PATCH', () => piecePath, piece, 'x'.repeat(1001), 'upload-beyond-length', ['1,000']],
    ];
    for (const [says, method, path, headers, body, code, values] of requests)
        it(`${says}: ${code}`, async () => {
            const answer = await server.ask(method, typeof path === 'function' ? path() : path, { headers, body });
            assert.ok(answer.code >= 400 && answer.code < 500, answer.text);
            assertReason(answer.json, code, values);
        });

    it('more uploads at a time than are allowed: uploads-too-many', async () => {
        await server.ask('POST', '/uploads', { headers: { ...tus, 'Upload-Length': '9' } });
        assertReason((await server.ask('POST', '/uploads', { headers: { ...tus, 'Upload-Length': '9' } })).json, 'uploads-too-many', ['2']);
    });

    it('what the workflow finds: at its end, in GET /photos/ID, and not in the original\'s five fields', async () => {
        const { json } = await server.upload('ann', spoilt());
        const { data } = await server.ended_photo(json.photo_id);
        assertReason(data, data.error_code, ['PNG']);
        assert.match(data.error_code, /^image-(damaged|incomplete)$/);
        const photo = (await server.get(`/photos/${json.photo_id}`)).json;
        assert.deepEqual([photo.error_message, photo.error_code, photo.error_values], [data.error_message, data.error_code, data.error_values]);
        const status = (await server.get(`/uploadStatus/${json.photo_id}`)).json;
        assert.deepEqual(Object.keys(status), ['photo_id', 'status', 'timestamp', 'author_username', 'error_message']);
    });
});

const suite = new URL('../../../shared/suites/uploads/', import.meta.url);
const files = existsSync(suite) ? readdirSync(suite).filter((name) => /^[a-z0-9_]+\.[a-z0-9]+$/.test(name) && !/\.(md|py|sh|icc)$/.test(name)) : [];

describe('files of phones, whole and cut at many places, are published or refused in words of the table', { skip: !files.length && 'no shared/suites/uploads' }, () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());
    for (const name of files)
        it(name, async () => {
            const whole = readFileSync(new URL(name, suite));
            for (const share of [1, 0.97, 0.5, 0.1]) {
                const answer = await server.upload('ann', whole.subarray(0, Math.ceil(whole.length * share)));
                if (answer.code !== 200) { assertReason(answer.json, answer.json.error_code); continue; }
                const { data } = await server.ended_photo(answer.json.photo_id);
                if (data.status === 'ERROR') assertReason(data, data.error_code);
            }
        });
});
