// What a file is and what becomes of it: files without an end, raw photos, kinds behind general names, and files that ask for more work
// than any photo needs. All are made here; what each should be is a row.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import { gif, png, pngChunk, vips } from './pictures.mjs';
import { startServer } from './server.mjs';

const bytes = (...numbers) => Buffer.from(numbers);
const zeros = (count) => Buffer.alloc(count);
const word = (number) => { const it = Buffer.alloc(2); it.writeUInt16BE(number); return it; };

/* ---- JPEG (ITU-T T.81) ---- */

const segment = (marker, content) => Buffer.concat([bytes(0xff, marker), word(content.length + 2), content]);

/* One grey square whose blocks are all empty, in so many scans that say nothing: 266 KB are hours of work. */
function jpegOfScans(side, scans) {
    const blocks = Math.ceil(side / 8) ** 2, longestRun = 2 ** 15 - 1;
    const table = (kind, value) => segment(0xc4, Buffer.concat([bytes(kind, 1), zeros(15), bytes(value)]));
    const scan = (from, to, data) => Buffer.concat([segment(0xda, bytes(1, 1, 0, from, to, 0)), data]);
    let bits = '';
    for (let left = blocks; left > 0; left -= longestRun) bits += `0${'1'.repeat(14)}`;
    bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
    const runs = bits.match(/.{8}/g).flatMap((byte) => (byte === '11111111' ? [0xff, 0] : [parseInt(byte, 2)]));
    return Buffer.concat([bytes(0xff, 0xd8), segment(0xdb, Buffer.concat([zeros(1), Buffer.alloc(64, 1)])),
        segment(0xc2, Buffer.concat([bytes(8), word(side), word(side), bytes(1, 1, 0x11, 0)])), table(0x00, 0), table(0x10, 0xe0),
        scan(0, 0, zeros(Math.ceil(blocks / 8))), ...Array.from({ length: scans }, () => scan(1, 63, bytes(...runs))),
        bytes(0xff, 0xd9)]);
}

/* ---- TIFF (6.0), little-endian ---- */

/* entries: [tag, type, values]; type 2 bytes, 3 shorts, 4 longs. `at`: where the directory is, and what is too long for it behind it. */
function directory(at, entries, next = 0) {
    const size = { 1: 1, 2: 1, 3: 2, 4: 4 };
    const head = 2 + entries.length * 12 + 4;
    const it = Buffer.alloc(head);
    const behind = [];
    let behindAt = at + head;
    it.writeUInt16LE(entries.length, 0);
    for (const [i, [tag, type, values]] of entries.entries()) {
        const content = Buffer.alloc(Math.max(4, values.length * size[type]));
        for (const [k, value] of values.entries()) content.writeUIntLE(value, k * size[type], size[type]);
        const to = 2 + i * 12;
        it.writeUInt16LE(tag, to);
        it.writeUInt16LE(type, to + 2);
        it.writeUInt32LE(values.length, to + 4);
        if (content.length === 4) content.copy(it, to + 8);
        else {
            it.writeUInt32LE(behindAt, to + 8);
            behind.push(content);
            behindAt += content.length;
        }
    }
    it.writeUInt32LE(next, head - 4);
    return Buffer.concat([it, ...behind]);
}

const tiffHeader = Buffer.from('II*\0\x08\0\0\0', 'latin1');

/* A raw photo as Nikon and Adobe lay it out: a thumbnail, the preview and the sensor's data below it. */
function raw(preview, { make = 'NIKON CORPORATION', dng = false, orientation = 1 } = {}) {
    const thumbnail = Buffer.alloc(160 * 120 * 3, 77);
    const sensor = Buffer.alloc(1000, 5);
    const firstAt = 8, subAt = 1000, sensorAt = 2000, thumbnailAt = 4000, previewAt = thumbnailAt + thumbnail.length;
    const first = directory(firstAt, [[254, 4, [1]], [256, 4, [160]], [257, 4, [120]], [258, 3, [8, 8, 8]], [259, 3, [1]],
        [262, 3, [2]], [271, 2, [...Buffer.from(`${make}\0`)]], [273, 4, [thumbnailAt]], [274, 3, [orientation]], [277, 3, [3]],
        [278, 4, [120]], [279, 4, [thumbnail.length]], [330, 4, [subAt, sensorAt]], ...(dng ? [[50706, 1, [1, 4, 0, 0]]] : [])]);
    const sub = directory(subAt, [[254, 4, [1]], [259, 3, [6]], [513, 4, [preview.length ? previewAt : 0]],
        [514, 4, [preview.length]]]);
    const data = directory(sensorAt, [[254, 4, [0]], [256, 4, [6000]], [257, 4, [4000]], [259, 3, [1]], [262, 3, [32803]],
        [273, 4, [3000]], [279, 4, [sensor.length]]]);
    const it = Buffer.alloc(previewAt + preview.length);
    for (const [content, at] of [[tiffHeader, 0], [first, firstAt], [sub, subAt], [data, sensorAt], [sensor, 3000],
        [thumbnail, thumbnailAt], [preview, previewAt]]) content.copy(it, at);
    return it;
}

/* Grey, all of whose tiles are the same one. */
function tiffOfTiles(side, tile) {
    const count = Math.ceil(side / tile) ** 2;
    const entries = (at) => [[256, 4, [side]], [257, 4, [side]], [258, 3, [8]], [259, 3, [1]], [262, 3, [1]], [277, 3, [1]],
        [322, 4, [tile]], [323, 4, [tile]], [324, 4, Array(count).fill(at)], [325, 4, Array(count).fill(tile * tile)]];
    const size = 8 + directory(8, entries(0)).length;
    return Buffer.concat([tiffHeader, directory(8, entries(size)), Buffer.alloc(tile * tile, 128)]);
}

/* ---- PNG ---- */

const beforeData = (picture, ...chunks) => Buffer.concat([picture.subarray(0, 33), ...chunks, picture.subarray(33)]);

/* 40 KB that unpack to 40 MB. */
function bomb(name, head) {
    const packed = zlib.deflateSync(Buffer.alloc(40 << 20), { level: 9 });
    return pngChunk(name, Buffer.concat([Buffer.from(head, 'latin1'), packed]));
}

const cut = (content, bytesLess) => content.subarray(0, content.length - bytesLess);
const incomplete = /^This \w+ is incomplete\. Export or copy it again\.$/;
const complex = /^This \w+ is built in a way that takes too much work to read\. Export it again\.$/;

describe('what a file is', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    const jpeg = () => vips(400, 300, 'jpg');
    const progressive = () => vips(400, 300, 'jpg', { options: '[interlace]' });
    const preview = (width, height, options) => vips(width, height, 'jpg', { options });
    const textBomb = bomb('zTXt', 'Comment\0\0'), intlBomb = bomb('iTXt', 'Comment\0\x01\0\0\0'), profileBomb = bomb('iCCP', 'p\0\0');

    // [what, how it is made, format, original's size, large's size, frames]
    const taken = [
        ['a JPEG without its end marker', () => cut(jpeg(), 2), 'jpeg', [400, 300]],
        ['a progressive JPEG without its end marker', () => cut(progressive(), 2), 'jpeg', [400, 300]],
        ['a JPEG without its end marker, then zeros', () => Buffer.concat([cut(jpeg(), 2), zeros(5000)]), 'jpeg', [400, 300]],
        ['a JPEG with something behind its end', () => Buffer.concat([jpeg(), Buffer.from('SEFT more'), zeros(99)]), 'jpeg', [400, 300]],
        ['a PNG without IEND', () => cut(png(60, 40), 12), 'png', [60, 40]],
        ['a PNG with half of IEND', () => cut(png(60, 40), 5), 'png', [60, 40]],
        ['a GIF without its trailer', () => cut(gif(60, 40, 4), 1), 'gif', [60, 40], [60, 40], 4],
        ['a GIF that ends in zeros', () => Buffer.concat([cut(gif(60, 40, 4), 1), zeros(9)]), 'gif', [60, 40], [60, 40], 4],
        ['a NEF with a large preview', () => raw(preview(1800, 1200)), 'raw', [1800, 1200], [1440, 960]],
        ['a NEF that was held upright', () => raw(preview(1800, 1200), { orientation: 6 }), 'raw', [1800, 1200], [960, 1440]],
        ['a DNG with a progressive preview', () => raw(preview(1800, 1200, '[interlace]'), { dng: true }), 'raw', [1800, 1200], [1440, 960]],
        ['a BigTIFF', () => vips(300, 200, 'tif', { options: '[bigtiff]' }), 'tiff', [300, 200]],
        ['a tiled BigTIFF', () => vips(300, 200, 'tif', { options: '[bigtiff,tile,compression=deflate]' }), 'tiff', [300, 200]],
        ['a PNG with sixty packed texts of 40 MB', () => beforeData(png(60, 40), ...Array(60).fill(textBomb)), 'png', [60, 40]],
        ['a PNG with sixty packed texts of another kind', () => beforeData(png(60, 40), ...Array(60).fill(intlBomb)), 'png', [60, 40]],
        ['a PNG with sixty profiles of 40 MB', () => beforeData(png(60, 40), ...Array(60).fill(profileBomb)), 'png', [60, 40]],
        ['a JPEG of a hundred megapixels', () => vips(100, 100, 'jpg', { command: ['zoom', '120', '90'], options: '[Q=50]' }), 'jpeg',
            [12000, 9000], [1440, 1080]],
    ];
    for (const [says, make, format, original, large = original, frames = 1] of taken)
        it(`${says} is published`, async () => {
            const id = await server.publish('ann', make());
            const photo = (await server.get(`/photos/${id}`)).json;
            assert.deepEqual([photo.format, photo.frames], [format, frames]);
            assert.deepEqual([photo.original.width, photo.original.height], original);
            assert.deepEqual([photo.large.width, photo.large.height], large);
        });

    // [what, how it is made, code, sentence]
    const refused = [
        ['a JPEG that lacks its last data', () => cut(jpeg(), 3), 422, incomplete],
        ['half a JPEG, filled up with zeros', () => { const it = jpeg(); return it.fill(0, it.length / 2); }, 422, incomplete],
        ['a progressive JPEG that lacks a scan', () => cut(progressive(), progressive().length / 2), 422, incomplete],
        ['a PNG that lacks its last data', () => cut(png(60, 40), 17), 422, incomplete],
        ['a GIF that ends in a frame', () => cut(gif(60, 40, 4), 3), 422, incomplete],
        ['a NEF without a preview', () => raw(Buffer.alloc(0)), 415, /^This is a raw photo \(Nikon NEF\)\. Develop it and export it as a JPEG\.$/],
        ['a NEF with a small preview', () => raw(preview(1439, 900)), 415, /^This is a raw photo \(Nikon NEF\)\./],
        ['a NEF with half a preview', () => raw(cut(preview(1800, 1200), 3000)), 415, /^This is a raw photo \(Nikon NEF\)\./],
        ['a DNG without a preview', () => raw(Buffer.alloc(0), { dng: true }), 415, /^This is a raw photo \(DNG\)\./],
        ['a JPEG of 499 scans', () => jpegOfScans(10000, 499), 413, complex],
        ['a TIFF of 390,625 tiles', () => tiffOfTiles(10000, 16), 413, complex],
        ['a PNG of two million chunks', () => beforeData(png(60, 40), Buffer.concat(Array(2e6).fill(pngChunk('ruBy', zeros(0))))), 413, complex],
        ['a PNG of 10,000,000 x 1', () => png(8, 8, { claims: { width: 1e7, height: 1 } }), 413,
            /^This photo's longer side has 10,000,000 pixels; the limit is 100,000\./],
        ['a photo of 300 megapixels', () => png(8, 8, { claims: { width: 20000, height: 15000 } }), 413,
            /^This photo has 300 megapixels; the limit is 250 megapixels\./],
    ];
    for (const [says, make, code, sentence] of refused)
        it(`${says} is ${code} at once`, async () => {
            const answer = await server.upload('ann', make());
            assert.equal(answer.code, code, answer.text);
            assert.match(JSON.parse(answer.text).detail, sentence);
        });
});
