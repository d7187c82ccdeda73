// What benchmarks of the app share: Chromium on the real server, and what it says of a page.
import { photograph } from '../../tests/web/album.mjs';
import { startWith, withPage } from '../../tests/web/browser.mjs';
import { median } from '../server.mjs';

export { median };
export const RUNS = 7;
export const PHOTOS = 40;

/* A server whose home shows that many photographs. */
export const startHome = () => startWith(Array.from({ length: PHOTOS }, (_, number) => ['ada', photograph(number).bytes]));

/* Runs `work(page, context)` `runs` times, each for a new person in a new context; the figures that it resolves to, each its median. */
export async function medians(server, work, { runs = RUNS, ...options } = {}) {
    const results = [];
    for (let run = 0; run < runs; run++) results.push(await withPage(server, work, { serviceWorkers: 'allow', ...options }));
    return Object.fromEntries(Object.keys(results[0]).map((key) => [key, median(results.map((result) => result[key]))]));
}

/* Keeps all entries of these kinds from the start of every page: in `seen[kind]` there. */
export const observe = (page, options) => page.addInitScript((kinds) => {
    globalThis.seen = {};
    for (const kind of kinds) {
        seen[kind.type] = [];
        new PerformanceObserver((list) => seen[kind.type].push(...list.getEntries())).observe({ ...kind, buffered: true });
    }
}, options);

/* All photos near the window are there. */
export const imagesSeen = (page) => page.waitForFunction(() => {
    const images = [...document.querySelectorAll('.grid img')];
    return images.length > 0 && images.every((image) => image.complete && image.naturalWidth > 0);
});

/* Bytes of JavaScript's objects that are in use, after the collector has run. */
export async function heapOf(page) {
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    await session.detach();
    return usedSize;
}
