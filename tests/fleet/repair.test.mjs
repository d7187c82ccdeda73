// What dies, hangs or fails is replaced; what is told to leave leaves after its work. Nobody who asks notices.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../load/tool.mjs';
import { Fleet, signal, standIn } from './fleet.mjs';

const flags = ['--program', standIn, '--minimum', '2', '--maximum', '3', '--warm', '1', '--slow-start', '1s', '--check-timeout', '500ms',
    '--target-concurrency', '64'];
const port = ({ address }) => address.split(':')[1];

/* What can happen to an instance in service. A stopped one answers nothing, but its port still takes connections. */
const troubles = [
    ['killed', ({ pid }) => signal(pid, 'SIGKILL')],
    ['stopped', ({ pid }) => signal(pid, 'SIGSTOP')],
    ['sick', (one, fleet) => writeFileSync(join(fleet.data, `sick-${port(one)}`), '')],
    ['drained', async (one, fleet) => assert.equal((await fleet.command('drain', one.name)).code, 0)],
];

/* In turn, one every few seconds; FAULT_ROUNDS=1000 does it for a quarter of an hour. */
const rounds = Math.max(troubles.length, Math.round(Number(process.env.FAULT_ROUNDS ?? 50) / 5) - 6);
const EVERY_MS = 4000;

test(`${rounds} instances that are killed, stopped, sick or drained under load are replaced, and no request fails`, async (t) => {
    const fleet = await Fleet.start(...flags);
    await fleet.settled();
    const { balancer_pid } = await fleet.status();
    const seconds = Math.ceil((rounds + 1) * EVERY_MS / 1000);
    const running = load('--rate', '120/s', '--duration', `${seconds}s`, '--timeout', '3s', `${fleet.url}/task`);
    const gone = [];
    for (let round = 0; round < rounds; round++) {
        await sleep(EVERY_MS);
        const [name, trouble] = troubles[round % troubles.length];
        const [one] = await fleet.instances('in service');
        await trouble(one, fleet);
        gone.push([name, one.name]);
    }
    const { summary } = await running;
    assert.equal(summary.all.failed, 0, JSON.stringify(summary.all.failures));
    await fleet.settled();
    const { instances, activity, balancer_pid: after } = await fleet.status();
    for (const [name, instance] of gone) {
        assert.ok(!instances.some((other) => other.name === instance), `${instance}, which was ${name}, is still there`);
        assert.ok(activity.some((entry) => entry.activity.startsWith(instance)), `${instance}: ${JSON.stringify(activity)}`);
    }
    assert.equal(after, balancer_pid, 'HAProxy was never loaded anew');
    t.diagnostic(`${summary.all.count} requests, ${gone.length} instances replaced`);
    await fleet.stop();
});

test('a rolling restart replaces all under load, and no request fails', async () => {
    const fleet = await Fleet.start(...flags);
    await fleet.settled();
    const before = (await fleet.instances()).map(({ name }) => name);
    const running = load('--rate', '120/s', '--duration', '10s', '--timeout', '1s', `${fleet.url}/task`);
    await sleep(500);
    assert.equal((await fleet.command('rolling-restart')).code, 0);
    const { summary } = await running;
    assert.equal(summary.all.failed, 0, JSON.stringify(summary.all.failures));
    await fleet.settled();
    for (const { name } of await fleet.instances()) assert.ok(!before.includes(name), `${name} was there before`);
    await fleet.stop();
});

test('a fleet that is killed changes nothing, and its next start takes up what runs', async () => {
    const fleet = await Fleet.start(...flags);
    await fleet.settled();
    const { instances, balancer_pid } = await fleet.status();
    const running = load('--rate', '120/s', '--duration', '6s', '--timeout', '1s', `${fleet.url}/task`);
    await sleep(1000);
    await fleet.kill();
    await sleep(1000);
    await fleet.run();
    const { summary } = await running;
    assert.equal(summary.all.failed, 0, JSON.stringify(summary.all.failures));
    const after = await fleet.status();
    const pids = (list) => list.map(({ name, pid, state }) => `${name} ${pid} ${state}`).sort();
    assert.deepEqual(pids(after.instances), pids(instances));
    assert.equal(after.balancer_pid, balancer_pid);
    await fleet.stop();
});

test('HAProxy that is killed is back within a second or so, with the same servers', async () => {
    const fleet = await Fleet.start(...flags);
    await fleet.settled();
    const { balancer_pid } = await fleet.status();
    const running = load('--rate', '20/s', '--duration', '4s', '--timeout', '3s', '--reconnect', `${fleet.url}/task`);
    await sleep(1000);
    signal(balancer_pid, 'SIGKILL');
    const { summary } = await running;
    assert.ok(summary.all.failed < 2 * 20, `${summary.all.failed} of ${summary.all.count} failed`);
    const { instances, balancer_pid: after } = await fleet.status();
    assert.notEqual(after, balancer_pid);
    assert.equal(instances.filter((one) => one.state === 'in service' && one.requests > 0).length, 2);
    await fleet.stop();
});
