// A mapped file of the database is cut while the server works: it starts itself anew, as after kill -9, and nothing that was answered is
// lost. When that happens at once again, it ends in words.
import assert from 'node:assert/strict';
import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { png } from '../http/pictures.mjs';
import { Client, endOf } from './client.mjs';
import { newFolder } from './disk.mjs';
import { Server } from './server.mjs';
import { waitFor } from './wait.mjs';

const RESTART_PAUSE_MS = 2000; // src/cmd/restart.h

describe('a database whose index is cut while it is in use', () => {
    const CLIENTS = 4;
    const data = newFolder(), index = join(data, 'photos.db-shm');
    const server = new Server(data);
    const answered = new Map(); // photos by author
    before(() => server.start());
    after(() => rmSync(data, { recursive: true }));

    const starts = () => server.lines.filter((line) => line.event === 'serving').length;

    /* Again with the same key until it is answered, at whatever address the server is by now. */
    async function upload(author, number) {
        const answer = await waitFor('an upload to be answered', async () => {
            const client = new Client(server);
            const one = await client.upload(author, `${number}`, png(8 + number % 50, 8)).catch(() => null);
            client.close();
            return one?.status === 200 && one;
        }, 60000);
        answered.set(author, [...(answered.get(author) ?? []), answer.json.photo_id]);
    }

    const cuts = [['to nothing', 0], ['to its header', 136], ['to a page', 4096], ['within a page', 20000]];
    for (const [says, size] of cuts)
        it(`starts anew when it is cut ${says}, under the same number, and goes on taking photos`, async () => {
            const { pid, child } = server, had = starts(), begin = performance.now();
            let isDone = false;
            const uploading = Array.from({ length: CLIENTS }, async (_, i) => {
                for (let number = 0; !isDone; number++) await upload(`author_${size}_${i}`, number);
            });
            const all = Promise.all(uploading);
            try {
                await waitFor('the last start to be long ago', () => performance.now() - begin > RESTART_PAUSE_MS * 1.5);
                truncateSync(index, size);
                await waitFor('it to serve again', () => starts() > had, 60000);
            } finally { isDone = true; }
            await all;
            assert.equal(server.exit, null);
            assert.equal(server.child, child);
            assert.equal(process.kill(pid, 0), true);
            assert.ok(server.lines.some((line) => line.event === 'stderr' && /a database file was truncated while in use\. Restarting\./.test(line.message)));
        });

    it('has lost nothing, here and after the next start, which finds no damage', async () => {
        const check = async () => {
            const client = new Client(server);
            for (const [author, ids] of answered) {
                for (const id of ids) {
                    const end = await endOf(server, id, 60000);
                    assert.equal(end.status, 'SUCCESS', `${id}: ${end.error_message}`);
                }
                const posts = (await client.get(`/users/${author}`)).json.post_ids;
                for (const id of ids) assert.ok(posts.includes(id), id);
            }
            client.close();
        };
        await check();
        await server.stop();
        await server.start();
        await check();
        await server.stop();
    });

    it('that is cut again right after the restart ends the server, in words', async () => {
        await server.start();
        const client = new Client(server), had = starts();
        truncateSync(index, 0);
        await waitFor('it to serve again', () => { void client.get('/users/author_0_0').catch(() => {}); return starts() > had; });
        truncateSync(index, 0);
        await waitFor('its end', () => { void new Client(server).get('/users/author_0_0').catch(() => {}); return server.exit; });
        assert.deepEqual(server.exit, { code: 1, signal: null });
        assert.ok(server.lines.some((line) => line.event === 'stderr' && /truncated while in use, and again right after the restart/.test(line.message)));
        client.close();
        await server.start();
        await server.stop();
    });
});
