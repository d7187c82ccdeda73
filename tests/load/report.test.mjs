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

const ALARM = 0xd1495b, EVENT = 0x5b6675;
/* How many pixels of each plot have exactly the colours of events and of alarms. */
const inkOf = (page) => page.$$eval('.uplot canvas', (canvases, inks) => canvases.map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const colours = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i] << 16 | data[4 * i + 1] << 8 | data[4 * i + 2]);
    return inks.map((ink) => colours.filter((colour) => colour === ink).length);
}), [EVENT, ALARM]);

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
        'Latency over time', 'Successes and failures', 'Requests in total and by target', 'Time and failures against the rate',
        'Latency over time', 'Successes and failures', 'Requests in total and by target', 'Active users']);
    for (const [i, count] of (await colours(page)).entries()) assert.ok(count > 20, `plot ${i} has ${count} colours`);
    const { runs: [{ table }] } = await page.evaluate('report'), { all } = ramp.summary;
    const heads = await page.$$eval('table.summary:first-of-type th', (cells) => cells.map((cell) => cell.textContent));
    assert.deepEqual(heads.slice(0, 11), ['', 'samples', 'average ms', 'min ms', 'p50 ms', 'p99 ms', 'max ms', 'deviation ms', 'error %', 'per second', 'KB/s']);
    assert.equal(await page.textContent('table.summary tr:last-child td:nth-child(2)'), all.count.toLocaleString('en'));
    assert.deepEqual(table.map(({ label, samples }) => [label, samples]), [...ramp.summary.labels, all].map(({ label, count }) => [label, count]));
    const row = table.at(-1), seconds = ramp.intervals.at(-1).at_ms / 1000 + 0.25;
    const expected = { average: all.mean_ms, min: all.min_ms, max: all.max_ms, deviation: all.deviation_ms, errors: 100 * all.failed / all.count,
        throughput: all.count / seconds, kilobytes: all.bytes / 1024 / seconds, p50: all.percentiles_ms[50], p99: all.percentiles_ms[99] };
    for (const [name, value] of Object.entries(expected)) assert.ok(Math.abs(row[name] / value - 1) < 1e-4, `${name}: ${row[name]}, not ${value}`);
    assert.match(await page.textContent('main'), new RegExp(`other status than 200 ${ramp.summary.all.failures.status}`));
    await page.emulateMedia({ media: 'print' });
    assert.ok((await page.pdf({ format: 'A4' })).length > 20_000);
    assert.deepEqual(faults, []);
    await page.close();
});

test('several targets, scaling events, alarm lines and what others noted are drawn from files (figure 5)', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => new KnownServer(() => 'ok').listen()));
    const run = await load('--rate', '90/s', '--duration', '3s', '--interval', '500ms', ...servers.map(({ url }) => url));
    for (const server of servers) server.die();
    const folder = newFolder(), marks = join(folder, 'scaler.jsonl'), [bare, marked] = ['bare', 'marked'].map((name) => join(folder, `${name}.html`));
    const time = (at_ms) => run.head.begin_ms + at_ms;
    const lines = [
        { type: 'event', time_ms: time(1000), text: 'a server is added' }, { type: 'event', time_ms: time(2000), text: 'a server is taken away' },
        { type: 'level', value: 80, text: 'alarm above' }, { type: 'level', value: 2.5, plot: 'Servers', text: 'most' },
        ...[0, 500, 1000, 1500, 2000, 2500].map((at_ms, i) => ({ type: 'gauge', time_ms: time(at_ms), plot: 'Servers', name: 'running', value: 1 + i % 2 })),
        { type: 'gauge', time_ms: time(700), plot: 'Servers', name: 'stopped', value: 1 }, { type: 'gauge', time_ms: time(1200), name: 'requests per server', value: 40 },
        { type: 'gauge', time_ms: time(-5000), name: 'before the run', value: 1 },
    ];
    writeFileSync(marks, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    for (const [out, ...files] of [[bare], [marked, marks]]) assert.equal((await runProgram(['report', '--out', out, run.path, ...files])).code, 0);
    const before = await open(bare), { page, faults } = await open(marked);

    const { runs: [shown] } = await page.evaluate('report');
    assert.deepEqual(shown.labels.map(({ name }) => name), servers.map(({ url }) => `GET ${url}`));
    for (const [i, { requests }] of shown.labels.entries())
        assert.ok(Math.abs(requests.reduce((sum, rate) => sum + rate * shown.interval, 0) - servers[i].records.length) < 0.01, `target ${i}`);
    assert.deepEqual(shown.events, [{ at: 1, text: 'a server is added' }, { at: 2, text: 'a server is taken away' }]);
    assert.deepEqual(shown.levels, [{ value: 80, plot: '', text: 'alarm above' }, { value: 2.5, plot: 'Servers', text: 'most' }]);
    assert.deepEqual(shown.gauges, [
        { plot: 'Servers', name: 'running', points: [[0, 1], [0.5, 2], [1, 1], [1.5, 2], [2, 1], [2.5, 2]] },
        { plot: 'Servers', name: 'stopped', points: [[0.7, 1]] }, { plot: '', name: 'requests per server', points: [[1.2, 40]] }]);

    const titles = await page.$$eval('h3', (heads) => heads.map((head) => head.textContent));
    const TITLES = ['Latency over time', 'Successes and failures', 'Requests in total and by target'];
    assert.deepEqual(titles, [...TITLES, 'Servers', 'requests per server']);
    const ink = await inkOf(page), inkBefore = await inkOf(before.page);
    for (const i of TITLES.keys()) assert.ok(ink[i][0] > inkBefore[i][0] + 100, `events in plot ${i}: ${ink[i][0]} of ${inkBefore[i][0]}`);
    assert.deepEqual([inkBefore[2][1], ink[4][1]], [0, 0], 'no alarm where there is none');
    for (const i of [2, 3]) assert.ok(ink[i][1] > 200, `alarm in plot ${i}: ${ink[i][1]}`);
    assert.deepEqual([...faults, ...before.faults], []);
    await page.close();
    await before.page.close();
});

test('runs of one rate each make one curve together, and a run of many rates has its own', async () => {
    const server = await new KnownServer(() => 'ok').listen();
    const [slow, fast] = await Promise.all(['50/s', '100/s'].map((rate) => load('--rate', rate, '--duration', '1s', server.url)));
    const steps = await load('--steps', '0:20/s,500ms:40/s,1s:80/s', '--duration', '1500ms', '--interval', '500ms', server.url);
    server.die();
    const path = join(newFolder(), 'report.html');
    const made = await runProgram(['report', '--out', path, slow.path, fast.path, steps.path]);
    assert.equal(made.code, 0, made.stderr);
    assert.equal((await runProgram(['report', '--out', '-', slow.path, fast.path, steps.path])).stdout, readFileSync(path, 'utf8'), 'the same runs make the same page');
    const { page, faults } = await open(path);
    const { curve, runs } = await page.evaluate('report');
    const rates = (points) => points.map(({ rate }) => rate);
    assert.deepEqual([curve, ...runs.map((run) => run.curve)].map(rates), [[50, 100], [], [], [20, 40, 80]]);
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
