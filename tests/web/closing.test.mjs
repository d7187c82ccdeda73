// A browser that hangs when its page is closed costs one test half a minute, and no other test anything.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, mock, test } from 'node:test';
import { until, within } from '../http/server.mjs';
import { browserPid, closeBrowser, openBrowser, startWith, withPage } from './browser.mjs';
import { closeOrKill } from './closing.mjs';

const LIMIT_MS = 100;
const hang = () => new Promise(() => {});
const isAlive = (pid) => {
    try { return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')); } catch { return false; }
};

let server;
before(async () => { ({ server } = await startWith()); });
after(async () => { await closeBrowser(); await server.stop(); });

/* What was printed of warnings while `work` ran; they stay out of this file's output, because nothing is wrong. */
async function warningsOf(work) {
    const print = mock.method(console, 'log', () => {});
    try {
        await work();
        return print.mock.calls.map((call) => call.arguments[0]);
    } finally {
        print.mock.restore();
    }
}

/* A process with a child, as a browser is. */
async function startFamily() {
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const child = Number(await new Promise((done) => { parent.stdout.once('data', done); }));
    return { parent, child, ended: new Promise((done) => { parent.once('exit', (code, name) => done(name)); }) };
}

const CASES = [
    // behaviour, close, is killed
    ['one that hangs is killed with its children', hang, true],
    ['one that closes is left alone', async () => {}, false],
];
for (const [behaviour, close, isKilled] of CASES) test(behaviour, async () => {
    const { parent, child, ended } = await startFamily();
    const warnings = await warningsOf(async () => {
        assert.equal(await closeOrKill('the stand-in', close, parent.pid, LIMIT_MS), !isKilled);
    });
    if (isKilled) await until('both are dead', () => !isAlive(parent.pid) && !isAlive(child));
    else assert.ok(isAlive(parent.pid) && isAlive(child));
    assert.deepEqual(warnings, isKilled ? [`WARNING: the stand-in did not close within 0.1 s; its browser (process ${parent.pid}) was killed`] : []);
    if (!isKilled) for (const pid of [parent.pid, child]) process.kill(pid, 'SIGKILL');
    assert.equal(await within('its end', ended), 'SIGKILL');
});

test('an error of closing is an error of the test', async () => {
    await assert.rejects(closeOrKill('the stand-in', async () => { throw new Error('broken pipe'); }, process.pid, LIMIT_MS), /broken pipe/);
});

test('the next page has a new browser, and the server is still there', async () => {
    await openBrowser();
    const first = browserPid();
    const warnings = await warningsOf(() => withPage(server, async (page, context) => {
        await page.goto('/');
        context.close = hang;
    }, { closeLimit_ms: LIMIT_MS }));
    assert.equal(warnings.length, 1);
    await until('the first browser is dead', () => !isAlive(first));
    await withPage(server, async (page) => {
        await page.goto('/');
        await page.getByRole('heading', { name: 'No photos yet' }).waitFor();
    });
    assert.notEqual(browserPid(), first);
});

test('a page that hangs after its browser was killed leaves the next browser alone', async () => {
    let isOpen, goOn;
    const opened = new Promise((done) => { isOpen = done; });
    const released = new Promise((done) => { goOn = done; });
    let next;
    const warnings = await warningsOf(async () => {
        const late = withPage(server, async (page, context) => {
            context.close = hang;
            isOpen();
            await released;
        }, { closeLimit_ms: LIMIT_MS });
        await opened;
        await withPage(server, async (page, context) => { context.close = hang; }, { closeLimit_ms: LIMIT_MS });
        await openBrowser();
        next = browserPid();
        goOn();
        await late;
    });
    assert.equal(warnings.length, 2);
    assert.ok(isAlive(next));
    await openBrowser();
    assert.equal(browserPid(), next);
});
