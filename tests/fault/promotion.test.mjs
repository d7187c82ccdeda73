// The primary of PostgreSQL is lost while it has a COMMIT that the standby never heard of, and the standby, which was promoted, has given
// the number of that transaction to another one. What the server says of the upload must not go by the number alone.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { png } from '../http/pictures.mjs';
import { startPostgresPair } from '../http/postgres.mjs';
import { formBody } from '../http/server.mjs';
import { BOUNDARY, Client, endOf, uploadHeaders } from './client.mjs';
import { family, signalAll } from './engines.mjs';
import { Server } from './server.mjs';

const CAPTION = 'a caption that is held back';
const OTHERS = 50; // transactions of others, which get the next numbers

const postgres = await startPostgresPair();
after(() => postgres.stop?.());

/* A way to the primary that keeps back what a connection sends from the caption on: { port, held: resolves then, cut() }. */
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
        one.on('close', () => other.destroy());
        other.on('close', () => { if (!isHeld) one.destroy(); }); // that one learns of it later
    });
    await new Promise((done) => { listener.listen(0, '127.0.0.1', done); });
    return { port: listener.address().port, held, cut: () => { listener.close(); for (const socket of sockets) socket.destroy(); } };
}

describe('a standby that was promoted', { skip: postgres.skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-promotion-'));
    let server, way;
    after(async () => {
        if (server && !server.exit) await server.stop();
        way?.cut();
        rmSync(folder, { recursive: true });
    });

    it('doesn\'t make an upload that it never had out of the number of another transaction', async () => {
        const { primary, standby } = postgres;
        primary.query('postgres', 'CREATE DATABASE photos TEMPLATE template0');
        way = await startHoldingWay(primary.host);
        server = new Server(join(folder, 'data'), { options: ['--store', `postgresql://test@127.0.0.1:${way.port},${standby.host}/photos`] });
        await server.start();
        const body = formBody(BOUNDARY, [{ field: 'caption', filename: null, content: CAPTION }, { field: 'photo', filename: 'photo', content: png(60, 40) }]);
        const client = new Client(server), send = () => client.request('POST', '/photos', uploadHeaders('ann', 'a-key'), [body]);

        const answered = send();
        await way.held;
        signalAll(family(primary), 'SIGKILL');
        standby.query('postgres', 'SELECT pg_promote()');
        standby.query('photos', `DO $$ BEGIN FOR i IN 1..${OTHERS} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`);
        way.cut();

        const answer = await answered;
        assert.equal(answer.status, 503, `the answer to an upload that nobody has: ${answer.bytes}`);
        assert.match(answer.headers['retry-after'], /^\d+$/);
        const again = await send();
        assert.equal(again.status, 200);
        assert.equal((await endOf(server, again.json.photo_id)).status, 'SUCCESS');
        assert.deepEqual((await client.get('/users/ann')).json.post_ids, [again.json.photo_id]);
        client.close();
    });
});
