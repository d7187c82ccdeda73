// What may be uploaded, and what becomes of it; what is refused, with which code and sentence, and that nothing of a refused or
// broken upload stays.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gif, heavyPng, png, readWebp, vips, withExif } from './pictures.mjs';
import { formBody, isSanitized, listFiles, newFolder, startServer, until } from './server.mjs';
import { haveFiles } from './services.mjs';
import { connect, lines } from './wire.mjs';

const boundary = 'a-boundary-of-the-tests';
const formType = `multipart/form-data; boundary=${boundary}`;

describe('an accepted photo', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    // Sizes: of the original, the large image, the medium one (null: none), the thumbnail. The longer side is 1440, 800 and 350 at most,
    // and never enlarged; of a still that is more than 2.5 times as long as wide 4096, 1440 and 350.
    const photos = [
        ['a JPEG', () => vips(1800, 1200, 'jpg'), 'jpeg', [1800, 1200], [1440, 960], [800, 533], [350, 233]],
        ['a progressive JPEG', () => vips(1600, 900, 'jpg', { options: '[interlace]' }), 'jpeg', [1600, 900], [1440, 810],
            [800, 450], [350, 197]],
        ['an upright JPEG', () => vips(1200, 1800, 'jpg'), 'jpeg', [1200, 1800], [960, 1440], [533, 800], [233, 350]],
        ['a PNG', () => png(500, 400), 'png', [500, 400], [500, 400], null, [350, 280]],
        ['a PNG with 16 bits a channel', () => vips(500, 400, 'png', { command: ['colourspace', 'rgb16'] }), 'png', [500, 400],
            [500, 400], null, [350, 280]],
        ['a still GIF', () => gif(400, 400, 1), 'gif', [400, 400], [400, 400], null, [350, 350]],
        ['an animated GIF', () => gif(400, 200, 12), 'gif', [400, 200], [400, 200], null, [350, 175], 12],
        ['a large animated GIF, which has no medium image', () => gif(1500, 1000, 2), 'gif', [1500, 1000], [1440, 960], null, [350, 233], 2],
        ['an animated panorama', () => gif(1600, 400, 2), 'gif', [1600, 400], [1440, 360], null, [350, 88], 2],
        ['a WebP', () => vips(1500, 700, 'webp'), 'webp', [1500, 700], [1440, 672], [800, 373], [350, 163]],
        ['a panorama', () => vips(5000, 1000, 'jpg'), 'jpeg', [5000, 1000], [4096, 819], [1440, 288], [350, 70]],
        ['a panorama in WebP', () => vips(2000, 500, 'webp'), 'webp', [2000, 500], [2000, 500], [1440, 360], [350, 88]],
        ['a small panorama', () => vips(1500, 300, 'png'), 'png', [1500, 300], [1500, 300], [800, 160], [350, 70]],
        ['a tall picture', () => vips(800, 4400, 'png'), 'png', [800, 4400], [745, 4096], [262, 1440], [64, 350]],
        ['a photo of 2.5 to 1', () => vips(2500, 1000, 'jpg'), 'jpeg', [2500, 1000], [1440, 576], [800, 320], [350, 140]],
        ['a photo that is hardly larger than a medium image', () => vips(1000, 750, 'jpg'), 'jpeg', [1000, 750], [1000, 750], null, [350, 263]],
        ['a lossless WebP', () => vips(360, 180, 'webp', { options: '[lossless]' }), 'webp', [360, 180], [360, 180], null, [350, 175]],
        ['a HEIC', () => vips(640, 480, 'heic'), 'heic', [640, 480], [640, 480], null, [350, 263]],
        ['an AVIF', () => vips(640, 480, 'avif'), 'avif', [640, 480], [640, 480], null, [350, 263]],
        ['a TIFF', () => vips(700, 350, 'tif'), 'tiff', [700, 350], [700, 350], null, [350, 175]],
        ['a compressed TIFF', () => vips(700, 350, 'tif', { options: '[compression=lzw,predictor=horizontal]' }), 'tiff',
            [700, 350], [700, 350], null, [350, 175]],
        ['one pixel', () => png(1, 1), 'png', [1, 1], [1, 1], null, [1, 1]],
        ['a photo as small as a thumbnail', () => png(350, 120), 'png', [350, 120], [350, 120], null, [350, 120]],
        ['a photo one pixel wide', () => png(1, 3000), 'png', [1, 3000], [1, 3000], [1, 1440], [1, 350]],
        ['a photo that its Exif turns by a quarter', () => withExif(vips(1600, 800, 'jpg'), 6), 'jpeg', [1600, 800], [720, 1440],
            [400, 800], [175, 350]],
        ['a photo that its Exif turns upside down', () => withExif(vips(1600, 800, 'jpg'), 3), 'jpeg', [1600, 800], [1440, 720],
            [800, 400], [350, 175]],
    ];
    for (const [says, make, format, original, large, medium, thumbnail, frames = 1] of photos)
        it(`${says} is published in the right sizes, without any metadata`, async () => {
            const content = make();
            const id = await server.publish('ann', content);
            const photo = (await server.get(`/photos/${id}`)).json;
            assert.deepEqual([photo.format, photo.frames], [format, frames]);
            assert.deepEqual(photo.original, { width: original[0], height: original[1], bytes: content.length });
            const sizes = { large, medium, thumbnail };
            for (const [name, size] of Object.entries(sizes)) {
                if (!size) {
                    assert.equal(photo[name], null);
                    assert.equal((await server.get(`/buckets/thumbnails/${id}-medium.webp`)).code, 403);
                    continue;
                }
                const image = await server.get(photo[name].url);
                const facts = readWebp(image.body);
                assert.deepEqual([photo[name].width, photo[name].height, photo[name].bytes], [...size, image.body.length], name);
                assert.deepEqual([facts.width, facts.height, facts.frames], [...size, frames], name);
                for (const chunk of ['EXIF', 'XMP ', 'ICCP']) assert.ok(!facts.chunks.includes(chunk), `${name} has ${chunk}`);
                assert.ok(!image.body.includes('SecretCamera'));
            }
        });

    for (const [says, options] of [['the wrong suffix', { filename: 'photo.exe' }], ['the wrong type', { type: 'text/html' }],
        ['no type', { type: '' }],
        ['a path for a name', { filename: '../../../etc/passwd' }], ['a name beyond ASCII', { filename: '\u5199\u771f.jpg' }],
            ['a long name', { filename: 'x'.repeat(200) }]])
        it(`is known by its content, whatever stands beside it: ${says}`, async () => {
            const id = await server.publish('ann', png(40, 30), options);
            assert.equal((await server.get(`/photos/${id}`)).json.format, 'png');
        });

    it('may be a polyglot: only the photo in it goes on', async () => {
        const id = await server.publish('ann', Buffer.concat([vips(60, 40, 'jpg'),
            Buffer.from('<script>alert(1)</script>PK\x03\x04')]));
        const image = await server.get(`/buckets/photos/${id}-comp.webp`);
        assert.ok(!image.body.includes('script'));
    });

    const folder = '/usr/share/backgrounds/mate';
    for (const name of ['nature/Garden.jpg', 'abstract/Elephants_5640x3172.jpg', 'abstract/Arc-Colors-Transparent-Wallpaper.png'])
        it(`may be a real one: ${name}`, { skip: !existsSync(join(folder, name)) && 'mate-backgrounds is not installed' }, async () => {
            const id = await server.publish('ann', readFileSync(join(folder, name)));
            const { original, large } = (await server.get(`/photos/${id}`)).json;
            const scale = Math.min(1, 1440 / Math.max(original.width, original.height));
            assert.deepEqual([large.width, large.height],
                [Math.round(original.width * scale), Math.round(original.height * scale)]);
        });
});

describe('a refused upload', () => {
    let server, files, folder;
    before(async () => {
        server = await startServer({ flags: ['--max-upload', '100K', '--max-pixels', '1000000', '--max-frames', '20'] });
        files = listFiles(server.data);
        folder = newFolder();
    });
    after(async () => {
        rmSync(folder, { recursive: true });
        await server.stop();
    });

    const nothingStays = () => until('nothing of the upload stays',
        () => JSON.stringify(listFiles(server.data)) === JSON.stringify(files))
        .catch((error) => assert.deepEqual(listFiles(server.data), files, error.message));

    async function assertRefused(answer, code, sentence) {
        assert.equal(answer.code, code, answer.text);
        assert.equal(answer.headers['content-type'], 'application/problem+json');
        assert.equal(answer.json?.status ?? JSON.parse(answer.text).status, code);
        assert.match(JSON.parse(answer.text).detail, sentence);
        await nothingStays();
    }

    const notTaken = /^This file isn't a photo in a supported format\. Export it as JPEG, PNG, GIF, WebP, HEIC, AVIF or TIFF\.$/;
    const cut = (content, from, to = 1) => content.subarray(Math.floor(content.length * from), Math.floor(content.length * to));
    const contents = [
        ['an empty file', () => Buffer.alloc(0), 400, /^This file is empty\./],
        ['one byte', () => Buffer.from('x'), 415, notTaken],
        ['a text', () => Buffer.from('A thousand words, which are no picture. '.repeat(99)), 415, notTaken],
        ['zeros', () => Buffer.alloc(5000), 415, notTaken],
        ['a program', () => readFileSync('/bin/true').subarray(0, 20000), 415, notTaken],
        ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'.padEnd(400)), 415,
            notTaken],
        ['a PDF', () => Buffer.from('%PDF-1.7\n'.padEnd(400)), 415, notTaken],
        ['a JPEG 2000', () => vips(60, 40, 'jp2'), 415, notTaken],
        ['a BMP', () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(200)]), 415, notTaken],
        ['an MP4 film', () => Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isomiso2', 'latin1'), Buffer.alloc(400)]),
            415, notTaken],
        ['the end of a JPEG', () => cut(vips(400, 300, 'jpg'), 0.2), 415, notTaken],
        ['the first half of a JPEG', () => cut(vips(400, 300, 'jpg'), 0, 0.5), 422,
            /^This JPEG is incomplete\. Export or copy it again\.$/],
        ['the first half of a PNG', () => cut(png(300, 200), 0, 0.5), 422, /^This PNG is incomplete\./],
        ['the first half of a GIF', () => cut(gif(60, 40, 5), 0, 0.5), 422, /^This GIF is incomplete\./],
        ['the first half of a WebP', () => cut(vips(400, 300, 'webp'), 0, 0.5), 422, /^This WebP is incomplete\./],
        ['the first half of a HEIC', () => cut(vips(400, 300, 'heic'), 0, 0.5), 422, /^This HEIC is (incomplete|damaged)/],
        ['the first half of an AVIF', () => cut(vips(400, 300, 'avif'), 0, 0.5), 422, /^This AVIF is (incomplete|damaged)/],
        ['the first half of a TIFF', () => cut(vips(100, 90, 'tif'), 0, 0.5), 422, /^This TIFF is (incomplete|damaged)/],
        ['only the signature of a PNG', () => png(9, 9).subarray(0, 8), 422, /^This PNG is incomplete\./],
        ['a photo of too many bytes', () => heavyPng((100 << 10) + 1), 413,
            /^This file is larger than 102 KB, which is the limit\. Export it at a smaller size\.$/],
        ['a photo of far too many bytes', () => heavyPng(2 << 20), 413, /^This (file|request) .*102 KB|167 KB/],
        ['a photo of too many pixels', () => png(8, 8, { claims: { width: 1200, height: 1000 } }), 413,
         /^This photo has 1\.2 megapixels; the limit is 1\.0 megapixels\. Export it at a smaller size\.$/],
        ['a bomb of 30,000 x 30,000 pixels', () => png(8, 8, { claims: { width: 30000, height: 30000 } }), 413,
            /^This photo has 900 megapixels; the limit is 1\.0 megapixels\./],
        ['an animation of too many frames', () => gif(8, 8, 21), 413,
            /^This animation has 21 frames; the limit is 20\. Export a shorter one\.$/],
        ['an animation of too many pixels in all',
            () => { const it = gif(8, 8, 20); it.writeUInt16LE(300, 6); it.writeUInt16LE(300, 8); return it; }, 413,
            /^This photo has 1\.8 megapixels; the limit is 1\.0 megapixels\./],
        ['a photo without pixels', () => png(8, 8, { claims: { width: 0 } }), 422, /^This PNG is damaged/],
    ];
    for (const [says, make, code, sentence] of contents)
        it(`${says} is ${code}, and nothing of it stays`, async () => {
            await assertRefused(await server.upload('ann', make()), code, sentence);
        });

    it('a photo of exactly as many bytes as are allowed is not refused', async () => {
        const id = await server.publish('ann', heavyPng(100 << 10));
        assert.equal((await server.get(`/photos/${id}`)).json.original.bytes, 100 << 10);
        assert.equal((await server.ask('DELETE', `/photos/${id}`, { headers: { Authorization: 'ann' } })).code, 204);
        await nothingStays();
    });

    // ---- The form ----

    const part = (content, head = 'Content-Disposition: form-data; name="photo"; filename="a.png"') =>
        Buffer.concat([Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), content, Buffer.from('\r\n')]);
    const end = Buffer.from(`--${boundary}--\r\n`);
    const picture = png(20, 20);
    const forms = [
        ['no Content-Type', undefined, Buffer.concat([part(picture), end])],
        ['another Content-Type', 'application/json', Buffer.from('{}')],
        ['the form of a plain page', 'application/x-www-form-urlencoded', Buffer.from('photo=x')],
        ['the photo itself as the body', 'image/png', picture],
        ['no boundary', 'multipart/form-data', Buffer.concat([part(picture), end])],
        ['an empty boundary', 'multipart/form-data; boundary=', Buffer.concat([part(picture), end])],
        ['a boundary of 256 characters', `multipart/form-data; boundary=${'b'.repeat(256)}`, Buffer.concat([part(picture), end])],
        ['another boundary than announced', `${formType}-not`, Buffer.concat([part(picture), end])],
        ['another kind of multipart', `multipart/mixed; boundary=${boundary}`, Buffer.concat([part(picture), end])],
        ['an empty body', formType, Buffer.alloc(0)],
        ['garbage', formType, Buffer.alloc(3000, 0xa7)],
        ['no end', formType, part(picture)],
        ['half an end', formType, Buffer.concat([part(picture), end.subarray(0, end.length - 5)])],
        ['only an end', formType, end],
        ['two photos', formType, Buffer.concat([part(picture), part(picture), end])],
        ['a part without a name', formType, Buffer.concat([part(picture, 'Content-Disposition: form-data; filename="a.png"'),
            end])],
        ['a part without a disposition', formType, Buffer.concat([part(picture, 'Content-Type: image/png'), end])],
        ['a part with an endless header', formType, Buffer.concat([part(picture, `X-Long: ${'x'.repeat(8000)}`), end])],
        ['a hundred parts', formType, Buffer.concat([...Array.from({ length: 100 },
            (_, i) => part(Buffer.from('x'), `Content-Disposition: form-data; name="field${i}"`)), end])],
        ['another field', formType, Buffer.concat([part(picture,
            'Content-Disposition: form-data; name="image"; filename="a.png"'), end])],
        ['a field photos', formType, Buffer.concat([part(picture,
            'Content-Disposition: form-data; name="photos"; filename="a.png"'), end])],
    ];
    for (const [says, type, body] of forms)
        it(`a form with ${says} is 400, and nothing of it stays`, async () => {
            const answer = await server.ask('POST', '/photos',
                { headers: { Authorization: 'ann', ...(type ? { 'Content-Type': type } : {}) }, body });
            await assertRefused(answer, 400, /\w+ \w+/);
        });

    for (const [says, head] of [['unquoted', 'Content-Disposition: form-data; name=photo; filename=a.png'],
        ['in other letters', 'content-disposition: FORM-DATA; Name="photo"; FileName="a.png"'],
        ['with quotes in the file name', 'Content-Disposition: form-data; name="photo"; filename="a \\"b\\".png"'],
        ['with a file name in the new spelling too',
            "Content-Disposition: form-data; name=\"photo\"; filename=\"a.png\"; filename*=UTF-8''%e2%82%ac.png"]])
        it(`a form is not refused for its spelling: ${says}`, async () => {
            const body = Buffer.concat([Buffer.from('a preamble, to be skipped\r\n'), part(picture, head), end,
                Buffer.from('an epilogue')]);
            const answer = await server.ask('POST', '/photos', { headers: { Authorization: 'ann', 'Content-Type': formType },
                body });
            assert.equal(answer.code, 200, answer.text);
            await server.ended_photo(answer.json.photo_id);
            assert.equal((await server.ask('DELETE', `/photos/${answer.json.photo_id}`,
                { headers: { Authorization: 'ann' } })).code, 204);
            await nothingStays();
        });

    // ---- How it is sent ----

    const head = (...more) => lines('POST /photos HTTP/1.1', 'Host: a', 'Authorization: ann', `Content-Type: ${formType}`,
        ...more);
    const body = (content) => formBody(boundary, [{ field: 'photo', filename: 'a.png', content }]);
    const chunked = (bytes, size = 4096) => {
        const pieces = [];
        for (let at = 0; at < bytes.length; at += size) {
            const piece = bytes.subarray(at, at + size);
            pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
        }
        return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
    };

    it('in chunks, a good photo is taken', async () => {
        const wire = await connect(server);
        await wire.send(Buffer.concat([head('Transfer-Encoding: chunked'), chunked(body(picture), 7)]));
        const answer = await wire.answer();
        wire.leave();
        assert.equal(answer.code, 200, answer.text);
        const id = JSON.parse(answer.text).photo_id;
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
        assert.equal((await server.ask('DELETE', `/photos/${id}`, { headers: { Authorization: 'ann' } })).code, 204);
        await nothingStays();
    });

    it('in chunks, one too large is refused where it becomes too large', async () => {
        const wire = await connect(server);
        await wire.send(Buffer.concat([head('Transfer-Encoding: chunked'), chunked(body(heavyPng(160 << 10)))]));
        const answer = await wire.answer();
        wire.leave();
        await assertRefused(answer, 413, /larger than (102|167) KB, which is the limit/);
    });

    it('with a length that is too large, it is refused before it is sent', async () => {
        const wire = await connect(server);
        await wire.send(head(`Content-Length: ${4 << 20}`));
        const answer = await wire.answer();
        wire.leave();
        await assertRefused(answer, 413, /^This request is \d+ [KM]B; the limit is 167 KB\. Send a smaller file\.$/);
    });

    it('with an absurd length, it is refused', async () => {
        for (const length of ['9223372036854775807', '18446744073709551615', '99999999999999999999999', '-1', '0x10', '1e3',
            '']) {
            const wire = await connect(server);
            await wire.send(head(`Content-Length: ${length}`));
            const answer = await wire.answer();
            assert.ok([400, 413].includes(answer.code), `${length}: ${answer.code}`);
            await wire.closed();
            wire.leave();
        }
        await nothingStays();
    });

    it('who expects 100 hears it, and then the answer', async () => {
        const wire = await connect(server);
        const content = body(picture);
        await wire.send(head(`Content-Length: ${content.length}`, 'Expect: 100-continue'));
        assert.equal((await wire.answer()).code, 100);
        await wire.send(content);
        const answer = await wire.answer();
        assert.equal(answer.code, 200, answer.text);
        wire.leave();
        const id = JSON.parse(answer.text).photo_id;
        await server.ended_photo(id);
        assert.equal((await server.ask('DELETE', `/photos/${id}`, { headers: { Authorization: 'ann' } })).code, 204);
        await nothingStays();
    });

    for (const [says, code, more] of [['is too large', 413, [`Content-Length: ${4 << 20}`]],
        ['says no name', 401, ['Content-Length: 500', 'Authorization: ']],
        ['has no form', 400, ['Content-Length: 500', 'Content-Type: text/plain']]])
        it(`who expects 100 and ${says} hears ${code} instead`, async () => {
            const replaced = more.map((line) => line.split(':')[0]);
            const fixed = ['POST /photos HTTP/1.1', 'Host: a', 'Authorization: ann', `Content-Type: ${formType}`].filter((line) =>
                !replaced.includes(line.split(':')[0]));
            const wire = await connect(server);
            await wire.send(lines(...fixed, ...more.filter((line) => !/: $/.test(line)), 'Expect: 100-continue'));
            const answer = await wire.answer();
            wire.leave();
            assert.equal(answer.code, code, answer.text);
            await nothingStays();
        });

    it('curl is understood, with its Expect', async () => {
        const photo = join(folder, 'photo.png');
        writeFileSync(photo, heavyPng(99 << 10));
        const words = ['-sS', '-H', 'Authorization: ann', '-H', 'Expect: 100-continue', '-F', `photo=@${photo}`,
            `${server.url}/photos`];
        const answer = JSON.parse((await promisify(execFile)('curl', words)).stdout);
        assert.equal((await server.ended_photo(answer.photo_id)).data.status, 'SUCCESS');
        assert.equal((await server.ask('DELETE', `/photos/${answer.photo_id}`, { headers: { Authorization: 'ann' } })).code, 204);
    });

    it('whose client disconnects anywhere leaves nothing', async () => {
        const content = body(heavyPng(90 << 10));
        let seed = 20261122;
        const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
        const points = [0, 1, 60, 130, 140, content.length - 1,
            ...Array.from({ length: 60 }, () => Math.floor(random() * content.length))];
        await Promise.all(points.map(async (point, i) => {
            const wire = await connect(server);
            const framing = i % 2 ? 'Transfer-Encoding: chunked' : `Content-Length: ${content.length}`;
            const sent = content.subarray(0, point);
            await wire.send(Buffer.concat([head(framing), i % 2 ? chunked(sent, 1000).subarray(0, -5) : sent]));
            if (i % 3 === 0) wire.socket.resetAndDestroy();
            else wire.leave();
        }));
        await until('all of them are gone', async () => /^cloudphotos_http_requests_in_flight 1$/m.test(await server.metrics()));
        await nothingStays();
        assert.equal((await server.get('/users/ann')).code, 404);
    });
});

describe('memory', () => {
    const why = (isSanitized && 'a sanitizer needs memory of its own') || (!haveFiles && 'what has arrived is seen in files alone');
    it('stays under 256 KB for each upload: 64 at once, of 8 MB each', { skip: why }, async () => {
        const server = await startServer({ flags: ['--event-threads', '2'] });
        const uploads = 64, size = 8 << 20;
        const content = formBody(boundary, [{ field: 'photo', filename: 'a.png', content: heavyPng(size) }]);
        const half = content.subarray(0, content.length - 1000);
        const rest = content.subarray(half.length);
        await server.publish('ann', heavyPng(64 << 10)); // whatever is allocated once is there now
        const before_bytes = server.memory('VmRSS');
        const wires = await Promise.all(Array.from({ length: uploads }, () => connect(server)));
        const head = lines('POST /photos HTTP/1.1', 'Host: a', 'Authorization: ann', `Content-Type: ${formType}`,
            `Content-Length: ${content.length}`);
        await Promise.all(wires.map((wire) => wire.send(Buffer.concat([head, half]))));
        const incoming = join(server.data, 'buckets', 'originals');
        const written = () => listFiles(incoming).reduce((sum, file) => sum + statSync(join(incoming, file)).size, 0);
        await until('all but the ends is on the disk', () => written() > uploads * (half.length - (128 << 10)));
        const grown = server.memory('VmHWM') - before_bytes;
        assert.ok(grown < uploads * (256 << 10),
            `${uploads} uploads took ${grown} bytes, which is ${Math.round(grown / uploads / 1024)} KB each`);
        await Promise.all(wires.map(async (wire) => {
            await wire.send(rest);
            assert.equal((await wire.answer()).code, 200);
            wire.leave();
        }));
        const after_bytes = server.memory('VmHWM') - before_bytes;
        assert.ok(after_bytes < uploads * (256 << 10), `in the end it was ${Math.round(after_bytes / uploads / 1024)} KB each`);
        await server.stop();
    });
});
