// What the app costs to fetch, packed by gzip: of the build that the server carries.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { dist } from './browser.mjs';
import { assets, packed, PARTS } from './parts.mjs';

for (const { what, files, limit, size } of PARTS) test(`${what} is at most ${limit / 1000} KB`, () => {
    assert.ok(files.length > 0, 'there is such a file');
    assert.ok(size <= limit, `${files.join(', ')}: ${size} bytes`);
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
