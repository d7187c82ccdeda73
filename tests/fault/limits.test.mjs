// What clients can take of the server: memory by answers that they never read, connections by streams and by slow uploads. Each attack is
// bounded, in clients and in time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { formBody } from '../http/server.mjs';
import { png } from '../http/pictures.mjs';
import { BOUNDARY, Client, endOf, uploadBody, uploadHeaders } from './client.mjs';
import { newFolder } from './disk.mjs';
import { signal } from './processes.mjs';
import { Server, metric } from './server.mjs';
import { waitFor } from './wait.mjs';

const MB = 1 << 20;

/* VmRSS: memory now; VmHWM: the most it ever was. Bytes. */
const memory = (server, line) => Number(readFileSync(`/proc/${server.pid}/status`, 'utf8')
    .match(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm'))[1]) * 1024;

/* A client that asks, takes the first piece of the answer, and never reads on. Resolves then, with its `code`, or when it was
 * sent away. */
async function deafClient(server, request, localAddress) {
    const [host, port] = server.address.split(':');
    const socket = net.connect({ host, port: Number(port), localAddress });
    socket.on('error', () => {}); // it may be sent away
    socket.write(request);
    await new Promise((done) => {
        socket.once('data', (piece) => { socket.pause(); socket.code = Number(piece.toString('latin1').slice(9, 12)); done(); });
        socket.once('close', done);
    });
    return socket;
}

describe('answers that nobody reads', () => {
    const BOUND_MB = 16, CLIENTS = 400, PHOTOS = 150;
    const data = newFolder();
    const server = new Server(data, { options: ['--answers-memory', `${BOUND_MB}M`] });
    let client;

    /* Many photos whose words are as long as they may be: 6 KB each. */
    before(async () => {
        await server.start();
        client = new Client(server);
        const words = [['caption', '😀'.repeat(500)], ['alt_text', '😀'.repeat(1000)]]
            .map(([field, content]) => ({ field, filename: null, content }));
        const body = formBody(BOUNDARY, [...words, { field: 'photo', filename: 'a.png', content: png(2, 2) }]);
        const ids = await Promise.all(Array.from({ length: PHOTOS }, async (_, i) => {
            const one = new Client(server);
            const answer = await one.request('POST', '/photos', uploadHeaders('ann', `key-${i}`), [body]);
            one.close();
            assert.equal(answer.status, 200, answer.bytes.toString());
            return answer.json.photo_id;
        }));
        for (const id of ids) assert.equal((await endOf(server, id, 120000)).status, 'SUCCESS');
    });
    after(async () => {
        client.close();
        await server.stop();
        rmSync(data, { recursive: true });
    });

    const attacks = [
        ['a listing of everybody', ['/photos?limit=1000']],
        ['a profile\'s photos', ['/users/ann?view=photos&limit=1000']],
        ['a page with its data', ['/@ann']],
        ['many at once, pipelined', Array(20).fill('/photos?limit=1000')],
    ];
    for (const [says, paths] of attacks)
        it(`take bounded memory, others are served, and it is given back: ${says}`, async () => {
            const request = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');
            const before = memory(server, 'VmRSS');
            const deaf = await Promise.all(Array.from({ length: CLIENTS }, () => deafClient(server, request)));
            const taken = memory(server, 'VmHWM') - before;
            assert.ok(taken < (BOUND_MB + 32) * MB, `${Math.round(taken / MB)} MB for ${CLIENTS} clients`);
            const whole = await waitFor('a listing for somebody who reads', async () => {
                const answer = await freshGet(server, '/photos?limit=1000');
                if (answer.status === 503) assert.equal(answer.headers['retry-after'], '1');
                else assert.equal(answer.status, 200);
                return answer.status === 200 && answer;
            });
            assert.ok(whole.json.photos.length > 30 && whole.json.next_cursor);
            for (const socket of deaf) socket.destroy();
            await waitFor('all of them to be gone', async () => await metric(client, 'cloudphotos_http_connections') <= 2);
            const kept = memory(server, 'VmRSS') - before;
            assert.ok(kept < 24 * MB, `${Math.round(kept / MB)} MB are kept`);
        });

    it('take bounded memory of the kernel too, however many answers they ask for', async () => {
        const kernel = () => Number(readFileSync('/proc/net/sockstat', 'utf8').match(/^TCP: .* mem (\d+)/m)[1]) * 4096;
        const noise = png(1440, 1440, { value: (x, y, channel) => (x * y * (channel + 1) * 2654435761) >>> 13 & 255 });
        const id = (await client.upload('bob', 'noise', noise)).json.photo_id;
        assert.equal((await endOf(server, id, 60000)).status, 'SUCCESS');
        const before = kernel(), clients = 200;
        const request = `GET /buckets/photos/${id}-comp.webp HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(40);
        const deaf = await Promise.all(Array.from({ length: clients }, () => deafClient(server, request)));
        const taken = (kernel() - before) / clients;
        assert.ok(taken < 2 * MB, `${Math.round(taken / 1024)} KB for each`);
        for (const socket of deaf) socket.destroy();
    });

    it('pages that end before their limit name the next one, and nothing is left out', async () => {
        const seen = new Set();
        for (let cursor = '', pages = 0; cursor !== null; pages++) {
            assert.ok(pages < 10);
            const answer = await client.get(`/users/ann?view=photos&limit=1000${cursor && `&cursor=${cursor}`}`);
            assert.ok(answer.bytes.length < 300 << 10, `${answer.bytes.length} bytes`);
            for (const photo of answer.json.photos) seen.add(photo.photo_id);
            cursor = answer.json.next_cursor;
        }
        assert.equal(seen.size, PHOTOS);
    });
});

/* On a connection of its own, as a balancer asks. */
async function freshGet(server, path) {
    const one = new Client(server);
    try { return await one.get(path); } finally { one.close(); }
}

describe('connections', () => {
    const CONNECTIONS = 200, STREAMS = 40, OF_ONE = 15;
    const data = newFolder();
    const server = new Server(data, { options: ['--connections', String(CONNECTIONS), '--event-streams', String(STREAMS),
        '--event-streams-per-address', String(OF_ONE), '--darkroom-timeout', '10m'] });
    before(() => server.start());
    after(async () => {
        await server.stop();
        rmSync(data, { recursive: true });
    });

    async function checkOperators(times) {
        for (let i = 0; i < times; i++)
            for (const path of ['/healthcheck', '/metrics']) {
                const answer = await freshGet(server, path);
                assert.equal(answer.status, 200, `${path}: ${answer.bytes}`);
            }
    }

    it('are not all taken by event streams: few go to an address, and few in all', async () => {
        const stopped = [server.darkroom()].flatMap(({ first, workers }) => [...first, ...workers]);
        for (const pid of stopped) signal(pid, 'SIGSTOP');
        const one = new Client(server);
        const uploaded = await one.upload('ann', null, png(9, 9));
        assert.equal(uploaded.status, 200);
        const request = `GET /events?photo=${uploaded.json.photo_id} HTTP/1.1\r\nHost: a\r\n\r\n`;
        const streams = new Map(); // by address
        for (let i = 0; i < 1500; i++) {
            const address = `127.0.0.${2 + Math.floor(i / 300)}`;
            const socket = await deafClient(server, request, address);
            assert.ok([200, 429, 503].includes(socket.code), `${socket.code}`);
            if (socket.code === 200) streams.set(address, [...(streams.get(address) ?? []), socket]);
            else socket.destroy();
            if (i % 100 === 0) await checkOperators(1);
        }
        assert.deepEqual([...streams.values()].map((sockets) => sockets.length), [OF_ONE, OF_ONE, STREAMS - 2 * OF_ONE]);
        await checkOperators(10);
        assert.equal((await one.get('/users?username=ann')).status, 200);
        for (const pid of stopped) signal(pid, 'SIGCONT');
        for (const socket of [...streams.values()].flat()) socket.destroy();
        await waitFor('places for streams', async () => (await deafClient(server, request)).code === 200);
        assert.equal((await endOf(server, uploaded.json.photo_id)).status, 'SUCCESS');
        one.close();
    });

    it('are kept for those who look after the server when uploads take all others', async () => {
        const body = uploadBody(png(400, 400));
        const head = Object.entries({ Host: 'a', ...uploadHeaders('ann'), 'Content-Length': body.length });
        const begin = Buffer.concat([Buffer.from(`POST /photos HTTP/1.1\r\n${head.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`),
            body.subarray(0, body.length - 10)]);
        const [host, port] = server.address.split(':');
        const uploads = [];
        const refused = await waitFor('all connections to be taken', async () => {
            const socket = net.connect({ host, port: Number(port) }).on('error', () => {});
            uploads.push(socket);
            await new Promise((done) => { socket.write(begin, done); });
            const answer = await freshGet(server, '/users?username=ann');
            return answer.status !== 200 && answer;
        });
        assert.equal(refused.status, 503);
        assert.ok(uploads.length > CONNECTIONS * 0.9);
        assert.equal(refused.headers['retry-after'], '1');
        assert.match(refused.json.detail, /too many connections/);
        await checkOperators(50);
        for (const socket of uploads) socket.destroy();
        await waitFor('others to be served', async () => (await freshGet(server, '/users?username=ann')).status === 200);
    });
});
