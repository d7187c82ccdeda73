// Pictures that try to slip past the moderator, and harmless ones that look alike, made of photographs whose verdict is known.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { pngChunk } from '../http/pictures.mjs';

/* Runs vips in a folder of its own; resolves names without a slash there. */
function inFolder(work) {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-evasions-'));
    try {
        return work(folder, (...words) => execFileSync('vips', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] }));
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/* ---- Pictures in memory: { width, height, channels, data } ---- */

/* The photograph in a box of that size, in sRGB; forced into it. */
export const readPicture = (path, width, height) => inFolder((folder, vips) => {
    vips('thumbnail', path, 'small.v', String(width), '--height', String(height), '--size', 'force');
    vips('colourspace', 'small.v', 'srgb.v', 'srgb');
    vips('extract_band', 'srgb.v', 'three.v', '0', '--n', '3');
    vips('rawsave', 'three.v', 'pixels');
    return { width, height, channels: 3, data: readFileSync(join(folder, 'pixels')) };
});

/* A picture of which each pixel is what `paint(x, y)` says: one value a channel. */
export function paint(width, height, channels, at) {
    const data = Buffer.alloc(width * height * channels);
    for (let y = 0, to = 0; y < height; y++)
        for (let x = 0; x < width; x++) for (const value of at(x, y)) data[to++] = Math.max(0, Math.min(255, Math.round(value)));
    return { width, height, channels, data };
}
export const plain = (width, height, colour) => paint(width, height, 3, () => colour);
export const pixelOf = ({ width, channels, data }, x, y) => [...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels)];
export const map = (picture, channels, change) => paint(picture.width, picture.height, channels, (x, y) => change(pixelOf(picture, x, y), x, y));
export const lumaOf = ([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue;
export const mix = (one, other, share) => ({ ...one, data: one.data.map((value, i) => value + (other.data[i] - value) * share) });
/* A smaller copy, `side` wide: each pixel the mean of those in its place. */
export function shrink({ width, height, data }, side) {
    const step = Math.floor(width / side);
    return paint(side, Math.floor(height / step), 3, (x, y) => [0, 1, 2].map((channel) => {
        let sum = 0;
        for (let i = 0; i < step * step; i++) sum += data[((y * step + Math.floor(i / step)) * width + x * step + i % step) * 3 + channel];
        return sum / step / step;
    }));
}
/* One picture laid on another. */
export const lay = (below, above, left, top) => map(below, 3, (pixel, x, y) => x >= left && y >= top && x < left + above.width
    && y < top + above.height ? pixelOf(above, x - left, y - top) : pixel);

/* ---- Files ---- */

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
function packRows({ width, height, channels, data }) {
    const stride = width * channels, rows = Buffer.alloc(height * (stride + 1));
    for (let y = 0; y < height; y++) data.copy(rows, y * (stride + 1) + 1, y * stride, (y + 1) * stride);
    return deflateSync(rows, { level: 1 });
}
function headerOf({ width, height, channels }) {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, channels === 4 ? 6 : 2], 8);
    return pngChunk('IHDR', header);
}
const numbers = (...values) => Buffer.concat(values.map(([value, bytes]) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntBE(value, 0, bytes);
    return buffer;
}));

export const png = (picture) => Buffer.concat([SIGNATURE, headerOf(picture), pngChunk('IDAT', packRows(picture)),
    pngChunk('IEND', Buffer.alloc(0))]);

/* `hidden`: the picture for those who show no animations, which is none of the frames. */
export function apng(frames, { delay_ms = 100, hidden } = {}) {
    let sequence = 0;
    const chunks = frames.flatMap(({ picture = null, delay_ms: own, ...rest }, i) => {
        const frame = picture ?? rest;
        const control = pngChunk('fcTL', numbers([sequence++, 4], [frame.width, 4], [frame.height, 4], [0, 4], [0, 4], [own ?? delay_ms, 2],
            [1000, 2], [0, 1], [0, 1]));
        const packed = packRows(frame);
        return [control, i || hidden ? pngChunk('fdAT', Buffer.concat([numbers([sequence++, 4]), packed])) : pngChunk('IDAT', packed)];
    });
    return Buffer.concat([SIGNATURE, headerOf(frames[0].picture ?? frames[0]), pngChunk('acTL', numbers([frames.length, 4], [0, 4])),
        ...(hidden ? [pngChunk('IDAT', packRows(hidden))] : []), ...chunks, pngChunk('IEND', Buffer.alloc(0))]);
}

/* By vips, with its options: save(picture, 'jpg[Q=90]'). */
export const save = (picture, ending) => inFolder((folder, vips) => {
    writeFileSync(join(folder, 'from.png'), png(picture));
    vips('copy', 'from.png', `to.${ending}`);
    return readFileSync(join(folder, `to.${ending.replace(/\[.*/, '')}`));
});

/* An animation of frames of one size, in a format that vips knows. */
export const saveMoving = (frames, ending) => inFolder((folder, vips) => {
    const [{ width, height, channels }] = frames;
    const all = { width, height: height * frames.length, channels, data: Buffer.concat(frames.map(({ data }) => data)) };
    writeFileSync(join(folder, 'all.png'), png(all));
    vips({ gif: 'gifsave', webp: 'webpsave', tif: 'tiffsave' }[ending], 'all.png', `moving.${ending}`, '--page-height', String(height));
    return readFileSync(join(folder, `moving.${ending}`));
});
