// deploy/systemd: systemd accepts the units, they are as closed as the server allows, and what they promise fits the program.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newFolder, program, runProgram, startProcess, until } from '../http/server.mjs';

const folder = fileURLToPath(new URL('../../deploy/systemd', import.meta.url));
const settingsFile = fileURLToPath(new URL('../../deploy/cloudphotos.ini', import.meta.url));
const UNITS = readdirSync(folder).filter((name) => name.endsWith('.service'));
const EXPOSURE_MAX = 2.0; // of 10, by systemd's own measure; a service without any hardening has 9.6

const read = (name) => readFileSync(join(folder, name), 'utf8');
const valueOf = (text, key) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
const hardening = (text) => text.slice(text.indexOf('# ---- Hardening'), text.indexOf('[Install]'));

/* The units with the program of this build, in a folder. */
function placeUnits() {
    const place = newFolder();
    for (const name of UNITS) writeFileSync(join(place, name), read(name).replaceAll('/usr/bin/cloudphotos', program));
    return UNITS.map((name) => join(place, name.replace('@.', '@8081.'))).map((path, i) => {
        if (!path.endsWith(UNITS[i])) writeFileSync(path, readFileSync(join(place, UNITS[i])));
        return path;
    });
}

describe('the units', () => {
    it('are accepted by systemd', () => {
        const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...placeUnits()], { encoding: 'utf8' });
        assert.equal(stderr.split('\n').filter((line) => /cloudphotos/.test(line)).join('\n'), '');
        assert.equal(status, 0, stderr);
    });

    for (const name of UNITS) it(`${name} is exposed at ${EXPOSURE_MAX} at most`, () => {
        const told = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', join(folder, name)], { encoding: 'utf8' });
        const [, exposure] = /Overall exposure level for \S+: (\d+\.\d)/.exec(told);
        assert.ok(Number(exposure) <= EXPOSURE_MAX, told);
    });

    it('have the same hardening', () => {
        const [first, ...others] = UNITS.map(read).map(hardening);
        assert.ok(first.includes('NoNewPrivileges=yes'));
        for (const other of others) assert.equal(other, first);
    });

    it('leave the processes that decode their own sandbox', () => {
        for (const text of UNITS.map(read)) {
            assert.match(text, /^SystemCallFilter=.*\bseccomp\b/m, 'or they can filter no system calls: no group of systemd has it');
            assert.match(text, /^RestrictNamespaces=user net ipc$/m, 'or they keep the network');
            assert.doesNotMatch(text, /^RestrictSUIDSGID=/m, 'it forbids openat2');
        }
    });

    it('give the server the time that it takes to drain, and as many descriptors as it has connections', async () => {
        const { stdout } = await runProgram(['serve', '--help']);
        const drain_s = Number(/--drain-timeout .*\[(\d+)s\]/.exec(stdout)[1]);
        for (const text of UNITS.map(read)) {
            assert.ok(parseInt(valueOf(text, 'TimeoutStopSec'), 10) >= drain_s + 10);
            const limit = valueOf(text, 'LimitNOFILE');
            const hard = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).replace('unlimited', 'Infinity'));
            if (hard < Number(limit)) continue; // where this machine allows fewer, nothing can be seen
            const server = await startProcess({ wrapper: ['prlimit', `--nofile=${limit}:${limit}`] });
            assert.equal(server.lines.find(({ event }) => event === 'connections'), undefined);
            await server.stop();
        }
    });

    it('start the program with settings that it takes', async () => {
        for (const text of UNITS.map(read)) {
            const words = valueOf(text, 'ExecStart').replace('/etc/cloudphotos/cloudphotos.ini', settingsFile).replace('127.0.0.1:%i', '127.0.0.1:0').split(' ').slice(1);
            const { code, stderr } = await runProgram([...words, '--data', '/nowhere/at/all', ...(words.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'])]);
            assert.equal(code, 1, stderr); // a setting that it doesn't know would be 2
            assert.match(stderr, /\/nowhere\/at\/all/);
        }
    });
});

it('the settings before the sections are those of `cloudphotos admin`, too', async () => {
    const { code, stderr } = await runProgram(['admin', 'executions', '--config', settingsFile, '--data', '/nowhere/at/all']);
    assert.equal(code, 1, stderr); // there is no database; a setting that it doesn't know would be 2
});

/* Stands in for systemd: prints what it is told, a line each. */
const LISTENER = `
import socket, sys
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(sys.argv[1].replace("@", "\\0", 1) if sys.argv[1].startswith("@") else sys.argv[1])
print("listening", flush=True)
while True:
    print(notify.recv(4096).decode(), flush=True)
`;

describe('a service manager', () => {
    const ADDRESSES = [['a path', join(newFolder(), 'notify')], ['a name', `@cloudphotos-test-${process.pid}`]];
    for (const [kind, address] of ADDRESSES) it(`at ${kind} is told when the server serves, and when it ends`, async () => {
        const manager = spawn('python3', ['-c', LISTENER, address], { stdio: ['ignore', 'pipe', 'inherit'] });
        let told = '';
        manager.stdout.setEncoding('utf8').on('data', (piece) => { told += piece; });
        try {
            await until('the manager listens', () => told.includes('listening'));
            const server = await startProcess({ environment: { NOTIFY_SOCKET: address } });
            await until('it is ready', () => told.includes('READY=1'));
            assert.equal(server.stderr, '', 'no greeting, because nobody sees it');
            assert.doesNotMatch(told, /STOPPING/);
            await server.stop();
            await until('it stops', () => /READY=1\nSTOPPING=1\n$/.test(told));
        } finally {
            manager.kill('SIGKILL');
        }
    });

    it('that isn’t there is not missed', async () => {
        const server = await startProcess({ environment: { NOTIFY_SOCKET: '/nowhere/at/all' } });
        await until('the greeting', () => server.stderr.includes('Cloud Photos is ready'));
        await server.stop();
    });
});
