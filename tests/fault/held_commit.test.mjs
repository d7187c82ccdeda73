// A COMMIT that is on its way when the network or the primary of PostgreSQL goes. Others don't wait for its locks; and what the server says of
// the upload doesn't go by the transaction's number alone, which a promoted standby may have given to another one.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { png } from '../http/pictures.mjs';
import { startPostgresPair } from '../http/postgres.mjs';
import { formBody } from '../http/server.mjs';
import { BOUNDARY, Client, uploadHeaders } from './client.mjs';
import { family, signalAll } from './engines.mjs';
import { Server } from './server.mjs';
import { waitFor } from './wait.mjs';

const CAPTION = 'a caption that is held back';
const OTHERS = 50; // transactions of others, which get the next numbers
const WAIT_MS = 12_000; // PostgreSQL ends the transaction after 5 s, and the one who waited for as long comes again

const postgres = await startPostgresPair();
after(() => postgres.stop?.());

/* A way to a server that keeps back what a connection sends from the caption on, and doesn't tell the server when the client goes:
 * { host, held: resolves then, cut() }. */
async function startHoldingWay(host) {
    const [hostname, port] = host.split(':'), sockets = new Set();
    let tell;
    const held = new Promise((done) => { tell = done; });
    const listener = net.createServer((one) => {
        const other = net.connect({ host: hostname, port });
        let isHeld = false;
        for (const socket of [one, other]) {
            sockets.add(socket);
            socket.on('error', () => {});
        }
        one.on('data', (data) => {
            isHeld ||= data.includes(CAPTION);
            if (isHeld) tell();
            else other.write(data);
        });
        other.on('data', (data) => one.write(data));
        one.on('close', () => { if (!isHeld) other.destroy(); });
        other.on('close', () => { if (!isHeld) one.destroy(); });
    });
    await new Promise((done) => { listener.listen(0, '127.0.0.1', done); });
    return { host: `127.0.0.1:${listener.address().port}`, held, cut: () => { listener.close(); for (const socket of sockets) socket.destroy(); } };
}

const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-held-'));
after(() => rmSync(folder, { recursive: true }));

const upload = (client, key, caption) => client.request('POST', '/photos', uploadHeaders('ann', key), [
    formBody(BOUNDARY, [{ field: 'caption', filename: null, content: caption }, { field: 'photo', filename: 'photo', content: png(60, 40) }])]);

describe('a COMMIT that is held back', { skip: postgres.skip }, () => {
    const started = [];
    let addresses;
    before(() => {
        postgres.primary.query('postgres', 'CREATE DATABASE photos TEMPLATE template0');
        addresses = [postgres.primary.host, postgres.standby.host];
    });
    after(async () => {
        for (const { server, way, client } of started) {
            client.close();
            await server.stop();
            way.cut();
        }
    });

    /* Whichever host stands first, the one that takes writes is used. */
    async function start(name, { standbyFirst = false } = {}) {
        const way = await startHoldingWay(addresses[0]), hosts = [way.host, addresses[1]];
        const store = `postgresql://test@${standbyFirst ? hosts.toReversed() : hosts}/photos`;
        const server = new Server(join(folder, name), { options: ['--store', store, '--workers', '0'] });
        await server.start();
        const one = { server, way, client: new Client(server) };
        started.push(one);
        return one;
    }

    it('keeps others waiting for its locks for some seconds only', async () => {
        const [one, other] = [await start('one'), await start('other', { standbyFirst: true })];
        const answered = upload(one.client, 'first', CAPTION);
        await one.way.held;
        const begin = performance.now();
        await waitFor('another upload of the same author to be taken', async () => {
            const { status, bytes } = await upload(other.client, 'second', 'nothing');
            assert.ok(status === 200 || status === 503, `${status}: ${bytes}`);
            return status === 200;
        }, WAIT_MS);
        const took_ms = performance.now() - begin;
        assert.ok(took_ms < WAIT_MS, `it took ${took_ms.toFixed()} ms`);
        assert.equal((await answered).status, 503);
    });

    it('isn\'t taken for kept because a promoted standby has given its number to another', async () => {
        const { server, way, client } = await start('third');
        const answered = upload(client, 'a-key', CAPTION);
        await way.held;
        signalAll(family(postgres.primary), 'SIGKILL');
        postgres.standby.query('postgres', 'SELECT pg_promote()');
        postgres.standby.query('photos', `DO $$ BEGIN FOR i IN 1..${OTHERS} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`);
        way.cut();

        const answer = await answered;
        assert.equal(answer.status, 503, `the answer to an upload that nobody has: ${answer.bytes}`);
        assert.match(answer.headers['retry-after'], /^\d+$/);
        const ids = [];
        for (let i = 0; i < 2; i++) {
            const again = await upload(client, 'a-key', CAPTION);
            assert.equal(again.status, 200);
            ids.push(again.json.photo_id);
        }
        assert.equal(ids[0], ids[1]);
        assert.equal((await client.get(`/uploadStatus/${ids[0]}`)).status, 200);
        assert.equal(server.exit, null);
    });
});
