// The whole server on PostgreSQL: --store postgresql://…, with a real PostgreSQL server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { startPostgres } from './postgres.mjs';
import { newFolder, runProgram, startServer, until } from './server.mjs';

const postgres = await startPostgres();
after(() => postgres.stop?.());

describe('a store of PostgreSQL', { skip: postgres.skip }, () => {
    let server, address, id;
    before(async () => {
        address = postgres.makeDatabase('photos');
        server = await startServer({ flags: ['--store', address.replace('test@', 'test:secret@')] });
        id = await server.publish('ann', png(600, 400));
    });
    after(() => server?.stop());

    it('has what is published', async () => {
        assert.equal(postgres.query('photos', 'SELECT author, state FROM photos'), 'ann|1');
        const { json } = await server.get('/users?username=ann');
        assert.deepEqual(json, [{ username: 'ann', posts_count: 1 }]);
        assert.equal((await server.get('/healthcheck')).code, 200);
    });

    it('is told without its password', async () => {
        const { store } = await server.logged('serving', (one) => one.event === 'serving');
        assert.equal(store, address.replace('test@', 'test:…@'));
    });

    it('gives a photo once for a key, and nothing of one that is deleted', async () => {
        const headers = { 'Idempotency-Key': 'a-key' };
        const first = await server.upload('ben', png(60, 40), { headers });
        const second = await server.upload('ben', png(60, 40), { headers });
        const id = first.json.photo_id, image = `/buckets/photos/${id}-comp.webp`;
        assert.equal(second.json.photo_id, id);
        await server.ended_photo(id);
        assert.equal((await server.get(image)).code, 200);
        assert.equal((await server.ask('DELETE', `/photos/${id}`, { headers: { Authorization: 'ben' } })).code, 204);
        assert.equal((await server.get(`/photos/${id}`)).code, 404);
        assert.deepEqual((await server.get('/users?username=ben')).json, []);
        await until('its image is gone', async () => (await server.get(image)).code === 403);
    });

    it('may lose its connections', async () => {
        const cut = () => postgres.query('photos', 'SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity'
            + ' WHERE datname = current_database() AND pid <> pg_backend_pid()');
        for (let i = 0; i < 5; i++) {
            assert.notEqual(cut(), '0');
            assert.equal((await server.get('/users?username=ann')).code, 200);
            cut();
            await server.publish('carl', png(40 + i, 40));
        }
        assert.equal(postgres.query('photos', "SELECT posts_count FROM users WHERE name = 'carl'"), '5');
    });

    it('is used by admin commands beside the server', async () => {
        const { code, stdout, stderr } = await runProgram(['admin', 'executions', '--store', address]);
        assert.equal(code, 0, stderr);
        assert.match(stdout, new RegExp(id));
    });

    it('is refused at the start, with a sentence, where it is missing or its address is wrong', async () => {
        const rows = [
            [`${postgres.address}/nothing`, /database "nothing" does not exist/],
            [`${address}?colour=red`, /The store's address can't be read: invalid URI query parameter: "colour"/],
            ['mysql://here/photos', /has no known scheme; known are sqlite: and postgresql:\n/],
            ['postgresql://test@127.0.0.1:1/photos', /can't be reached: connection to .* failed: Connection refused Is the server .*\?\n/],
        ];
        for (const [wrong, sentence] of rows) {
            const { code, stdout, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', newFolder(), '--store', wrong]);
            assert.notEqual(code, 0);
            assert.match(stdout + stderr, sentence);
        }
    });
});
