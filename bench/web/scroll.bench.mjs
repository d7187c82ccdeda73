// A profile of 10,000 photos, scrolled from its top: frames, and what it costs of memory.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../../tests/http/server.mjs';
import { photograph } from '../../tests/web/album.mjs';
import { closeBrowser } from '../../tests/web/browser.mjs';
import { buildProgram } from '../server.mjs';
import { heapOf, imagesSeen, medians } from './page.mjs';

const COUNT = 10_000;
const SECONDS = 5;
const RUNS = 5;

/* Where the file system's bucket keeps a key: src/blob/blob_fs.c. */
function shardOf(key) {
    let hash = 2166136261;
    for (const letter of Buffer.from(key)) hash = Math.imul(hash ^ letter, 16777619) >>> 0;
    return ((hash ^ hash >>> 16) & 0xff).toString(16).padStart(2, '0');
}

/* Every photo of the library has this thumbnail: one file under all their names. */
async function giveThumbnails(server, folder, name) {
    const image = join(folder, 'thumbnail.webp');
    const jpeg = join(folder, 'photo.jpg');
    writeFileSync(jpeg, photograph(1).bytes);
    execFileSync('vips', ['thumbnail', jpeg, image, '350']);
    for (let cursor = ''; cursor !== undefined;) {
        const answer = await server.get(`/users/${name}?limit=1000${cursor && `&cursor=${cursor}`}`);
        for (const id of answer.json.post_ids) {
            const key = `${id}-thumb.webp`;
            const shard = join(server.data, 'buckets', 'thumbnails', shardOf(key));
            mkdirSync(shard, { recursive: true });
            linkSync(image, join(shard, key));
        }
        cursor = answer.headers.link?.match(/cursor=([^&>]+)/)?.[1];
    }
}

const scroll = (name) => async (page) => {
    await page.goto(`/@${name}`);
    await page.waitForFunction((count) => document.querySelector('.grid li')?.getAttribute('aria-setsize') === String(count), COUNT);
    await imagesSeen(page);
    const frames = await page.evaluate((seconds) => new Promise((done) => {
        const times = [];
        const step = (now) => {
            times.push(now);
            scrollBy(0, 60);
            if (now - times[0] < seconds * 1000) requestAnimationFrame(step);
            else done(times.slice(1).map((time, i) => time - times[i]));
        };
        requestAnimationFrame(step);
    }), SECONDS);
    frames.sort((one, other) => one - other);
    return {
        rate: frames.length / frames.reduce((sum, time) => sum + time, 0) * 1000,
        p95_ms: frames[Math.floor(frames.length * 0.95)],
        heap_mb: await heapOf(page) / 1e6,
    };
};

export async function measure(context) {
    execFileSync(buildProgram(context, 'make_library'), [join(context.folder, 'made.db'), '--users', '1', '--photos', String(COUNT)]);
    const data = join(context.folder, 'data');
    mkdirSync(data);
    renameSync(join(context.folder, 'made.db'), join(data, 'photos.db'));
    const server = await startServer({ data });
    try {
        const name = (await server.get('/photos?limit=1')).json.photos[0].author_username;
        await giveThumbnails(server, context.folder, name);
        const { rate, p95_ms, heap_mb } = await medians(server, scroll(name), { runs: RUNS });
        const note = `60 pixels per frame for ${SECONDS} s, 1280 × 800, without a GPU; medians of ${RUNS}`;
        return [
            { what: `scrolling through ${COUNT} photos`, value: rate, unit: 'frames/s', least: 58, note },
            { what: 'p95 of a frame', value: p95_ms, unit: 'ms', most: 18 },
            { what: 'heap after that', value: heap_mb, unit: 'MB', most: 8 },
        ];
    } finally {
        await closeBrowser();
        await server.stop();
    }
}
