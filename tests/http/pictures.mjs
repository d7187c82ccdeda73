// Sample photos: tiny writers for PNG and animated GIF, and the command `vips` (Debian's libvips-tools) for all else; and a
// reader of WebP headers, to look at what the server makes of them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';

/* ---- PNG (w3.org/TR/png) ---- */

const crcTable = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
});

function crc32(bytes) {
    if (zlib.crc32) return zlib.crc32(bytes); /* newer nodes have it */
    let crc = 0xffffffff;
    for (const byte of bytes) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
}

export function pngChunk(name, content) {
    const chunk = Buffer.alloc(12 + content.length);
    chunk.writeUInt32BE(content.length, 0);
    chunk.write(name, 4, 'latin1');
    content.copy(chunk, 8);
    chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + content.length)), 8 + content.length);
    return chunk;
}

/* The value of each channel at (x, y); a slope, so that a turned or cut picture looks different. */
const slope = (x, y, channel) => (x * 7 + y * 3 + channel * 85) & 255;

export function png(width, height, { claims = {}, value = slope } = {}) {
    const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]); /* 8 bit RGB */
    header.writeUInt32BE(claims.width ?? width, 0);
    header.writeUInt32BE(claims.height ?? height, 4);
    const rows = Buffer.alloc(height * (1 + width * 3));
    for (let y = 0, at = 0; y < height; y++) {
        rows[at++] = 0;
        for (let x = 0; x < width; x++) for (let channel = 0; channel < 3; channel++) rows[at++] = value(x, y, channel);
    }
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', zlib.deflateSync(rows)),
        pngChunk('IEND', Buffer.alloc(0))]);
}

/* A PNG of about that many bytes: most of it is a comment, which no decoder looks into. */
export function heavyPng(bytes) {
    const picture = png(32, 32);
    const comment = Buffer.alloc(Math.max(8, bytes - picture.length - 12), 0x41);
    comment.write('Comment\0', 0, 'latin1');
    return Buffer.concat([picture.subarray(0, 33), pngChunk('tEXt', comment), picture.subarray(33)]);
}

/* ---- GIF (89a) ---- */

/* One frame of one colour. LZW that never learns: a clear code before the code table grows beyond eight bits. */
function gifFrame(width, height, colour, delay_cs) {
    const bits = [];
    const put = (code) => { for (let i = 0; i < 8; i++) bits.push((code >> i) & 1); };
    for (let i = 0; i < width * height; i++) {
        if (i % 100 === 0) put(128);
        put(colour);
    }
    put(129);
    while (bits.length % 8) bits.push(0);
    const bytes = Array.from({ length: bits.length / 8 },
        (_, i) => bits.slice(i * 8, i * 8 + 8).reduce((sum, bit, k) => sum | (bit << k), 0));
    const blocks = [];
    for (let at = 0; at < bytes.length; at += 255) {
        const block = bytes.slice(at, at + 255);
        blocks.push(block.length, ...block);
    }
    return [0x21, 0xf9, 4, 0, delay_cs & 255, delay_cs >> 8, 0, 0,
        0x2c, 0, 0, 0, 0, width & 255, width >> 8, height & 255, height >> 8, 0, 7, ...blocks, 0];
}

export function gif(width, height, frames, delay_cs = 10) {
    const palette = Array.from({ length: 128 }, (_, i) => [i * 2, 255 - i * 2, (i * 37) & 255]).flat();
    const loop = [0x21, 0xff, 11, ...Buffer.from('NETSCAPE2.0'), 3, 1, 0, 0, 0];
    const pictures = Array.from({ length: frames }, (_, i) => gifFrame(width, height, (i * 29) % 128, delay_cs));
    return Buffer.from([...Buffer.from('GIF89a'), width & 255, width >> 8, height & 255, height >> 8, 0xf6, 0, 0, ...palette,
        ...(frames > 1 ? loop : []), ...pictures.flat(), 0x3b]);
}

/* ---- All else, by vips; HEIC and AVIF by libheif's own program, because libvips 8.14 can't write them with a newer libheif ---- */

/* A picture in the format of that suffix, with vips's options ("jpg", { options: '[Q=60]' }), by another of its commands if need be. */
export function vips(width, height, suffix, { options = '', command = ['copy'] } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-pictures-'));
    try {
        const source = join(folder, 'source.png');
        const target = join(folder, `target.${suffix}`);
        writeFileSync(source, png(width, height));
        const [program, ...words] = ['heic', 'avif'].includes(suffix) ? ['heif-enc', source, '--output', target]
            : ['vips', command[0], source, `${target}${options}`, ...command.slice(1)];
        execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
        return readFileSync(target);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/* The same JPEG with an Exif block: which way is up, where it was taken, and by what. */
export function withExif(jpeg, orientation) {
    const entry = (tag, type, count, value) => {
        const bytes = Buffer.alloc(12);
        bytes.writeUInt16LE(tag, 0);
        bytes.writeUInt16LE(type, 2);
        bytes.writeUInt32LE(count, 4);
        if (Buffer.isBuffer(value)) value.copy(bytes, 8);
        else bytes.writeUInt32LE(value, 8);
        return bytes;
    };
    const make = Buffer.from('SecretCamera\0');
    const gpsAt = 8 + 2 + 3 * 12 + 4 + make.length;
    const directory = [entry(0x010f, 2, make.length, 8 + 2 + 3 * 12 + 4), entry(0x0112, 3, 1, orientation),
        entry(0x8825, 4, 1, gpsAt)];
    const gps = [entry(1, 2, 2, Buffer.from('N\0\0\0')), entry(3, 2, 2, Buffer.from('E\0\0\0'))];
    const count = (n) => Buffer.from([n, 0]);
    const none = Buffer.alloc(4);
    const tiff = Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), count(3), ...directory, none, make, count(2), ...gps,
        none]);
    const content = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
    const head = Buffer.from([0xff, 0xe1, (content.length + 2) >> 8, (content.length + 2) & 255]);
    return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}

/* The same PNG with Exif data in which a camera says when it was taken ("2024:05:12 18:03:00", "+02:00", "25"), and what it was. */
export function taken(picture, original, offset = '', fraction = '') {
    const texts = [[0x9003, original], [0x9011, offset], [0x9291, fraction], [0xa433, 'SecretCamera']].filter(([, text]) => text);
    const firstAt = 8, exifAt = firstAt + 2 + 12 + 4;
    let textAt = exifAt + 2 + texts.length * 12 + 4;
    const entry = (tag, type, count, value) => {
        const bytes = Buffer.alloc(12);
        bytes.writeUInt16BE(tag, 0);
        bytes.writeUInt16BE(type, 2);
        bytes.writeUInt32BE(count, 4);
        if (typeof value === 'number') bytes.writeUInt32BE(value, 8);
        else bytes.write(value, 8, 'latin1');
        return bytes;
    };
    const entries = texts.map(([tag, text]) => {
        const isShort = text.length < 4;
        const bytes = entry(tag, 2, text.length + 1, isShort ? text : textAt);
        textAt += isShort ? 0 : text.length + 1;
        return bytes;
    });
    const words = texts.filter(([, text]) => text.length >= 4).map(([, text]) => Buffer.from(`${text}\0`, 'latin1'));
    const exif = Buffer.concat([Buffer.from('MM\0*\0\0\0\x08\0\x01', 'latin1'), entry(0x8769, 4, 1, exifAt), Buffer.alloc(4),
        Buffer.from([0, texts.length]), ...entries, Buffer.alloc(4), ...words]);
    return Buffer.concat([picture.subarray(0, 33), pngChunk('eXIf', exif), picture.subarray(33)]);
}

/* ---- What came out (developers.google.com/speed/webp/docs/riff_container) ---- */

/* { width, height, frames, chunks } of a WebP file. */
export function readWebp(bytes) {
    assert.equal(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 12), 'RIFFWEBP');
    assert.equal(bytes.readUInt32LE(4) + 8, bytes.length, 'the length in the RIFF header is that of the file');
    const chunks = [];
    for (let at = 12; at + 8 <= bytes.length;) {
        const length = bytes.readUInt32LE(at + 4);
        chunks.push({ name: bytes.toString('latin1', at, at + 4), content: bytes.subarray(at + 8, at + 8 + length) });
        at += 8 + length + (length & 1);
    }
    const names = chunks.map(({ name }) => name);
    const { name, content } = chunks[0];
    const size = name === 'VP8X' ? [content.readUIntLE(4, 3) + 1, content.readUIntLE(7, 3) + 1]
        : name === 'VP8 ' ? [content.readUInt16LE(6) & 0x3fff, content.readUInt16LE(8) & 0x3fff]
            : [(content.readUInt32LE(1) & 0x3fff) + 1, ((content.readUInt32LE(1) >> 14) & 0x3fff) + 1];
    return { width: size[0], height: size[1], frames: Math.max(1, names.filter((one) => one === 'ANMF').length), chunks: names };
}
