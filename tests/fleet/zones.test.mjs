// Zones are networks of their own here, with the balancer in a third between them. One is cut off under load and healed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../http/server.mjs';
import { loadFrom } from '../load/tool.mjs';
import { Fleet, standIn } from './fleet.mjs';

const ip = (...words) => spawnSync('ip', words, { encoding: 'utf8' });
const names = ['balancer', 'a', 'b'].map((name) => `cloudphotos-${process.pid}-${name}`);
const [balancer, ...zones] = names;
const must = (...words) => { const { status, stderr } = ip(...words); assert.equal(status, 0, `ip ${words.join(' ')}: ${stderr}`); };

function makeNetworks() {
    for (const name of names) {
        must('netns', 'add', name);
        must('-n', name, 'link', 'set', 'lo', 'up');
    }
    zones.forEach((zone, i) => {
        must('-n', balancer, 'link', 'add', `zone${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', zone);
        must('-n', balancer, 'addr', 'add', `10.77.${i}.1/24`, 'dev', `zone${i}`);
        must('-n', balancer, 'link', 'set', `zone${i}`, 'up');
        must('-n', zone, 'addr', 'add', `10.77.${i}.2/24`, 'dev', 'eth0');
        must('-n', zone, 'link', 'set', 'eth0', 'up');
    });
}
after(() => { for (const name of names) ip('netns', 'del', name); });

const probe = ip('netns', 'add', balancer);
const reason = probe.error ? 'there is no ip (package iproute2)' : probe.status !== 0 && `no network namespace can be made: ${probe.stderr}`;
ip('netns', 'del', balancer);

/* Packets vanish: nobody is told that the other side is gone. */
const cut = (i) => must('-n', zones[i], 'link', 'set', 'eth0', 'down');
const heal = (i) => must('-n', zones[i], 'link', 'set', 'eth0', 'up');

test('a zone that is cut off is left, its instances are replaced in the other, and no new request fails', { skip: reason }, async (t) => {
    makeNetworks();
    const inside = ['ip', 'netns', 'exec', balancer];
    const fleet = await Fleet.startIn(inside, '--program', standIn, '--minimum', '2', '--maximum', '2', '--warm', '1', '--slow-start', '0', '--start-timeout', '2s',
        '--check-timeout', '500ms', '--request-timeout', '1s', '--zones', `a@10.77.0.2%${zones[0]},b@10.77.1.2%${zones[1]}`);
    await fleet.settled();
    const zonesOf = (list) => list.map(({ zone }) => zone).sort();
    const areSpread = async () => zonesOf(await fleet.instances('in service')).join() === 'a,b';
    await until('one is in each zone', areSpread);
    const running = loadFrom(inside, '--rate', '60/s', '--duration', '14s', '--timeout', '4s', `${fleet.url}/task`);
    await sleep(2000);
    cut(1);
    const begin = performance.now();
    await until('both are in the zone that is left', async () => {
        const found = zonesOf(await fleet.instances('in service'));
        return found.length === 2 && found.every((zone) => zone === 'a');
    });
    t.diagnostic(`capacity was back after ${Math.round(performance.now() - begin)} ms`);
    heal(1);
    const { summary } = await running;
    assert.equal(summary.all.failed, 0, JSON.stringify(summary.all.failures));
    await until('one is in each zone again', areSpread);
    await fleet.settled();
    await fleet.stop();
});
