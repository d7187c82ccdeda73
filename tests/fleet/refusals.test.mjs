// What a fleet can't do it says in a sentence, and leaves nothing behind.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { newFolder, runProgram } from '../http/server.mjs';
import { Fleet, freePort, standIn } from './fleet.mjs';

const start = async (words, options) => {
    const data = newFolder();
    const result = await runProgram(['fleet', '--data', data, '--listen', `127.0.0.1:${await freePort()}`, '--dashboard', '127.0.0.1:0', '--program', standIn,
        ...words], options);
    const left = existsSync(join(data, 'fleet', 'instances')) ? readdirSync(join(data, 'fleet', 'instances')) : [];
    assert.deepEqual(left, [], 'instances were started');
    return result;
};

const cases = [
    ['a policy that there isn\'t', ['--policy', 'magic'], /--policy: "magic" is not one of step, target, concurrency/],
    ['a kind of instance that there isn\'t', ['--instance', 'vm'], /"vm" is no kind of instance; write process or container/],
    ['a zone without a name', ['--zones', '@10.0.0.1'], /"@10.0.0.1" is no zone; write NAME, NAME@ADDRESS/],
    ['fewest above most', ['--minimum', '5', '--maximum', '4'], /--minimum: 5 is more than --maximum \(4\)/],
    ['a time of day that isn\'t one', ['--minimum-at', '25:00=2'], /--minimum-at: "25:00=2" is not HH:MM=N/],
    ['a certificate that can\'t be read', ['--certificate', '/nowhere.pem'], /HAProxy doesn't start: .*\/nowhere\.pem/],
    ['an image without an engine', ['--instance', 'container', '--engine', 'no-such-engine'], /no-such-engine can't run the image/],
    ['an address that others can reach, without passwords', ['--listen', '0.0.0.0:8080'], /--open-login/],
];
for (const [name, words, sentence] of cases)
    test(`${name}: a sentence, and nothing is started`, async () => {
        const { code, stderr } = await start(words);
        assert.match(stderr, sentence);
        assert.ok(code === 1 || code === 2, `${code}`);
        assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });

test('a line of the INI file that is no setting is named with its place', async () => {
    const file = join(newFolder(), 'fleet.ini');
    writeFileSync(file, '[fleet]\nminimum = 2\nmaximum-speed = 3\n');
    const { code, stderr } = await start(['--config', file]);
    assert.equal(code, 2);
    assert.match(stderr, /fleet\.ini:3/);
});

test('without HAProxy it says what to install', async () => {
    const { code, stderr } = await start([], { environment: { PATH: newFolder() } });
    assert.equal(code, 1);
    assert.match(stderr, /HAProxy isn't installed; install the package haproxy/);
});

test('a port that is taken is named', async () => {
    const taken = createServer();
    await new Promise((done) => { taken.listen(0, '127.0.0.1', done); });
    const { code, stderr } = await start(['--listen', `127.0.0.1:${taken.address().port}`]);
    taken.close();
    assert.equal(code, 1);
    assert.match(stderr, /HAProxy doesn't start: .*[Cc]annot bind/);
});

test('a second fleet in the same folder is refused, and the first runs on', async () => {
    const fleet = await Fleet.start('--program', standIn, '--maximum', '1', '--warm', '0');
    await fleet.settled();
    const { code, stderr } = await runProgram(['fleet', '--data', fleet.data, '--dashboard', '127.0.0.1:0']);
    assert.equal(code, 1);
    assert.match(stderr, /another fleet \(process \d+\) has the run folder/);
    await fleet.settled();
    await fleet.stop();
});

test('commands to a fleet that isn\'t there, or to an instance that isn\'t', async () => {
    const folder = newFolder();
    const none = await runProgram(['fleet', 'status', '--data', folder]);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /no fleet answers in the run folder .*; name the one you started with --run/);
    const fleet = await Fleet.start('--program', standIn, '--maximum', '1', '--warm', '0');
    await fleet.settled();
    const { code, stderr } = await fleet.command('drain', 'a-99');
    assert.equal(code, 1);
    assert.match(stderr, /there is no instance a-99/);
    assert.match((await fleet.command('dance')).stderr, /there is no command "dance"/);
    await fleet.stop();
});

test('a run folder that can\'t be made', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await start(['--run', join(folder, 'file', 'run')]);
    assert.equal(code, 1);
    assert.match(stderr, /the run folder .* can't be made/);
});
