// What the app costs to fetch, packed by gzip: of the build that the server carries.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync, gzipSync } from 'node:zlib';
import { dist } from './browser.mjs';

const KB = 1000;
const packed = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
const assets = (pattern) => readdirSync(join(dist, 'assets')).filter((name) => pattern.test(name)).map((name) => `assets/${name}`);
const page = readFileSync(join(dist, 'index.html'), 'utf8');
const linked = (pattern) => [...page.matchAll(pattern)].map(([, file]) => file);
const sum = (files) => files.reduce((total, file) => total + packed(file), 0);

for (const [what, files, limit] of [
    ['the first JavaScript', linked(/(?:src|modulepreload[^>]*href)="\/([^"]+\.js)"/g), 25],
    ['the viewer, with its style', assets(/^viewer-.*\.(js|css)$/), 20],
    ['the service worker', ['sw.js'], 4],
    ['the style of the page', linked(/href="\/([^"]+\.css)"/g), 6],
]) test(`${what} is at most ${limit} KB`, () => {
    assert.ok(files.length > 0, 'there is such a file');
    assert.ok(sum(files) <= limit * KB, `${files.join(', ')}: ${sum(files)} bytes`);
});

test('every text is there in Brotli too, and is the same', () => {
    const texts = ['index.html', 'sw.js', ...assets(/\.(js|css)$/)];
    for (const file of texts.filter((one) => packed(one) > 200)) {
        assert.ok(existsSync(join(dist, `${file}.br`)), `${file}.br`);
        assert.deepEqual(brotliDecompressSync(readFileSync(join(dist, `${file}.br`))), readFileSync(join(dist, file)));
    }
});

test('nothing is fetched from anybody else', () => {
    for (const file of ['index.html', 'sw.js', ...assets(/\.(js|css)$/)]) {
        const hosts = [...readFileSync(join(dist, file), 'utf8').matchAll(/\b(?:https?:)?\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)/gi)].map(([, host]) => host);
        assert.deepEqual(hosts.filter((host) => !/^(www\.w3\.org)$/.test(host)), [], file);
    }
});
