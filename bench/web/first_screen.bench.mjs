// Home, for who comes for the first time and for who comes back without a network.
import { closeBrowser, withPage } from '../../tests/web/browser.mjs';
import { imagesSeen, median, medians, observe, PHOTOS, RUNS, startHome } from './page.mjs';

async function firstScreen(page) {
    await observe(page, [{ type: 'largest-contentful-paint' }, { type: 'layout-shift' }]);
    await page.goto('/', { waitUntil: 'load' });
    await imagesSeen(page);
    return await page.evaluate(() => ({
        paint_ms: seen['largest-contentful-paint'].at(-1).startTime,
        shift: seen['layout-shift'].filter((entry) => !entry.hadRecentInput).reduce((sum, entry) => sum + entry.value, 0),
    }));
}

/* From the wish to reload until all photos of the screen are there; the server is not. */
const reloadOffline = (server) => withPage(server, async (page) => {
    await page.goto('/');
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    await page.reload();
    await imagesSeen(page);
    await server.stop();
    const times = [];
    for (let run = 0; run < RUNS; run++) {
        const begun = performance.now();
        await page.reload({ waitUntil: 'commit' });
        await imagesSeen(page);
        times.push(performance.now() - begun);
    }
    return median(times);
}, { serviceWorkers: 'allow', expected: [/./] });

export async function measure() {
    const { server } = await startHome();
    try {
        const { paint_ms, shift } = await medians(server, firstScreen);
        const note = `home with ${PHOTOS} photographs, 1280 × 800, an empty cache each time; medians of ${RUNS}`;
        return [
            { what: 'largest contentful paint', value: paint_ms, unit: 'ms', most: 500, note },
            { what: 'layout shift', value: shift, most: 0.01 },
            { what: 'reload without a server', value: await reloadOffline(server) / 1000, unit: 's', most: 1,
              note: `until all photos on the screen are painted, with the server stopped; median of ${RUNS}` },
        ];
    } finally {
        await closeBrowser();
        await server.stop();
    }
}
