// The page of `cloudphotos report`, opened in a browser.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newFolder, runProgram } from '../http/server.mjs';
import { KnownServer } from './known_server.mjs';
import { load, simulate } from './tool.mjs';

const { chromium } = createRequire(new URL('../../report/package.json', import.meta.url))('playwright-core');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'];

let browser;
after(() => browser?.close());

/* { page, faults }: faults are what the console called an error, what was thrown, and everything that was asked of a network. */
async function open(path) {
    browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
    const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
    const faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => { if (message.type() !== 'log') faults.push(message.text()); });
    page.on('request', (request) => { if (!/^(file|data):/.test(request.url())) faults.push(request.url()); });
    await page.goto(`file://${path}`);
    return { page, faults };
}

/* How many colours each plot's lines and axes have left on its canvas: a blank one has one. */
const colours = (page) => page.$$eval('.uplot canvas', (canvases) => canvases.map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
}));

const chain = join(newFolder(), 'chain.json');
writeFileSync(chain, JSON.stringify({ start: 's', think: '100ms', states: {
    s: { next: { look: 0.5, search: 0.5 } }, look: { request: { path: '/look' }, next: { s: 1 } }, search: { request: { path: '/search' }, next: { s: 1 } } } }));

test('the page shows all plots and figures, needs nothing beside it, and its console is silent', async () => {
    const server = await new KnownServer(({ number }) => (number % 10 ? 'ok' : 'unavailable')).listen();
    const ramp = await load('--ramp', '0:50/s,3s:300/s', '--interval', '250ms', '--title', '</script><b>a "ramp"</b>', `${server.url}/a`, `${server.url}/b`);
    const users = await simulate('--users', '5,20', '--every', '1500ms', '--interval', '500ms', '--chain', chain, server.url);
    server.die();
    const folder = newFolder(), events = join(folder, 'events.jsonl'), path = join(folder, 'report.html');
    writeFileSync(events, `{"type":"event","time_ms":${ramp.head.begin_ms + 1000},"text":"a second server"}\n{"type":"level","value":200,"text":"alarm"}\n`);
    const made = await runProgram(['report', '--title', 'A <report>', '--out', path, ramp.path, users.path, events]);
    assert.equal(made.code, 0, made.stderr);
    assert.ok(!/(src|href)="(?!data:)/.test(readFileSync(path, 'utf8')), 'it loads nothing');

    const { page, faults } = await open(path);
    assert.equal(await page.title(), 'A <report>');
    assert.deepEqual(await page.$$eval('h2', (heads) => heads.map((head) => head.textContent)), ['</script><b>a "ramp"</b>', 'cloudphotos simulate']);
    assert.deepEqual(await page.$$eval('h3', (heads) => heads.map((head) => head.textContent)), [
        'Latency over time', 'Successes and failures', 'Requests in total and by target',
        'Latency over time', 'Successes and failures', 'Requests in total and by target', 'Active users', 'Time and failures against the rate']);
    for (const [i, count] of (await colours(page)).entries()) assert.ok(count > 20, `plot ${i} has ${count} colours`);
    const cells = await page.$$eval('table.summary tr:last-child td', (all) => all.map((cell) => cell.textContent));
    assert.equal(cells[1], ramp.summary.all.count.toLocaleString('en'));
    assert.match(await page.textContent('main'), new RegExp(`other status than 200 ${ramp.summary.all.failures.status}`));
    await page.emulateMedia({ media: 'print' });
    assert.ok((await page.pdf({ format: 'A4' })).length > 20_000);
    assert.deepEqual(faults, []);
    await page.close();
});

test('a run that was cut, one without answers and a single interval make a page too', async () => {
    const server = await new KnownServer(() => 'unavailable').listen();
    const run = await load('--rate', '50/s', '--duration', '1s', '--interval', '2s', server.url);
    server.die();
    const folder = newFolder(), cut = join(folder, 'cut.jsonl'), path = join(folder, 'report.html');
    writeFileSync(cut, `${run.lines.slice(0, -1).map((line) => JSON.stringify(line)).join('\n')}\n{"type":"inter`);
    assert.equal((await runProgram(['report', '--out', path, cut])).code, 0);
    const { page, faults } = await open(path);
    assert.match(await page.textContent('main'), /the generator did not end in order/);
    assert.deepEqual(await page.$$eval('h3', (heads) => heads.map((head) => head.textContent)), ['Successes and failures', 'Requests in total']);
    assert.deepEqual(faults, []);
    await page.close();
});
