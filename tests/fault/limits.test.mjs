// What clients can take of the server: memory by answers that they never read. Each attack is bounded, in clients and in time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { formBody } from '../http/server.mjs';
import { png } from '../http/pictures.mjs';
import { BOUNDARY, Client, endOf, uploadHeaders } from './client.mjs';
import { newFolder } from './disk.mjs';
import { Server, metric } from './server.mjs';
import { waitFor } from './wait.mjs';

const MB = 1 << 20;

/* VmRSS: memory now; VmHWM: the most it ever was. Bytes. */
const memory = (server, line) => Number(readFileSync(`/proc/${server.pid}/status`, 'utf8')
    .match(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm'))[1]) * 1024;

/* A client that asks, takes the first piece of the answer, and never reads on. Resolves with that piece, or with the end. */
async function deafClient(server, request) {
    const [host, port] = server.address.split(':');
    const socket = net.connect({ host, port: Number(port) });
    socket.on('error', () => {}); // it may be sent away
    socket.write(request);
    await new Promise((done) => {
        socket.once('data', () => { socket.pause(); done(); });
        socket.once('close', done);
    });
    return socket;
}

describe('answers that nobody reads', () => {
    const BOUND_MB = 16, CLIENTS = 400, PHOTOS = 150;
    const data = newFolder();
    const server = new Server(data, { options: ['--answers-memory', `${BOUND_MB}M`, '--idle-timeout', '5s'] });
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
                const answer = await client.get('/photos?limit=1000');
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
