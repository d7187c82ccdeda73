// A server of known behaviour, for tests of what load and simulate report: it writes down what it really did, on the clock that the
// generator reads too, so that figures can be held against the truth on a busy machine as well.
import net from 'node:net';

/* Nanoseconds of CLOCK_MONOTONIC. */
export const now = () => Number(process.hrtime.bigint());

const answer = (code, body, extra = '') => `HTTP/1.1 ${code} X\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`;

/* What can be done to a request; `done` is called when the answer has been given to the kernel. */
const BEHAVIOURS = {
    ok: (socket, done) => socket.write(answer(200, 'hello'), done),
    chunked: (socket, done) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', done),
    until_end: (socket, done) => socket.end('HTTP/1.1 200 OK\r\n\r\nall until the end', done),
    not_found: (socket, done) => socket.write(answer(404, 'nobody'), done),
    unavailable: (socket, done) => socket.write(answer(503, ''), done),
    reset: (socket, done) => { socket.resetAndDestroy(); done(); },
    reset_in_answer: (socket, done) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => { socket.resetAndDestroy(); done(); }),
    half: (socket, done) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', done),
    half_head: (socket, done) => socket.end('HTTP/1.1 200 OK\r\nContent-Le', done),
    nothing: (socket, done) => socket.end(done),
    garbled: (socket, done) => socket.end('SSH-2.0-OpenSSH_9.2\r\n', done),
    slow_body: (socket, done) => { // a byte now and then, for ever
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
        const timer = setInterval(() => socket.write('.'), 50);
        socket.on('close', () => clearInterval(timer));
        done();
    },
    silence: (socket, done) => done(),
};

/* `behave(request)` says what to do with each: the name of a behaviour, or { behaviour, delay_ms, code, body }. request: { number, method,
 * path, headers, body }. */
export class KnownServer {
    constructor(behave) {
        Object.assign(this, { behave, records: [], sockets: new Set(), number: 0 });
        this.server = net.createServer({ noDelay: true }, (socket) => this.serve(socket)).unref(); // a test that fails ends, too
    }

    async listen() {
        await new Promise((done) => { this.server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, done); });
        this.url = `http://127.0.0.1:${this.server.address().port}`;
        return this;
    }

    serve(socket) {
        let rest = '';
        this.sockets.add(socket);
        socket.unref();
        socket.setEncoding('latin1');
        socket.on('error', () => {});
        socket.on('close', () => this.sockets.delete(socket));
        socket.on('data', (piece) => {
            rest += piece;
            for (;;) {
                const end = rest.indexOf('\r\n\r\n');
                if (end < 0) return;
                const length = Number(rest.slice(0, end).match(/^content-length: *(\d+)/im)?.[1] ?? 0);
                if (rest.length < end + 4 + length) return;
                const [line, ...headers] = rest.slice(0, end).split('\r\n');
                const body = rest.slice(end + 4, end + 4 + length);
                rest = rest.slice(end + 4 + length);
                this.handle(socket, { line, headers, body });
            }
        });
    }

    handle(socket, { line, headers, body }) {
        const [method, path] = line.split(' ');
        const request = { number: this.number++, method, path, headers, body };
        const chosen = this.behave(request);
        const what = typeof chosen === 'string' ? { behaviour: chosen } : chosen;
        const record = { ...request, behaviour: what.behaviour ?? what.code, begin: now() };
        this.records.push(record);
        const act = () => {
            const done = () => { record.end = now(); };
            if (what.code) socket.write(answer(what.code, what.body ?? ''), done);
            else BEHAVIOURS[what.behaviour](socket, done);
        };
        if (what.delay_ms) setTimeout(act, what.delay_ms);
        else act();
    }

    count(behaviour) { return this.records.filter((record) => record.behaviour === behaviour).length; }

    /* From here on nobody can connect. */
    die() {
        this.server.close();
        for (const socket of this.sockets) socket.destroy();
    }
}

/* The event loop stands still, and with it all answers. */
export function freeze(milliseconds) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
