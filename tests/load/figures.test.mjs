// The figures that `cloudphotos load` reports, against a server that knows what it did.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { newFolder, program, runProgram, until } from '../http/server.mjs';
import { KnownServer, freeze, now } from './known_server.mjs';
import { deviation, load, mean, percentile } from './tool.mjs';

const hdr = createRequire(new URL('../../report/package.json', import.meta.url))('hdr-histogram-js');

/* Within 2 % of the truth. */
function near(actual, truth, what) {
    assert.ok(Math.abs(actual / truth - 1) <= 0.02, `${what}: ${actual} is more than 2 % off ${truth}`);
}

async function withServer(behave, use) {
    const server = await new KnownServer(behave).listen();
    try { await use(server); } finally { server.die(); }
}

/* How long each request took from its planned moment until the server had answered, in ms. The run's begin is as close as the first
 * requests tell; `ends` are the moments of the answers in the order of the plan. */
function fromPlan(server, rate, ends) {
    const period = 1e9 / rate;
    const begin = Math.min(...server.records.slice(0, rate).map((record, i) => record.begin - i * period));
    return ends.map((end, i) => (end - begin - i * period) / 1e6);
}

test('mean, deviation and percentiles of delays are those that the server made', () => withServer(
    // Two thirds and one: with halves the median would be the slowest of the fast ones, which a moment's stall of this machine sets.
    ({ number }) => ({ behaviour: 'ok', delay_ms: number % 3 ? 1000 : 2000 }),
    async (server) => {
        const { code, summary: { all } } = await load('--rate', '100/s', '--duration', '4s', '--timeout', '10s', server.url);
        const truth = fromPlan(server, 100, server.records.map((record) => record.end));
        assert.equal(code, 0);
        assert.equal(all.count, 400);
        assert.equal(all.ok, 400);
        assert.equal(truth.length, 400);
        near(all.mean_ms, mean(truth), 'mean');
        near(all.deviation_ms, deviation(truth), 'deviation');
        for (const percent of [10, 50, 90, 99].filter((each) => all.percentiles_ms[each])) near(all.percentiles_ms[percent], percentile(truth, percent), `p${percent}`);
        near(all.service_ms[50], percentile(server.records.map((record) => (record.end - record.begin) / 1e6), 50), 'service time');
    }));

/* A request that was planned while the server stood still waits until it goes on: of a uniform rate a tenth of the frozen time
 * is above p98, and so on. What it was exactly follows from when the server answered. */
test('a freeze shows in the percentiles as long as it was, for requests count from their planned start', async () => {
    const RATE = 200, FROZEN_MS = 1000;
    let frozen;
    await withServer(
        ({ number }) => {
            if (number === 300) {
                frozen = { begin: now() };
                freeze(FROZEN_MS);
                frozen.end = now();
            }
            return 'ok';
        },
        async (server) => {
            const { summary: { all } } = await load('--rate', `${RATE}/s`, '--duration', '5s', '--timeout', '10s', server.url);
            assert.equal(all.ok, 5 * RATE);
            const truth = fromPlan(server, RATE, server.records.map((record) => record.end).sort((a, b) => a - b));
            near(all.percentiles_ms[99], percentile(truth, 99), 'p99');
            near(all.percentiles_ms[95], percentile(truth, 95), 'p95');
            // A tool that waits for answers before it sends would have missed nearly all of these.
            const length_ms = (frozen.end - frozen.begin) / 1e6;
            assert.ok(all.percentiles_ms[99] > 0.9 * length_ms, `p99 ${all.percentiles_ms[99]} of a freeze of ${length_ms} ms`);
        });
});

test('of a limit of requests a second, what was over it is counted as the status that it was', async () => {
    const LIMIT = 50;
    let window = 0, used = 0;
    await withServer(
        () => {
            const second = Math.floor(now() / 1e9);
            if (second !== window) [window, used] = [second, 0];
            return used++ < LIMIT ? 'ok' : 'unavailable';
        },
        async (server) => {
            const { summary: { all }, intervals } = await load('--rate', '100/s', '--duration', '4s', '--timeout', '5s', server.url);
            assert.equal(all.ok, server.count('ok'));
            assert.deepEqual(all.failures, { status: server.count('unavailable'), timeout: 0, connect: 0, reset: 0, cut: 0, garbled: 0 });
            assert.equal(all.ok + all.failed, 400);
            const codes = intervals.map((line) => line.codes['503'] ?? 0).reduce((sum, count) => sum + count, 0);
            assert.equal(codes, server.count('unavailable'));
        });
});

const KINDS = { ok: 'ok', chunked: 'ok', until_end: 'ok', not_found: 'status', unavailable: 'status', reset: 'reset', reset_in_answer: 'reset',
    half: 'cut', half_head: 'cut', nothing: 'cut', garbled: 'garbled', slow_body: 'timeout', silence: 'timeout' };

for (const reconnect of [[], ['--reconnect']])
    test(`every failure is classified rightly, ${reconnect.length ? 'a connection a request' : 'on connections that stay'}`, () => {
        const names = Object.keys(KINDS);
        return withServer(({ number }) => names[number % names.length], async (server) => {
            const { summary: { all } } = await load('--rate', '130/s', '--duration', '3s', '--timeout', '3s', ...reconnect, server.url);
            const expected = {};
            for (const { behaviour } of server.records) expected[KINDS[behaviour]] = (expected[KINDS[behaviour]] ?? 0) + 1;
            const { ok, ...failures } = expected;
            assert.equal(server.records.length, 390);
            assert.equal(all.ok, ok);
            assert.deepEqual(all.failures, { connect: 0, ...failures });
        });
    });

test('a target that dies ends the run with one line and status 2, and keeps what there was', () => withServer(
    ({ number }) => { if (number === 100) server_to_kill.die(); return 'ok'; },
    async (server) => {
        server_to_kill = server;
        const { code, stderr, summary, intervals } = await load('--rate', '100/s', '--duration', '60s', '--give-up', '2s', '--interval', '500ms', server.url);
        assert.equal(code, 2);
        assert.match(stderr, /^cloudphotos load: the target didn't respond for .* s, so the run stopped after .* s\n$/);
        assert.ok(intervals.length > 0);
        assert.ok(summary.all.ok >= 90 && summary.all.failures.connect > 100, JSON.stringify(summary.all));
        assert.match(summary.ended, /didn't respond/);
    }));
let server_to_kill;

test('Ctrl-C ends a run in order, with what there was', () => withServer(() => 'ok', async (server) => {
    const path = join(newFolder(), 'run.jsonl');
    const child = spawn(program, ['load', '--rate', '50/s', '--duration', '10m', '--interval', '200ms', '--out', path, server.url], { stdio: 'ignore' });
    const ended = once(child, 'close');
    await until('an interval in the file', () => { try { return readFileSync(path, 'utf8').includes('"interval"'); } catch { return false; } });
    child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
    const summary = JSON.parse(readFileSync(path, 'utf8').trimEnd().split('\n').at(-1));
    assert.equal(summary.ended, 'interrupted');
    assert.equal(summary.all.count, server.records.length);
}));

/* On a terminal of 50 columns, with an interval that is longer than the run. */
const threeOfFour = ({ number }) => (number % 4 ? 'ok' : 'unavailable');
test('a live line says each second how long is left, and is never wider than the terminal', () => withServer(threeOfFour, async (server) => {
    const command = (words) => [program, 'load', '--rate', '40/s', '--out', join(newFolder(), 'run'), ...words, server.url].join(' ');
    const run = (...words) => promisify(execFile)('script', ['-qec', `stty cols 50; ${command(words)}`, '/dev/null']);
    const linesOf = ({ stdout }) => stdout.split('\r\x1b[K').slice(1, -1);
    const short = linesOf(await run('--duration', '3s', '--interval', '500ms'));
    assert.ok(short.some((line) => /^2 s, 1 s left {2}40\.0\/s {2}failed 25\.00 % {2}p50 [\d.]+ [mu]s/.test(line)), short.join('|'));
    for (const line of short) assert.ok(line.length < 50, line);
    const long = linesOf(await run('--duration', '2500ms', '--interval', '10s'));
    for (const line of ['0 s, 3 s left', '1 s, 2 s left', '2 s, 1 s left']) assert.ok(long.includes(line), `${line} in ${long.join('|')}`);
    assert.deepEqual(linesOf(await run('--duration', '1200ms', '--quiet')), []);
}));

test('methods, headers, bodies and photos arrive as they were asked for', () => withServer(() => 'ok', async (server) => {
    const folder = newFolder();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'a.jpg'), 'first photo');
    writeFileSync(join(folder, 'b"c.png'), 'second photo');
    await load('--rate', '20/s', '--duration', '500ms', '--method', 'PUT', '--header', 'X-One: 1', '--header', 'Authorization: ann',
        '--body', join(folder, 'a.jpg'), `${server.url}/path?q=%20#part`);
    await load('--rate', '20/s', '--duration', '500ms', '--threads', '1', '--photos', folder, `${server.url}/photos`);
    const [puts, posts] = [server.records.slice(0, 10), server.records.slice(10)];
    assert.equal(server.records.length, 20);
    for (const { method, path, headers, body } of puts) {
        assert.equal(`${method} ${path} ${body}`, 'PUT /path?q=%20 first photo');
        for (const header of ['X-One: 1', 'Authorization: ann']) assert.ok(headers.includes(header), headers.join());
    }
    for (const { method, path, headers, body } of posts) {
        const boundary = headers.join('\n').match(/^Content-Type: multipart\/form-data; boundary=(\S+)$/m)[1];
        assert.equal(`${method} ${path}`, 'POST /photos');
        assert.match(body, new RegExp(`^--${boundary}\r\nContent-Disposition: form-data; name="photo"; filename="(a.jpg|b_c.png)"\r\n`));
        assert.ok(body.endsWith(`photo\r\n--${boundary}--\r\n`), body);
    }
    assert.equal(posts.filter(({ body }) => body.includes('second photo')).length, 5);
}));

test('connections are kept, or made anew for each request', () => withServer(() => 'ok', async (server) => {
    let connections = 0;
    server.server.on('connection', () => { connections++; });
    await load('--rate', '100/s', '--duration', '1s', '--threads', '1', '--connections', '1', '--timeout', '10s', server.url);
    assert.ok(connections <= 3, `${connections} connections`); // one, and the look whether the target is there
    connections = 0;
    await load('--rate', '50/s', '--duration', '1s', '--reconnect', server.url);
    assert.equal(connections, 51);
}));

test('starts that find no connection are dropped, and said', () => withServer(() => ({ behaviour: 'ok', delay_ms: 500 }), async (server) => {
    const { summary: { all }, stdout } = await load('--rate', '100/s', '--duration', '2s', '--connections', '4', '--timeout', '5s', server.url);
    assert.equal(all.dropped + all.started, 200);
    assert.equal(all.started, server.records.length);
    assert.ok(all.started < 40, `${all.started} started`);
    assert.match(stdout, /The generator was at its limit: it could not make \d+ of 200 planned starts/);
}));

test('an independent implementation of HdrHistogram reads the log, and gets the same figures', () => withServer(
    ({ number }) => ({ behaviour: 'ok', delay_ms: number % 97 === 0 ? 250 : number % 10 }),
    async (server) => {
        const log = join(newFolder(), 'latency.hlog');
        const { summary: { all }, head } = await load('--rate', '300/s', '--duration', '3s', '--timeout', '5s', '--hdr', log, server.url);
        const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
        assert.match(lines[1], /^#\[Histogram log format version 1\.3\]$/);
        assert.equal(Number(lines[2].match(/^#\[StartTime: ([\d.]+) /)[1]) * 1000, head.begin_ms);
        const sum = hdr.build({ bitBucketSize: 64, lowestDiscernibleValue: 1, highestTrackableValue: 3600e9, numberOfSignificantValueDigits: 3 });
        for (const line of lines.slice(4)) {
            const [at, length, max, encoded] = line.split(',');
            const part = hdr.decodeFromCompressedBase64(encoded, 64);
            assert.equal(Number(length), 1);
            assert.ok(Number(at) % 1 === 0);
            assert.ok(Math.abs(part.maxValue / 1e6 - Number(max)) < 0.001, `${part.maxValue} ns, ${max} ms`);
            sum.add(part);
        }
        assert.equal(sum.totalCount, 900);
        for (const percent of Object.keys(all.percentiles_ms))
            assert.ok(Math.abs(sum.getValueAtPercentile(Number(percent)) / 1e6 - all.percentiles_ms[percent]) < 1e-5, `p${percent}`);
        assert.ok(Math.abs(sum.mean / 1e6 / all.mean_ms - 1) < 1e-6, `mean ${sum.mean}`);
        assert.ok(Math.abs(sum.stdDeviation / 1e6 / all.deviation_ms - 1) < 1e-6, `deviation ${sum.stdDeviation}`);
    }));

test('runs of two generators add up exactly', () => withServer(({ number }) => (number % 7 ? 'ok' : 'unavailable'), async (server) => {
    const runs = await Promise.all([load('--rate', '150/s', '--duration', '2s', server.url), load('--rate', '50/s', '--duration', '1s', server.url)]);
    const sum = join(newFolder(), 'sum.jsonl');
    const { code } = await runProgram(['load', 'merge', sum, ...runs.map(({ path }) => path)]);
    const { all } = JSON.parse(readFileSync(sum, 'utf8').trimEnd().split('\n').at(-1));
    assert.equal(code, 0);
    assert.equal(all.count, server.records.length);
    assert.equal(all.ok, server.count('ok'));
    assert.equal(all.failures.status, server.count('unavailable'));
    assert.equal((await runProgram(['load', 'merge', sum, runs[0].path])).code, 2, 'it overwrites nothing');
}));
