// A real server with a data folder that outlives it: start, kill, start again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { program, runProgram } from '../http/server.mjs';
import { darkroomOf, processesOfSession, signal } from './processes.mjs';
import { waitFor } from './wait.mjs';

/* Photos are not moderated unless a test is about that: then it names the moderator. */
process.env.CLOUDPHOTOS_MODERATOR ??= 'none';

const START_LIMIT_MS = 20000;

const alive = new Set(); // sessions of servers that were started here
process.on('exit', () => { for (const pid of alive) signal(-pid, 'SIGKILL'); });
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1));

/* What a healthy server may say; anything else is a find. */
const USUAL = new Set(['serving', 'working', 'login', 'moderation', 'request', 'draining', 'drained']);

export class Server {
    /* log: a file that takes all that it says, over all its lives; wrapper: a program that starts it; executable: another program;
     * command: serve, or worker. */
    constructor(data, { log = `${data}.log`, command = 'serve', options = [], wrapper = [], executable = program, ...spawnOptions } = {}) {
        Object.assign(this, { data, log, command, options, wrapper, executable, spawnOptions, listen: '127.0.0.1:0', address: null, lines: [] });
        writeFileSync(log, '');
    }

    /* Resolves when it serves, to the milliseconds that took. On the port of its last life, if it had one. */
    async start() {
        this.launch();
        const begin = performance.now();
        await waitFor('the server to serve', () => {
            if (this.exit) throw new Error(`the server ended at once (${JSON.stringify(this.exit)}):\n${readFileSync(this.log)}`);
            return this.address;
        }, START_LIMIT_MS);
        this.listen = this.address;
        return performance.now() - begin;
    }

    launch() {
        const words = [this.command, '--listen', this.listen, '--data', this.data, '--drain-timeout', '10s', ...this.options];
        // In a session of its own, by which its processes are found, and not to outlive this one, however that ends.
        const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...this.wrapper, this.executable, ...words],
            { detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...this.spawnOptions });
        Object.assign(this, { child, pid: child.pid, address: null, exit: null });
        if (!child.pid) return child.on('error', (error) => { this.exit = { message: error.message }; });
        alive.add(child.pid);
        this.ended = new Promise((done) => child.on('exit', (code, by) => done(this.exit = { code, signal: by })));
        this.silent = new Promise((done) => child.on('close', () => { alive.delete(child.pid); done(); }));
        let rest = '';
        child.stdout.on('data', (piece) => {
            appendFileSync(this.log, piece);
            const lines = (rest + piece).split('\n');
            rest = lines.pop(); // a killed server may stop in the middle of one
            for (const line of lines) this.read(JSON.parse(line));
        });
        child.stderr.on('data', (piece) => {
            appendFileSync(this.log, piece);
            if (!/^\nCloud Photos is ready/.test(piece)) this.lines.push({ event: 'stderr', message: piece.toString() });
        });
    }

    read(line) {
        this.lines.push(line);
        if (line.event === 'serving' || line.event === 'working') this.address = line.address;
    }

    /* Resolves when nothing is left of it; the darkroom of a dead server has to end by itself. */
    async kill(name = 'SIGKILL') {
        const { pid } = this;
        signal(pid, name);
        const exit = await this.ended;
        await waitFor('the darkroom of a dead server to end', () => {
            const left = processesOfSession(pid);
            assert.deepEqual(left, [], 'processes that live on');
            return true;
        }, 5000);
        await this.silent;
        return exit;
    }

    /* SIGTERM: it has to end by itself, in order, with nothing cut. */
    async stop() {
        const exit = await this.kill('SIGTERM');
        assert.deepEqual(exit, { code: 0, signal: null }, 'how it ended after SIGTERM');
        const drained = this.lines.findLast((line) => line.event === 'drained');
        assert.equal(drained?.requests_cut, 0, 'requests cut by SIGTERM');
    }

    darkroom() {
        return darkroomOf(this.pid);
    }

    /* Lines that a healthy server does not write, since this was asked last. */
    takeComplaints(isExpected = () => false) {
        const lines = this.lines.splice(0);
        return lines.filter((line) => (!USUAL.has(line.event) || line.level === 'error' || line.code >= 500) && !isExpected(line));
    }

    /* `cloudphotos admin …` beside it; resolves to { code, stdout, stderr }. */
    admin(...words) {
        return runProgram(['admin', ...words, '--data', this.data]);
    }
}

/* A figure of /metrics, by its name with labels. */
export async function metric(client, name) {
    const { status, bytes } = await client.get('/metrics');
    assert.equal(status, 200, 'GET /metrics');
    const line = bytes.toString().split('\n').find((one) => one.startsWith(`${name} `));
    assert.ok(line, `/metrics has ${name}`);
    return Number(line.slice(name.length + 1));
}
