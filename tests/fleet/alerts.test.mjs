// deploy/prometheus and deploy/grafana: the rules do what they say, and name what servers and fleets really tell.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Fleet } from './fleet.mjs';

const deploy = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'deploy');
const rules = readFileSync(join(deploy, 'prometheus', 'alerts.yml'), 'utf8');
const dashboard = JSON.parse(readFileSync(join(deploy, 'grafana', 'cloudphotos.json'), 'utf8'));
const namesIn = (text) => [...new Set(text.match(/\bcloudphotos_\w+/g))];

test('the alerts fire when they should, and only then', () => {
    const { status, stdout, stderr, error } = spawnSync('promtool', ['test', 'rules', join(deploy, 'prometheus', 'alerts.test.yml')], { encoding: 'utf8' });
    assert.equal(error, undefined);
    assert.equal(status, 0, stdout + stderr);
});

test('each alert is tried', () => {
    const tried = readFileSync(join(deploy, 'prometheus', 'alerts.test.yml'), 'utf8');
    for (const [, alert] of rules.matchAll(/alert: (\w+)/g)) assert.ok(tried.includes(`alertname: ${alert}\n`), alert);
});

let told;
before(async () => {
    const fleet = await Fleet.start('--moderator', 'none', '--maximum', '1', '--warm', '0');
    await fleet.settled();
    const [{ address }] = await fleet.instances('in service');
    const page = async (url) => (await fetch(url)).text();
    told = await page(`http://${fleet.dashboard}/metrics`) + await page(`http://${address}/metrics`);
    await fleet.stop();
});

for (const [name, text] of [['the alerts', rules], ['the Grafana dashboard', JSON.stringify(dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)))]])
    test(`${name} ask for metrics that there are`, () => {
        const names = namesIn(text);
        assert.ok(names.length > 5);
        for (const one of names) assert.match(told, new RegExp(`^# TYPE ${one.replace(/_bucket$/, '')} `, 'm'), one);
    });
