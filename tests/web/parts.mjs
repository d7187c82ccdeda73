// The parts of the app that a browser fetches, in the build that the server carries, and what each may weigh packed by gzip.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { dist } from './browser.mjs';

const page = readFileSync(join(dist, 'index.html'), 'utf8');
const linked = (pattern) => [...page.matchAll(pattern)].map(([, file]) => file);
export const assets = (pattern) => readdirSync(join(dist, 'assets')).filter((name) => pattern.test(name)).map((name) => `assets/${name}`);
export const packed = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

/* Sizes in bytes. */
export const PARTS = [
    ['the first JavaScript', linked(/(?:src|modulepreload[^>]*href)="\.\/([^"]+\.js)"/g), 25_000],
    ['the viewer, with its style', assets(/^viewer-.*\.(js|css)$/), 21_000],
    ['the service worker', ['sw.js'], 4000],
    ['the style of the page', linked(/href="\.\/([^"]+\.css)"/g), 6000],
].map(([what, files, limit]) => ({ what, files, limit, size: files.reduce((total, file) => total + packed(file), 0) }));
