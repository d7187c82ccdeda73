// A way to an HTTP server that fails as networks and servers do: { endpoint, struck, behave(fault), heal(), close() }. `struck` counts what
// the fault has done. A fault acts on connections that begin after it; those of before are cut, so that it acts at once.
import net from 'node:net';
import { pick } from './wait.mjs';

const WORDS = { 500: 'Internal Server Error', 503: 'Slow Down' };
const ERRORS = { 500: 'InternalError', 503: 'SlowDown' };

const problem = (code) => {
    const body = `<?xml version="1.0"?><Error><Code>${ERRORS[code]}</Code><Message>as told</Message></Error>`;
    return `HTTP/1.1 ${code} ${WORDS[code]}\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
};

/* Lets so many bytes through, then cuts the connection. */
const cutAfter = (from, to, most, cut) => {
    let left = most;
    from.on('data', (data) => {
        to.write(data.subarray(0, left));
        left -= data.length;
        if (left < 0) cut();
    });
};
const pass = (from, to) => from.pipe(to);
/* A piece at a time, each after a pause. */
const trickle = (from, to, { bytes, pause_ms }) => {
    const waiting = [];
    from.on('data', (data) => { for (let at = 0; at < data.length; at += bytes) waiting.push(data.subarray(at, at + bytes)); });
    const timer = setInterval(() => { if (waiting.length > 0) to.write(waiting.shift()); }, pause_ms);
    from.on('close', () => clearInterval(timer));
    to.on('close', () => clearInterval(timer));
};

/* By name: what becomes of a connection. `connect` gives the server's side. */
const FAULTS = {
    none: (one, connect) => { const other = connect(); pass(one, other); pass(other, one); },
    /* One request, so that the next one may meet the fault. */
    once: (one, connect) => {
        const other = connect();
        let isAnswered = false;
        other.on('data', () => { isAnswered = true; });
        one.on('data', () => { if (isAnswered) one.destroy(); });
        pass(one, other);
        pass(other, one);
    },
    refuse: (one) => one.destroy(),
    /* As a server that was stopped, or a network that swallows: what is sent is taken, and nothing comes. */
    hang: (one) => one.resume(),
    slow: (one, connect, fault) => { const other = connect(); trickle(one, other, fault); trickle(other, one, fault); },
    answer: (one, connect, { code }) => { one.once('data', () => one.write(problem(code))); one.resume(); },
    /* In the middle of what is sent, or of what comes. */
    cutSent: (one, connect, { after }) => { const other = connect(); cutAfter(one, other, after, () => one.destroy()); pass(other, one); },
    cutReceived: (one, connect, { after }) => { const other = connect(); pass(one, other); cutAfter(other, one, after, () => one.resetAndDestroy()); },
};

/* fault: { name, share: of the connections, all if it isn't given, random, and what the fault wants }, or { oneOf: [fault…], share, random }. at: the
 * address that it listens on. */
export async function startFaultyWay(endpoint, at = '127.0.0.1') {
    const { hostname: host, port } = new URL(endpoint);
    const sockets = new Set();
    let fault = { name: 'none' };
    const way = { struck: 0 };
    const watch = (socket, ...others) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => { sockets.delete(socket); for (const other of others) other.destroy(); });
    };
    const listener = net.createServer((one) => {
        watch(one);
        const connect = () => {
            const other = net.connect({ host, port });
            watch(other, one);
            one.on('close', () => other.destroy());
            return other;
        };
        const isSpared = fault.share !== undefined && fault.random() >= fault.share;
        const now = isSpared ? { name: 'once' } : fault.oneOf ? pick(fault.random, fault.oneOf) : fault;
        if (now.name !== 'none' && now.name !== 'once') way.struck++;
        FAULTS[now.name](one, connect, now);
    });
    await new Promise((done) => { listener.listen(0, at, done); });
    const behave = (next) => { fault = next; for (const socket of sockets) socket.destroy(); };
    return Object.assign(way, { endpoint: `http://${at}:${listener.address().port}`, behave, heal: () => behave({ name: 'none' }),
                                close: () => { behave({ name: 'refuse' }); listener.close(); } });
}
