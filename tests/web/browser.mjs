// A browser for tests, on the real server: Chromium, unless the test file has chosen another (browsers.mjs).
//
// A page is watched while it is open: whatever its console calls an error, whatever it throws, and every report of its
// Content-Security-Policy fails the test at `page.close()` in `withPage`, but for answers that a test says it expects.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../http/server.mjs';
import { contextOptions, launch } from './browsers.mjs';
import { closeOrKill } from './closing.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const fromWeb = createRequire(join(root, 'web', 'package.json'));
export const axeSource = fromWeb.resolve('axe-core/axe.min.js');
export const dist = join(root, 'web', 'dist');

const PATIENCE_MS = 60_000;
/* The page of somebody who has published nothing is a page with the code 404, which the console calls an error. */
const NOBODY = /\/@[a-z0-9_]+$/;

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/* A browser of one's own, to be closed; `flags` beyond the usual ones. */
export const launchBrowser = async (flags = []) => (await launch(flags)).browser;

let launched; // the promise of the browser, so that pages opened at once share one
let running;  // { browser, pid }
async function start() {
    launched ??= launch();
    running = await launched;
    return running;
}
export const openBrowser = async () => (await start()).browser;
export const browserPid = () => running.pid;

export async function closeBrowser() {
    if (running) await closeOrKill('the browser', () => running.browser.close(), running.pid);
    launched = running = undefined;
}
/* Closes a context of `home`, its browser. Where it hangs, the next page has another browser. Of several pages of one browser each may
 * hang, and the first has then killed it, and another may run. */
async function closeContext(context, home, limit_ms) {
    if (await closeOrKill('a context', () => context.close(), home.pid, limit_ms)) return;
    if (running === home) launched = running = undefined;
}

/* Watches a page; returns a function that lists what was wrong. `expected`: addresses whose failures are meant, for the browser's
 * console calls every answer above 399 an error. */
export function watch(page, expected = []) {
    const faults = [];
    page.on('pageerror', (error) => { if (!expected.some((one) => one.test(error.message))) faults.push(`thrown: ${error.message}`); });
    page.on('console', (message) => {
        const { url } = message.location();
        if (message.type() !== 'error' || NOBODY.test(url) || expected.some((one) => one.test(url) || one.test(message.text()))) return;
        faults.push(`console: ${message.text()} (${url})`);
    });
    return () => faults;
}

/* Runs `work` with a page of a new person: a context without any past. `name` logs in. Resolves to what `work` does. */
export async function withPage(server, work, { name, expected, closeLimit_ms, ...options } = {}) {
    const home = await start();
    const context = await home.browser.newContext(contextOptions({ ...DESKTOP, locale: 'en', reducedMotion: 'reduce',
        serviceWorkers: 'block', baseURL: server.url, ...options }));
    try {
        context.setDefaultTimeout(PATIENCE_MS);
        if (name) await context.addInitScript((user) => {
            if (location.protocol === 'http:') localStorage.getItem('name') ?? localStorage.setItem('name', user);
        }, name);
        const page = await context.newPage();
        const faults = watch(page, [/Service Worker registration blocked/, ...(expected ?? [])]);
        const result = await work(page, context);
        assert.deepEqual(faults(), []);
        return result;
    } finally {
        await closeContext(context, home, closeLimit_ms);
    }
}

/* A server with these published photos: [author, bytes] each. Resolves to { server, ids }. */
export async function startWith(photos = [], options) {
    const server = await startServer(options);
    const ids = [];
    for (const [author, bytes] of photos) ids.push(await server.publish(author, bytes));
    return { server, ids };
}

/* Chooses files in the browser's picker, which `open` opens. */
export async function choose(page, files, open = () => page.getByRole('button', { name: 'Upload' }).first().click()) {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), open()]);
    await chooser.setFiles(files.map(({ name, bytes }) => ({ name, mimeType: 'image/jpeg', buffer: bytes })));
}

export const job = (page, name) => page.locator('.job', { hasText: name });
export const jobState = (page, name, state) => job(page, name).locator('.job-state', { hasText: state }).waitFor();

/* Says something of a photo in its upload's row. */
export async function caption(page, name, text, description) {
    await page.getByRole('button', { name: `Caption: ${name}` }).click();
    const form = job(page, name).locator('form');
    await form.getByLabel('Caption').fill(text);
    if (description !== undefined) await form.getByLabel('Description').fill(description);
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
}
