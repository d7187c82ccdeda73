// The fleet follows the load: instances are added and removed, and nobody who asks notices.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../load/tool.mjs';
import { Fleet, standIn } from './fleet.mjs';

test('a load of one, two and three times what an instance is meant for is answered without a failure', async (t) => {
    const fleet = await Fleet.start('--program', standIn, '--minimum', '1', '--maximum', '4', '--warm', '1', '--target-concurrency', '3',
        '--slow-start', '0', '--stable-window', '10s', '--panic-window', '2s', '--max-requests', '8');
    await fleet.settled();
    const { summary } = await load('--steps', '0:120/s,5s:240/s,10s:360/s', '--duration', '15s', '--timeout', '1s', `${fleet.url}/task`);
    assert.equal(summary.all.failed, 0, JSON.stringify(summary.all.failures));
    assert.ok(summary.all.count > 3000, `${summary.all.count} requests`);
    const steps = await fleet.steps();
    assert.ok(Math.max(...steps) >= 3, `the numbers wanted: ${steps}`);
    t.diagnostic(`wanted: ${steps.join(' ')}; ${JSON.stringify(summary.all)}`);
    await fleet.stop();
});

test("the original's ramp and alarms give the original's steps", async () => {
    // A minute of the original takes two seconds: 20, 60, 100, 60 and 20 requests a second against lines at 40 and 20.
    const fleet = await Fleet.start('--program', standIn, '--policy', 'step', '--datapoint', '2s', '--scale-out-above', '2400', '--scale-in-below', '1200',
        '--scale-out-warm-up', '4s', '--scale-in-warm-up', '3s', '--slow-start', '0', '--warm', '1');
    await fleet.settled();
    const { summary } = await load('--steps', '0:15/s,5s:60/s,13s:100/s,21s:60/s,24s:15/s', '--duration', '40s', '--timeout', '1s', `${fleet.url}/task`);
    assert.equal(summary.all.failed, 0, JSON.stringify(summary.all.failures));
    assert.deepEqual(await fleet.steps(), [0, 1, 2, 3, 2, 1]);
    await fleet.stop();
});
