// HTTP by hand, byte for byte: for what a well-behaved client never sends, and to see what really comes back.
import assert from 'node:assert/strict';
import net from 'node:net';
import { assertCatalogued } from './catalogue.mjs';
import { patience_ms, within } from './server.mjs';

export class Wire {
    constructor(socket) {
        Object.assign(this, { socket, bytes: Buffer.alloc(0), isEnded: false, isClosed: false, error: null, wake: () => {} });
        socket.on('data', (piece) => { this.bytes = Buffer.concat([this.bytes, piece]); this.wake(); });
        socket.on('end', () => { this.isEnded = true; this.wake(); });
        socket.on('error', (error) => { this.error = error; this.wake(); });
        socket.on('close', () => { this.isClosed = this.isEnded = true; this.wake(); });
    }

    /* Resolves once the bytes are with the kernel. */
    send(bytes) {
        return within('the bytes to be sent', new Promise((done) => { this.socket.write(bytes, () => done()); }));
    }

    async wait(what, condition) {
        const deadline = Date.now() + patience_ms;
        while (!condition()) {
            if (this.isEnded) return false;
            let timer;
            await new Promise((done) => {
                this.wake = done;
                timer = setTimeout(done, Math.max(1, deadline - Date.now()));
            });
            clearTimeout(timer);
            assert.ok(Date.now() < deadline, `waited ${patience_ms} ms in vain: ${what}; got ${JSON.stringify(this.bytes.toString('latin1').slice(0, 400))}`);
        }
        return true;
    }

    take(count) {
        const taken = this.bytes.subarray(0, count);
        this.bytes = this.bytes.subarray(count);
        return taken;
    }

    /* The next answer: { code, headers, body, text }, or null when the connection ended before one. An answer that is cut
     * in its middle fails. */
    async answer(method = 'GET') {
        const head = () => this.bytes.indexOf('\r\n\r\n');
        if (!await this.wait('an answer', () => head() >= 0)) {
            assert.equal(this.bytes.length, 0, `cut in the header: ${this.bytes}`);
            return null;
        }
        const lines = this.take(head() + 4).toString('latin1').trimEnd().split('\r\n');
        const code = Number(lines[0].match(/^HTTP\/1\.1 (\d{3}) /)?.[1]);
        assert.ok(code, `no status line: ${lines[0]}`);
        const headers = {};
        for (const line of lines.slice(1)) {
            const [, name, value] = line.match(/^([^:]+):[ \t]*(.*)$/);
            headers[name.toLowerCase()] = value;
        }
        const hasNoBody = method === 'HEAD' || code < 200 || code === 204 || code === 304;
        const body = hasNoBody ? Buffer.alloc(0) : await this.body(headers);
        const answer = { code, headers, body, text: body.toString() };
        assertCatalogued(answer);
        return answer;
    }

    async body(headers) {
        if (headers['transfer-encoding'] === 'chunked') return this.chunks();
        if (headers['content-length'] === undefined) {
            await this.closed();
            return this.take(this.bytes.length);
        }
        const length = Number(headers['content-length']);
        assert.ok(await this.wait('the body', () => this.bytes.length >= length),
            `cut after ${this.bytes.length} of ${length} bytes`);
        return this.take(length);
    }

    async chunks() {
        const pieces = [];
        for (;;) {
            assert.ok(await this.wait('a chunk', () => this.bytes.indexOf('\r\n') >= 0), 'cut between chunks');
            const size = parseInt(this.take(this.bytes.indexOf('\r\n') + 2).toString('latin1'), 16);
            assert.ok(await this.wait('a chunk', () => this.bytes.length >= size + 2), 'cut in a chunk');
            pieces.push(this.take(size));
            this.take(2);
            if (size === 0) return Buffer.concat(pieces);
        }
    }

    /* Waits until the server has ended the connection. */
    async closed() {
        await this.wait('the end of the connection', () => this.isEnded);
    }

    leave() { this.socket.destroy(); }
}

export function connect(server) {
    return within('a connection', new Promise((done, fail) => {
        const socket = net.connect({ host: server.host, port: server.port, noDelay: true }).unref();
        socket.once('error', fail);
        socket.once('connect', () => { socket.off('error', fail); done(new Wire(socket)); });
    }));
}

/* Sends these bytes on a connection of their own and resolves to all answers until the server closes it. */
export async function exchange(server, bytes) {
    const wire = await connect(server);
    await wire.send(bytes);
    const answers = [];
    for (let answer; (answer = await wire.answer());) answers.push(answer);
    wire.leave();
    return answers;
}

export const lines = (...each) => Buffer.from(`${each.join('\r\n')}\r\n\r\n`, 'latin1');
