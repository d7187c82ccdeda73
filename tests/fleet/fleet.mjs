// A real fleet for tests: HAProxy, instances and the program that steers them, on free ports, in a folder of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newFolder, program, runProgram, until, within } from '../http/server.mjs';

export const standIn = join(dirname(fileURLToPath(import.meta.url)), 'instance.mjs');

/* Not taken now; whoever wants it listens there soon. */
export function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

const alive = (pid) => { try { return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')); } catch { return false; } };
export const signal = (pid, name) => { try { process.kill(pid, name); } catch { /* it has ended */ } };

/* What a failed test has left behind: the fleet first, so that it starts nothing anew. */
const fleets = new Set();
process.on('exit', () => {
    for (const fleet of fleets) {
        fleet.child.kill('SIGKILL');
        const run = join(fleet.data, 'fleet');
        const pids = readdirSync(join(run, 'instances')).filter((name) => !name.includes('.')).map((name) => JSON.parse(readFileSync(join(run, 'instances', name))).pid);
        for (const pid of [...pids, Number(readFileSync(join(run, 'haproxy.pid'), 'utf8'))]) signal(pid, 'SIGKILL');
    }
});

export class Fleet {
    static start(...flags) { return Fleet.startIn([], ...flags); }

    /* `wrapper`: what starts it, such as in a network of its own. */
    static async startIn(wrapper, ...flags) {
        const fleet = new Fleet();
        fleet.wrapper = wrapper;
        Object.assign(fleet, { data: newFolder(), address: `127.0.0.1:${await freePort()}`, dashboard: `127.0.0.1:${await freePort()}`, flags });
        fleet.url = `http://${fleet.address}`;
        fleets.add(fleet);
        return fleet.run();
    }

    /* Also after kill: what runs is taken up. */
    async run() {
        const words = [...this.wrapper, program, 'fleet', '--data', this.data, '--listen', this.address, '--dashboard', this.dashboard, '--check-interval', '100ms', ...this.flags];
        this.child = spawn(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
        this.output = '';
        for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding('utf8').on('data', (piece) => { this.output += piece; });
        this.ended = new Promise((done) => { this.child.on('close', (code, name) => done(code ?? name)); });
        this.ended.then(() => { this.hasEnded = true; });
        this.hasEnded = false;
        await until(`the fleet runs: ${this.output}`, () => {
            assert.ok(!this.hasEnded, this.output);
            return this.output.includes('Cloud Photos runs at');
        });
        return this;
    }

    command(...words) { return runProgram(['fleet', ...words, '--data', this.data]); }

    async status() {
        const { code, stdout, stderr } = await this.command('status', '--json');
        assert.equal(code, 0, stderr);
        return JSON.parse(stdout);
    }

    async instances(state) {
        const { instances } = await this.status();
        return state ? instances.filter((one) => one.state === state) : instances;
    }

    /* So many are in service, and none of those that are to be there is missing. */
    inService(count, limit_ms) {
        return until(`${count} instances in service`, async () => {
            const found = await this.instances('in service');
            return found.length === count && found;
        }, limit_ms);
    }

    settled() {
        return until('the fleet has what it wants', async () => {
            const { wanted, warm, instances } = await this.status();
            const of = (state) => instances.filter((one) => one.state === state).length;
            return of('in service') === wanted && of('warm') === warm && instances.length === wanted + warm;
        });
    }

    /* The numbers wanted, in order. */
    async steps() {
        const { activity } = await this.status();
        const steps = activity.filter(({ from, to }) => from !== to);
        return [steps[0]?.from, ...steps.map(({ to }) => to)];
    }

    async kill() {
        this.child.kill('SIGKILL');
        await this.ended;
    }

    /* As an operator does; nothing is left. */
    async stop() {
        const { instances, balancer_pid } = this.hasEnded ? { instances: [] } : await this.status();
        this.child.kill('SIGTERM');
        assert.equal(await within('the end of the fleet', this.ended), 0, this.output);
        for (const { pid, name } of instances) assert.ok(!alive(pid), `${name} still runs`);
        await until('the end of HAProxy', () => !alive(balancer_pid));
        fleets.delete(this);
    }
}
