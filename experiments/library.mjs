// What experiments share: users with photos, pictures that are published and such as are refused, and reading runs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { published, upload, uploadBody } from '../bench/server.mjs';
import { png, vips } from '../tests/http/pictures.mjs';

const hdr = createRequire(new URL('../report/package.json', import.meta.url))('hdr-histogram-js');

/* folder/good and folder/refused: photos as they come from phones, and such that lack half of their rows, which shows when they are decoded. */
export function makePictures(folder) {
    for (const name of ['good', 'refused']) mkdirSync(join(folder, name), { recursive: true });
    for (const [width, height] of [[1600, 1200], [1200, 1600], [2048, 1152]])
        writeFileSync(join(folder, 'good', `${width}x${height}.jpg`), vips(width, height, 'jpg'));
    writeFileSync(join(folder, 'refused', 'half.png'), png(1200, 800, { claims: { height: 1600 } }));
    return folder;
}

/* user_000, user_001, …: each with a published photo, so that searches find them. */
export async function makeUsers(url, pictures, count) {
    const body = uploadBody(readFileSync(join(pictures, 'good', '1600x1200.jpg')));
    for (let i = 0; i < count; i++) await published(url, await upload(url, body, `user_${String(i).padStart(3, '0')}`));
}

/* Of an interval's line. */
export function countsOf({ ok, failed }) {
    const lost = Object.values(failed).reduce((sum, count) => sum + count, 0);
    return { ended: ok + lost, lost };
}

/* Milliseconds, from an interval's histogram. */
export function timesOf({ latency }) {
    const histogram = hdr.decodeFromCompressedBase64(latency, 64);
    return { mean: histogram.mean / 1e6, deviation: histogram.stdDeviation / 1e6 };
}

export function readRun(path) {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    return { summary: lines.at(-1), intervals: lines.filter(({ type }) => type === 'interval') };
}

export const number = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3))));
export const milliseconds = (value) => (value >= 1000 ? `${number(value / 1000)} s` : `${number(value)} ms`);
export const percent = (part, whole) => (whole > 0 ? `${number(100 * part / whole)}%` : '–');
