// A real server for tests: the program itself on a free port of the loopback, with a data folder of its own.
//
// Nothing here sleeps. A server is ready when its log says so, a photo has ended when its event stream says so, and what
// has neither log nor event is looked at again and again until it is so or a deadline has passed (until).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertCatalogued } from './catalogue.mjs';
import { startDealer } from './dealer.mjs';
import { isShared, listObjects, startedWith } from './services.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const program = resolve(process.env.CLOUDPHOTOS_PROGRAM ?? join(root, 'build', 'cloudphotos'));
/* The same with a web app of a few lines, tests/http/site, whether or not the real one has been built. */
export const tinySite = `${program}-tiny-site`;
/* A sanitized program is slower and larger; tests of memory and of time ask for this. */
export const isSanitized = existsSync(program)
    && ['__asan_init', '__tsan_init'].some((name) => readFileSync(program).includes(name));
/* Photos are not moderated unless a test is about that: then it names the moderator. */
process.env.CLOUDPHOTOS_MODERATOR ??= 'none';

export const patience_ms = isSanitized ? 120_000 : 60_000;

const running = new Set();
const folders = new Set();
/* What a failed test has left behind. */
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
    for (const folder of folders) try { rmSync(folder, { recursive: true, force: true }); } catch { /* it is still being written */ }
});

/* Waits for a condition that nobody announces; `what` is for the person who reads that it never came. */
export async function until(what, condition, limit_ms = patience_ms) {
    const deadline = Date.now() + limit_ms;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > deadline) assert.fail(`waited ${limit_ms} ms in vain: ${what}`);
        await new Promise((done) => { setTimeout(done, 5); });
    }
}

export function within(what, promise, limit_ms = patience_ms) {
    let timer;
    const late = new Promise((_, fail) => {
        timer = setTimeout(() => fail(new Error(`waited ${limit_ms} ms in vain: ${what}`)), limit_ms);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/* Gone at the latest when the tests end. */
export function newFolder() {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-test-'));
    folders.add(folder);
    return folder;
}

/* Every file below a folder, but the database, which grows by itself, and every object where these are elsewhere. */
export function listFiles(folder) {
    const found = [];
    const walk = (path) => {
        for (const entry of readdirSync(path, { withFileTypes: true }))
            if (entry.isDirectory()) walk(join(path, entry.name));
            else if (!entry.name.startsWith('photos.db')) found.push(relative(folder, join(path, entry.name)));
    };
    walk(folder);
    return [...found, ...listObjects(folder)].sort();
}

/* Runs the program to its end: { code, stdout, stderr }. For what is over at once, such as --help. */
export function runProgram(words, { environment = {}, cwd, limit_ms, wrapper = [] } = {}) {
    const [command, ...rest] = [...wrapper, program, ...words];
    const child = spawn(command, rest, { cwd, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const output = { stdout: '', stderr: '' };
    for (const name of Object.keys(output)) child[name].setEncoding('utf8').on('data', (piece) => { output[name] += piece; });
    return within(`the end of ${words.join(' ')}`, new Promise((done, fail) => {
        child.on('error', fail);
        child.on('close', (code, signal) => { running.delete(child); done({ code: code ?? signal, ...output }); });
    }), limit_ms).catch((error) => { child.kill('SIGKILL'); throw error; });
}

class Server {
    constructor(child, data, ownsData) {
        Object.assign(this, { child, data, ownsData, base: '', pid: child.pid, lines: [], stderr: '', waiters: new Set(), workers: [] });
        this.apis = [this]; // whoever takes requests, in turn
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
        this.ended = new Promise((done) => { child.on('close', (code, signal) => done(code ?? signal)); });
        // Nothing of a server keeps the tests from ending: one that a failed test has left behind is killed then.
        for (const handle of [child, child.stdout, child.stderr]) handle.unref();
        child.stderr.setEncoding('utf8').on('data', (piece) => { this.stderr += piece; });
        let rest = '';
        child.stdout.setEncoding('utf8').on('data', (piece) => {
            const lines = (rest + piece).split('\n');
            rest = lines.pop();
            for (const line of lines) this.hear(line);
        });
    }

    /* Every line of the log must be a JSON object: that one isn't fails the test that is running then, and all later ones. */
    hear(line) {
        try { this.lines.push(JSON.parse(line)); } catch { this.badLine ??= line; }
        for (const waiter of this.waiters) waiter();
    }

    /* The first line of the log that fits, at once or when it comes. */
    logged(what, fits) {
        return within(`a line in the log: ${what}; stderr: ${this.stderr}`, new Promise((done, fail) => {
            const look = () => {
                const line = this.lines.find(fits);
                if (line || this.badLine !== undefined || this.isGone) this.waiters.delete(look);
                if (line) done(line);
                else if (this.badLine !== undefined) fail(new Error(`a log line is no JSON: ${this.badLine}`));
                else if (this.isGone) fail(new Error(`the server ended before it logged ${what}: ${this.stderr}`));
            };
            this.waiters.add(look);
            this.ended.then(() => { this.isGone = true; look(); });
            look();
        }));
    }

    /* The next in turn. */
    deal() {
        this.apis.push(this.apis.shift());
        return this.apis.at(-1);
    }

    /* { code, headers (lower case, repeated ones in a list), body, text, json } */
    ask(method, path, { headers = {}, body } = {}) {
        return within(`the answer to ${method} ${path}`, new Promise((done, fail) => {
            const { agent, host, port } = this.deal();
            const options = { agent, host, port, method, path: this.base + path, headers };
            const request = http.request(options, (answer) => {
                const pieces = [];
                answer.on('data', (piece) => pieces.push(piece));
                answer.on('error', fail);
                answer.on('end', () => {
                    const all = Buffer.concat(pieces);
                    const whole = { code: answer.statusCode, headers: answer.headers, body: all, text: all.toString(),
                                    get json() { return JSON.parse(this.text); } };
                    try { assertCatalogued(whole); } catch (error) { fail(error); }
                    done(whole);
                });
            });
            request.on('error', fail);
            request.end(body);
        }));
    }

    get(path, headers) { return this.ask('GET', path, { headers }); }

    /* The answer to an upload of these bytes as NAME; everything about the form can be had otherwise. */
    upload(author, photo, { headers = {}, field = 'photo', filename = 'photo.jpg', type = 'image/jpeg' } = {}) {
        const boundary = 'a-boundary-of-the-tests';
        const body = formBody(boundary, [{ field, filename, type, content: photo }]);
        const fixed = { 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'Content-Length': body.length };
        const login = author === undefined ? {} : { Authorization: author };
        return this.ask('POST', '/photos', { headers: { ...login, ...fixed, ...headers }, body });
    }

    /* The photo's last event, once it has ended: SUCCESS, ERROR or deleted. */
    async ended_photo(id) {
        const events = await this.watch(id);
        const all = await events.rest();
        return all.at(-1);
    }

    /* Uploads, waits for the end, and wants it to be SUCCESS. Resolves to the photo's id. */
    async publish(author, photo, options) {
        const answer = await this.upload(author, photo, options);
        assert.equal(answer.code, 200, answer.text);
        const id = answer.json.photo_id;
        const last = await this.ended_photo(id);
        assert.equal(last.name, 'end');
        assert.equal(last.data.status, 'SUCCESS', JSON.stringify(last.data));
        return id;
    }

    /* An open event stream: .answer, .next() for one event (null: the stream was closed), .rest() for all, .leave(). */
    watch(id) {
        return within(`the events of ${id}`, new Promise((done, fail) => {
            const { host, port } = this.deal();
            const options = { host, port, path: `${this.base}/events?photo=${id}`, agent: false };
            const request = http.get(options, (answer) => done(new EventStream(request, answer)));
            request.on('socket', (socket) => socket.unref());
            request.on('error', fail);
        }));
    }

    async metrics() {
        const answer = await this.get('/metrics');
        assert.equal(answer.code, 200);
        return answer.text;
    }

    /* Processes that the server has started, and those that they have. */
    descendants() {
        const parents = new Map();
        for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
            try {
                const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
                parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
            } catch { /* it has just ended */ }
        const found = [this.pid];
        for (const one of found) for (const [pid, parent] of parents) if (parent === one) found.push(pid);
        return found.slice(1);
    }

    memory(line) {
        return Number(readFileSync(`/proc/${this.pid}/status`,
            'utf8').match(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm'))[1]) * 1024;
    }

    signal(name) { this.child.kill(name); }

    /* As a power cut ends it. */
    async kill() {
        this.dealer?.close();
        for (const other of this.others()) await other.kill();
        this.signal('SIGKILL');
        await within('the death of the server', this.ended);
        this.isStopped = true;
    }

    /* The process that works on photos. */
    workingOn() { return this.workers[0] ?? this; }

    others() { return [...this.apis, ...this.workers].filter((one) => one !== this); }

    /* Ends the server as an operator does, and looks at how it ended. */
    async stop() {
        this.dealer?.close();
        for (const other of this.others()) if (!this.isStopped) await other.stop();
        this.agent.destroy();
        if (!this.isStopped) this.signal('SIGTERM');
        await this.checkEnd();
        if (this.ownsData) rmSync(this.data, { recursive: true, force: true });
    }

    async checkEnd() {
        if (this.isStopped) return;
        this.isStopped = true;
        const code = await within('the end of the server', this.ended);
        running.delete(this.child);
        assert.equal(code, 0, `the server ended with ${code}; stderr: ${this.stderr}`);
        assert.doesNotMatch(this.stderr, /Sanitizer|runtime error:/, this.stderr);
        assert.equal(this.badLine, undefined, `a log line is no JSON: ${this.badLine}`);
    }
}

class EventStream {
    constructor(request, answer) {
        Object.assign(this, { request, answer, events: [], comments: 0, isClosed: false, wake: () => {} });
        let text = '';
        answer.setEncoding('utf8').on('data', (piece) => {
            const blocks = (text + piece).split('\n\n');
            text = blocks.pop();
            for (const block of blocks) this.hear(block);
            this.wake();
        });
        for (const end of ['end', 'error', 'close']) answer.on(end,
            () => { this.isClosed = true; this.leftover = text; this.wake(); });
    }

    hear(block) {
        const match = block.match(/^event: (.+)\ndata: (.+)$/);
        if (match) this.events.push({ name: match[1], data: JSON.parse(match[2]) });
        else if (block.startsWith(':')) this.comments++;
        else this.events.push({ name: 'not an event', data: block });
    }

    async next() {
        while (this.events.length === 0 && !this.isClosed)
            await within('the next event', new Promise((done) => { this.wake = done; }));
        return this.events.shift() ?? null;
    }

    async rest() {
        const all = [];
        for (let event; (event = await this.next());) all.push(event);
        return all;
    }

    leave() { this.request.destroy(); }
}

/* One multipart body of these parts; a filename of null makes a plain field. */
export function formBody(boundary, parts) {
    const pieces = [];
    for (const { field, filename, type, content } of parts) {
        const disposition = [`form-data; name="${field}"`, ...(filename === null ? [] : [`filename="${filename}"`])].join('; ');
        const head = [`--${boundary}`, `Content-Disposition: ${disposition}`, ...(type ? [`Content-Type: ${type}`] : []), '', ''];
        pieces.push(Buffer.from(head.join('\r\n')), Buffer.from(content), Buffer.from('\r\n'));
    }
    return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/* Starts `cloudphotos serve` and resolves when it serves. `base` is its --base-path, before all paths that it is asked for.
 * With `data` the folder is the caller's and stays. One that `isQuiet`
 * logs no address; it is told where to listen in its last flag. `wrapper`: a program that starts it. */
export async function startServer(options = {}) {
    if (!isShared || options.wrapper || options.isQuiet) return startProcess(options);
    const { flags = [] } = options, data = options.data ?? newFolder();
    const roles = [{ flags: ['--workers', '0', ...flags] }, { flags: ['--workers', '0', ...flags] }, { command: 'worker' }];
    const [server, other, worker] = await Promise.all(roles.map((role, number) => startProcess({ ...options, ...role, data, number })));
    server.ownsData = options.data === undefined;
    server.apis.push(other);
    server.workers.push(worker);
    server.dealer = await startDealer([...server.apis]);
    server.url = `http://${server.dealer.address}${server.base}`;
    return server;
}

/* `command`: serve, or worker, which takes nothing but /healthcheck and /metrics, and nothing at all without `listens`. `number`: which of
 * a service it is. A test that names its own back ends has those. */
export async function startProcess({ command = 'serve', number = 0, listens = true, base = '', flags = [], environment = {}, data, wrapper = [],
    isQuiet = false, executable = program } = {}) {
    const folder = data ?? newFolder();
    const hasOwn = flags.some((flag) => /^--(store|buckets)\b/.test(flag));
    const own = hasOwn ? { flags: [], environment: {} } : startedWith(folder, number);
    const words = [...wrapper, executable, command, ...(listens ? ['--listen', '127.0.0.1:0'] : []), '--data', folder, ...(base ? ['--base-path', base] : []),
                   ...own.flags, ...flags];
    const child = spawn(words[0], words.slice(1), { env: { ...process.env, ...own.environment, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const server = new Server(child, folder, data === undefined);
    child.on('error', (error) => { server.stderr += error.message; });
    const started = command === 'worker' ? 'working' : 'serving';
    server.address = isQuiet ? flags.at(-1) : (await server.logged(started, (one) => one.event === started)).address;
    if (!listens) return server;
    server.base = base;
    server.url = `http://${server.address}${base}`;
    [, server.host, server.port] = server.address.match(/^\[?(.+?)\]?:(\d+)$/);
    if (isQuiet) await until('it answers', () => server.get('/healthcheck').catch(() => server.isStopped));
    return server;
}
