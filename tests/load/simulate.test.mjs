// Users who follow a chain, and the search for the highest rate, against a server of known behaviour.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newFolder, runProgram } from '../http/server.mjs';
import { KnownServer, now } from './known_server.mjs';
import { simulate } from './tool.mjs';

const photos = newFolder();
writeFileSync(join(photos, 'a.jpg'), 'a photo');

/* As the real one answers: half of all searched users are there, a photo is published at the second look. */
function photoServer() {
    const looks = new Map();
    return new KnownServer(({ method, path, headers, number }) => {
        if (method === 'POST') return { code: 200, body: JSON.stringify({ photo_id: `${number}`, status: 'PENDING', author: headers.join() }) };
        if (path.startsWith('/uploadStatus/')) {
            looks.set(path, (looks.get(path) ?? 0) + 1);
            return { code: 200, body: JSON.stringify({ status: looks.get(path) < 2 ? 'PENDING' : 'SUCCESS' }) };
        }
        if (path.startsWith('/users?username=user_')) return { code: 200, body: Number(path.slice(-1)) % 2 ? '[{"username":"x"}]' : '[]' };
        return { code: 200, body: '[]' };
    });
}

test('the shipped users do what the chain says, and are counted by state', async () => {
    const server = await photoServer().listen();
    const { code, summary, events, intervals, head } = await simulate('--users', '50,20', '--every', '8s', '--interval', '1s', '--timeout', '10s',
        '--photos', photos, '--people', '10', server.url);
    const paths = (prefix) => server.records.filter(({ path }) => path.startsWith(prefix));
    const counts = Object.fromEntries(summary.labels.map((label) => [label.label, label.count]));
    assert.equal(code, 0);
    assert.deepEqual(head.labels, ['upload', 'upload status', 'search nobody', 'search somebody', 'profile']);
    assert.deepEqual(counts, { upload: paths('/photos').length, 'upload status': paths('/uploadStatus/').length,
        'search nobody': paths('/users?username=nobody_').length, 'search somebody': paths('/users?username=user_').length,
        profile: paths('/users/').length });
    assert.equal(summary.all.failed, 0);
    assert.deepEqual(events.map(({ at_ms, text }) => [at_ms, text]), [[0, '50 users'], [8000, '20 users']]);
    assert.equal(intervals.find(({ at_ms }) => at_ms === 5000).users, 50);
    // Profiles are opened only of users who were found, and every look is for a photo that was uploaded.
    for (const { path } of paths('/users/')) assert.ok(Number(path.slice(-1)) % 2, path);
    const uploads = new Set(paths('/photos').map(({ number }) => `/uploadStatus/${number}`));
    for (const { path } of paths('/uploadStatus/')) assert.ok(uploads.has(path), path);
    // A photo that is still being worked on is looked at again after 5 s.
    const again = paths('/uploadStatus/').filter(({ path }, i, all) => all.findIndex((other) => other.path === path) !== i);
    for (const look of again) {
        const first = server.records.find(({ path }) => path === look.path);
        assert.ok(look.begin - first.begin >= 4.99e9, `${(look.begin - first.begin) / 1e9} s`);
    }
    assert.ok(again.length > 0);
    server.die();
});

test('a thousand users need less than a fifth of a core', async () => {
    const server = await photoServer().listen();
    const { summary, intervals } = await simulate('--users', '1000', '--every', '8s', '--interval', '1s', '--timeout', '10s', '--photos', photos, server.url);
    assert.equal(Math.max(...intervals.map(({ users }) => users)), 1000);
    assert.ok(summary.all.count > 4000, `${summary.all.count} requests`);
    assert.ok(summary.cpu_s < 0.2 * summary.elapsed_s, `${summary.cpu_s} s of ${summary.elapsed_s} s`);
    server.die();
});

test('after a failure a user begins anew, at once', async () => {
    const chain = join(newFolder(), 'chain.json');
    writeFileSync(chain, JSON.stringify({ start: 's', think: '100ms', states: {
        s: { next: { fails: 1 } }, fails: { request: { path: '/fails' }, next: { after: 1 } }, after: { request: { path: '/after' }, next: { s: 1 } } } }));
    const server = await new KnownServer(({ number }) => (number % 2 ? 'unavailable' : 'ok')).listen();
    const { summary } = await simulate('--users', '1', '--every', '3s', '--interval', '1s', '--chain', chain, '--timeout', '10s', server.url);
    const paths = server.records.map(({ path }) => path);
    // ok, then "after" fails; from the start again.
    assert.deepEqual(paths.slice(0, 4), ['/fails', '/after', '/fails', '/after']);
    assert.equal(summary.all.failures.status, server.count('unavailable'));
    server.die();
});

test('photos of states come from folders of their own', async () => {
    const folder = newFolder(), chain = join(folder, 'chain.json');
    for (const name of ['good', 'bad']) {
        mkdirSync(join(folder, name));
        writeFileSync(join(folder, name, 'x.jpg'), `a ${name} photo`);
    }
    const upload = (name) => ({ request: { method: 'POST', path: `/${name}`, photos: name }, next: { s: 1 } });
    writeFileSync(chain, JSON.stringify({ start: 's', think: '50ms', states: { s: { next: { good: 0.5, bad: 0.5 } }, good: upload('good'), bad: upload('bad') } }));
    const server = await new KnownServer(() => 'ok').listen();
    await simulate('--users', '5', '--every', '2s', '--interval', '1s', '--chain', chain, '--photos', folder, '--timeout', '10s', server.url);
    assert.ok(server.records.length > 10);
    for (const { path, body } of server.records) assert.ok(body.includes(`a ${path.slice(1)} photo`), path);
    server.die();
});

/* It answers one request each 1/LIMIT seconds. Above that the queue grows: at 2.4 % over it, half of the requests of a run of 1 s have
 * waited 12 ms and more. The median does not mind a few that a busy machine has held up. */
test('the knee of a server with a known limit is found within 5 %', async () => {
    const LIMIT = 200;
    let free_at = 0;
    const server = await new KnownServer(() => {
        const moment = now();
        free_at = Math.max(moment, free_at) + 1e9 / LIMIT;
        return { behaviour: 'ok', delay_ms: (free_at - moment) / 1e6 };
    }).listen();
    const { code, stdout } = await runProgram(['load', '--find-knee', '--rate', '100/s', '--duration', '1s', '--slo', 'p50<18ms,failed<1%',
        '--pause', '0', '--timeout', '5s', server.url], { limit_ms: 240_000 });
    const [, rate, low, high] = stdout.match(/^([\d.]+)\/s is the highest rate that holds .*; 95% confidence interval ([\d.]+) to ([\d.]+), of 5 repeats$/m);
    assert.equal(code, 0);
    assert.ok(Math.abs(rate / LIMIT - 1) < 0.05, stdout);
    assert.ok(Number(low) <= Number(rate) && Number(rate) <= Number(high), stdout);
    server.die();
});
