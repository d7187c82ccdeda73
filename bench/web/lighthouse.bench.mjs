// Google's judge of pages, on home as a desktop sees it.
import { createServer } from 'node:net';
import lighthouse, { desktopConfig } from 'lighthouse';
import { launchBrowser } from '../../tests/web/browser.mjs';
import { median, PHOTOS, startHome } from './page.mjs';

const RUNS = 3;
const SCORES = [['performance', 97], ['accessibility', 100], ['best-practices', 100], ['seo', 100]];

const freePort = () => new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => done(port));
    });
});

async function judge(url) {
    const port = await freePort();
    const browser = await launchBrowser([`--remote-debugging-port=${port}`]);
    try {
        const { lhr } = await lighthouse(url, { port, logLevel: 'error', onlyCategories: SCORES.map(([id]) => id) }, desktopConfig);
        if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
        const blamed = Object.values(lhr.audits).filter((audit) => audit.score === 0 && audit.scoreDisplayMode === 'binary').map((audit) => audit.id);
        return { blamed, scores: Object.fromEntries(SCORES.map(([id]) => [id, lhr.categories[id].score * 100])) };
    } finally {
        await browser.close();
    }
}

export async function measure() {
    const { server } = await startHome();
    try {
        const results = [];
        for (let run = 0; run < RUNS; run++) results.push(await judge(server.url));
        const blamed = [...new Set(results.flatMap((result) => result.blamed))];
        return SCORES.map(([id, least], i) => ({
            what: `Lighthouse, desktop: ${id.replace('-', ' ')}`, value: median(results.map((result) => result.scores[id])), least,
            note: i === 0 ? `lighthouse 12.8.2, home with ${PHOTOS} photographs; medians of ${RUNS}; failed audits: ${blamed.join(', ') || 'none'}` : undefined,
        }));
    } finally {
        await server.stop();
    }
}
