// A photo in the course of time: its stages, its event stream, its end, its deletion, and uploads that are sent twice.
//
// To hold a photo at a stage, the darkroom's processes are stopped (SIGSTOP): then photos wait in the state Resize, one for
// each worker of the workflow, and all later ones stay in the queue, until the processes are woken (SIGCONT).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { listFiles, newFolder, startServer, until } from './server.mjs';
import { isShared } from './services.mjs';
import { rmSync } from 'node:fs';

const picture = png(24, 16);
const unknownId = '0123456789abcdef0123456789abcdef';
const workers = 3; // of the workflow, when there is one darkroom: serve.c

/* A server with one darkroom, and a hold on it. */
class HeldServer {
    async start() {
        this.server = await startServer({ flags: ['--darkrooms', '1', '--darkroom-timeout', '10m'] });
    }

    signal(name) {
        for (const pid of this.server.workingOn().descendants()) process.kill(pid, name);
    }

    /* From here on a photo gets no further than Resize; `blockers` of them fill the workflow, so that the next stays Queued. */
    async hold(blockers = workers) {
        this.signal('SIGSTOP');
        for (let i = 0; i < blockers; i++) {
            const { json } = await this.server.upload('blocker', picture);
            const events = await this.server.watch(json.photo_id);
            for (let event; (event = await events.next()).data.stage !== 'Resize';) assert.equal(event.name, 'stage');
            events.leave();
        }
    }

    async release() {
        this.signal('SIGCONT');
        await until('nothing is left to do', async () =>
            /^cloudphotos_executions\{status="RUNNING"\} 0$/m.test(await this.server.metrics()));
    }

    async stop() {
        this.signal('SIGCONT');
        await this.server.stop();
    }
}

describe('a photo on its way', () => {
    const held = new HeldServer();
    let server, id;
    before(async () => {
        await held.start();
        ({ server } = held);
        await held.hold();
        id = (await server.upload('ann', picture)).json.photo_id;
    });
    after(() => held.stop());

    it('is PENDING', async () => {
        const { json } = await server.get(`/uploadStatus/${id}`);
        assert.deepEqual([json.status, json.error_message], ['PENDING', null]);
    });

    it('tells its stage, and has no sizes yet but that of the original', async () => {
        const { json } = await server.get(`/photos/${id}`);
        assert.equal(json.status, 'PENDING');
        assert.equal(json.stage, 'Queued');
        assert.deepEqual([json.large, json.thumbnail, json.labels], [null, null, null]);
        assert.deepEqual([json.original.width, json.original.height, json.original.bytes], [24, 16, picture.length]);
    });

    it('is not found by searching, nor in a profile, nor in the buckets', async () => {
        assert.equal((await server.get('/users?username=ann')).text, '[]');
        assert.equal((await server.get('/users/ann')).code, 404);
        assert.equal((await server.get(`/buckets/photos/${id}-comp.webp`)).code, 403);
        assert.equal((await server.get(`/buckets/originals/${id}`)).code, 403);
    });

    it('is watched by two: the first event comes at once, then every stage in its order, then the end, and the stream is closed', async () => {
        const watchers = [await server.watch(id), await server.watch(id), await server.watch(id)];
        for (const { answer } of watchers) {
            assert.equal(answer.statusCode, 200);
            assert.equal(answer.headers['content-type'], 'text/event-stream');
            assert.equal(answer.headers['cache-control'], 'no-store');
            assert.equal(answer.headers['access-control-allow-origin'], '*');
        }
        const first = await Promise.all(watchers.map((watcher) => watcher.next()));
        for (const event of first)
            assert.deepEqual(event, { name: 'stage', data: { photo_id: id, status: 'PENDING', stage: 'Queued' } });
        watchers[2].leave(); // a client that goes away disturbs nobody
        held.signal('SIGCONT');
        for (const watcher of watchers.slice(0, 2)) {
            const events = await watcher.rest();
            const last = events.pop();
            const heard = events.map(({ data }) => data.stage), stages = ['DetectAndStore', 'Resize', 'Publish'];
            /* Of a photo that another process works on, the stages of a second may be one event. */
            assert.deepEqual(heard, isShared ? stages.filter((stage) => heard.includes(stage)) : stages);
            for (const { name, data } of events) assert.deepEqual([name, data.photo_id, data.status], ['stage', id, 'PENDING']);
            const { json } = await server.get(`/uploadStatus/${id}`);
            assert.deepEqual(last, { name: 'end', data: { ...json, error_code: null, error_values: [], stage: null, labels: [] } });
            assert.equal(last.data.status, 'SUCCESS');
            assert.equal(watcher.leftover, '');
        }
    });

    it('is found everywhere once it is published', async () => {
        assert.equal((await server.get('/users?username=ann')).text, '[{"username":"ann","posts_count":1}]');
        assert.deepEqual((await server.get('/users/ann')).json.post_ids, [id]);
        assert.equal((await server.get(`/buckets/photos/${id}-comp.webp`)).code, 200);
        assert.equal((await server.get(`/buckets/thumbnails/${id}-thumb.webp`)).code, 200);
    });

    it('leaves no original behind', async () => {
        await held.release();
        assert.deepEqual(listFiles(server.data).filter((file) => file.includes('originals')), []);
    });

    it('has one event left for who comes after its end', async () => {
        const events = await (await server.watch(id)).rest();
        assert.equal(events.length, 1);
        assert.equal(events[0].name, 'end');
    });

    it('is refused with a reason when its content turns out to be broken', async () => {
        const broken = Buffer.from(png(400, 300));
        broken.fill(0x55, 60, broken.length - 30); // the blocks are all there: what is in them is not
        const answer = await server.upload('eve', broken);
        if (answer.code === 422) return; // also right: told by the check at the door
        assert.equal(answer.code, 200, answer.text);
        const last = await server.ended_photo(answer.json.photo_id);
        assert.equal(last.data.status, 'ERROR');
        assert.match(last.data.error_message, /\w+ \w+/);
        assert.match(last.data.error_code, /^image-/);
        const photo = (await server.get(`/photos/${answer.json.photo_id}`)).json;
        assert.deepEqual([photo.status, photo.stage, photo.large, photo.thumbnail], ['ERROR', null, null, null]);
        assert.equal(photo.error_message, last.data.error_message);
        assert.deepEqual([photo.error_code, photo.error_values], [last.data.error_code, last.data.error_values]);
        assert.equal((await server.get('/users/eve')).code, 404);
        assert.deepEqual(listFiles(server.data).filter((file) => file.includes(answer.json.photo_id)), []);
    });
});

describe('events', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    for (const [path, code] of [['/events', 400], ['/events?photo=', 404], [`/events?photo=${unknownId}`, 404],
        ['/events?photo=x', 404]])
        it(`of no known photo are refused: ${path}`, async () => {
            const answer = await server.get(path);
            assert.equal(answer.code, code);
            assert.equal(answer.headers['content-type'], 'application/problem+json');
        });

    it('never go back: a watcher sees stages in their order, whenever it comes', async () => {
        const order = ['Queued', 'DetectAndStore', 'Resize', 'Publish', 'Published', null];
        for (let round = 0; round < (isShared ? 3 : 10); round++) {
            const uploads = await Promise.all(Array.from({ length: 8 }, () => server.upload('ann', picture)));
            const all = await Promise.all(uploads.map(async ({ json }) => (await server.watch(json.photo_id)).rest()));
            for (const events of all) {
                const places = events.map(({ data }) => order.indexOf(data.stage));
                assert.deepEqual(places, [...new Set(places)].sort((a, b) => a - b), JSON.stringify(events));
                assert.equal(events.at(-1).name, 'end');
            }
        }
    });

    it('of a photo that waits hold nobody up: watchers that leave free their connections, and the server ends at once', async () => {
        const held = new HeldServer();
        await held.start();
        await held.hold(0);
        const { json } = await held.server.upload('ann', picture);
        const watchers = await Promise.all(Array.from({ length: 20 }, () => held.server.watch(json.photo_id)));
        for (const watcher of watchers) {
            await watcher.next();
            watcher.leave();
        }
        await until('only the connection that asks is left', async () => {
            held.server.agent.destroy();
            return /^cloudphotos_http_connections 1$/m.test(await held.server.metrics());
        });
        const start = Date.now(); // --drain-timeout is 30 s: until then it would wait
        await held.stop();
        assert.ok(Date.now() - start < 20_000, 'it waited for watchers that had left');
    });

    it('are ended for good by 200 watchers that disconnect', async () => {
        const id = await server.publish('ann', picture);
        const watchers = await Promise.all(Array.from({ length: 200 }, () => server.watch(id)));
        for (const watcher of watchers) watcher.leave();
        await until('no request is in flight but this one',
            async () => /^cloudphotos_http_requests_in_flight 1$/m.test(await server.metrics()));
    });
});

describe('deleting', () => {
    const held = new HeldServer();
    let server;
    before(async () => {
        await held.start();
        ({ server } = held);
    });
    after(() => held.stop());
    const remove = (id, author) => server.ask('DELETE', `/photos/${id}`,
        { headers: author === undefined ? {} : { Authorization: author } });

    it('is for who says a name', async () => {
        const answer = await remove(unknownId);
        assert.equal(answer.code, 401);
        assert.match(answer.json.detail, /Authorization/);
    });

    it('an unknown photo is not found', async () => {
        assert.equal((await remove(unknownId, 'ann')).code, 404);
        assert.equal((await remove('x', 'ann')).code, 404);
    });

    it("somebody else's photo is forbidden, and it stays", async () => {
        const id = await server.publish('ann', picture);
        for (const other of ['bob', 'an', 'ann_', 'ANN', '']) assert.equal((await remove(id, other)).code, 403, other);
        assert.equal((await server.get(`/photos/${id}`)).code, 200);
        assert.equal((await remove(id, 'ann')).code, 204);
    });

    it('one of two photos leaves the other', async () => {
        const [first, second] = [await server.publish('two', picture), await server.publish('two', picture)];
        assert.equal((await remove(first, 'two')).code, 204);
        assert.deepEqual((await server.get('/users/two')).json.post_ids, [second]);
        assert.equal((await server.get('/users?username=two')).text, '[{"username":"two","posts_count":1}]');
        assert.equal((await server.get(`/buckets/photos/${second}-comp.webp`)).code, 200);
    });

    it('the last photo leaves nothing of it, nor of its author', async () => {
        const id = await server.publish('solo', picture);
        const answer = await remove(id, 'solo');
        assert.equal(answer.code, 204);
        assert.equal(answer.body.length, 0);
        assert.equal(answer.headers['content-type'], undefined);
        for (const path of [`/photos/${id}`, `/uploadStatus/${id}`, `/events?photo=${id}`,
            '/users/solo']) assert.equal((await server.get(path)).code, 404, path);
        assert.equal((await server.get('/users?username=solo')).text, '[]');
        for (const path of [`/buckets/photos/${id}-comp.webp`,
            `/buckets/thumbnails/${id}-thumb.webp`]) assert.equal((await server.get(path)).code, 403, path);
        assert.deepEqual(listFiles(server.data).filter((file) => file.includes(id)), []);
        assert.equal((await remove(id, 'solo')).code, 404);
    });

    it('of eight who delete the same photo at once one succeeds', async () => {
        const id = await server.publish('race', picture);
        const codes = await Promise.all(Array.from({ length: 8 }, async () => (await remove(id, 'race')).code));
        assert.deepEqual(codes.sort(), [204, ...Array(7).fill(404)]);
    });

    for (const [where, blockers] of [['Queued', workers], ['Resize', 0]])
        it(`a PENDING photo, at the stage ${where}, ends it: watchers hear it, and nothing is published afterwards`, async () => {
            await held.hold(blockers);
            const id = (await server.upload('gone', picture)).json.photo_id;
            const events = await server.watch(id);
            for (let event; (event = await events.next()).data.stage !== where;) assert.equal(event.name, 'stage');
            assert.equal((await remove(id, 'gone')).code, 204);
            assert.deepEqual(await events.next(), { name: 'deleted', data: {} });
            assert.equal(await events.next(), null);
            assert.equal((await server.get(`/photos/${id}`)).code, 404);
            await held.release();
            assert.equal((await server.get(`/photos/${id}`)).code, 404);
            assert.equal((await server.get('/users/gone')).code, 404);
            await until('nothing of it is left', () => !listFiles(server.data).some((file) => file.includes(id)));
        });

    it('a refused photo lets its author forget it', async () => {
        const broken = Buffer.from(png(400, 300));
        broken.fill(0x55, 60, broken.length - 30);
        const answer = await server.upload('eve', broken);
        if (answer.code === 422) return;
        await server.ended_photo(answer.json.photo_id);
        assert.equal((await remove(answer.json.photo_id, 'eve')).code, 204);
        assert.equal((await server.get(`/uploadStatus/${answer.json.photo_id}`)).code, 404);
    });
});

describe('an Idempotency-Key', () => {
    const data = newFolder();
    let server;
    before(async () => { server = await startServer({ data }); });
    after(async () => {
        await server.stop();
        rmSync(data, { recursive: true });
    });
    const send = (author, key, photo = picture) => server.upload(author, photo, { headers: { 'Idempotency-Key': key } });

    it('gives the same photo to the same author, whatever is sent with it', async () => {
        const first = await send('ann', 'key-1');
        assert.equal(first.code, 200);
        const id = first.json.photo_id;
        for (const photo of [picture, png(30, 30), Buffer.from('this is no photo, but it is not looked at')]) {
            const again = await send('ann', 'key-1', photo);
            assert.equal(again.code, 200);
            assert.equal(again.json.photo_id, id);
        }
        await server.ended_photo(id);
        const last = await send('ann', 'key-1');
        assert.deepEqual([last.json.photo_id, last.json.status], [id, 'SUCCESS']);
        assert.deepEqual((await server.get('/users/ann')).json.post_ids, [id]);
    });

    it('of another author, or another key, is another photo', async () => {
        const ids = [];
        for (const [author, key] of [['bob', 'key-1'], ['bob', 'key-2'], ['bob', 'Key-1'], ['bobb', 'key-1']])
            ids.push((await send(author, key)).json.photo_id);
        assert.equal(new Set(ids).size, 4);
    });

    it('makes one photo of eight uploads that race', async () => {
        for (let round = 0; round < 10; round++) {
            const answers = await Promise.all(Array.from({ length: 8 }, () => send('race', `round-${round}`)));
            assert.deepEqual(answers.map(({ code }) => code), Array(8).fill(200));
            assert.equal(new Set(answers.map(({ json }) => json.photo_id)).size, 1);
            assert.equal(new Set(answers.map(({ json }) => json.timestamp)).size, 1);
        }
        const { json } = await server.get('/users/race');
        assert.ok(json.post_ids === undefined || json.post_ids.length <= 10);
    });

    it('of a refused upload may be used again', async () => {
        assert.equal((await send('carl', 'key-1', Buffer.from('this is no photo, whatever it says'))).code, 415);
        assert.equal((await send('carl', 'key-1')).code, 200);
    });

    it('of a deleted photo may be used again', async () => {
        const first = (await send('dora', 'key-1')).json.photo_id;
        assert.equal((await server.ask('DELETE', `/photos/${first}`, { headers: { Authorization: 'dora' } })).code, 204);
        const second = (await send('dora', 'key-1')).json.photo_id;
        assert.notEqual(second, first);
    });

    for (const [says, key] of [['empty', ''], ['256 characters long', 'k'.repeat(256)], ['two words', 'two words'],
        ['beyond ASCII', '\u00e9\u00e8']])
        it(`that is ${says} is refused`, async () => {
            const answer = await send('ann', key);
            assert.equal(answer.code, 400);
            assert.match(answer.json.detail, /^The header Idempotency-Key can't be used\. Send 1 to 255 visible ASCII characters, or none\.$/);
        });

    it('of 255 characters is taken', async () => {
        const ids = [(await send('ann', 'k'.repeat(255))).json.photo_id, (await send('ann', 'k'.repeat(255))).json.photo_id];
        assert.equal(ids[0], ids[1]);
    });

    it('is still known after the server was started anew, and after it was killed', async () => {
        const id = (await send('ann', 'lasting')).json.photo_id;
        await server.stop();
        server = await startServer({ data });
        assert.equal((await send('ann', 'lasting')).json.photo_id, id);
        await server.kill();
        server = await startServer({ data });
        assert.equal((await send('ann', 'lasting')).json.photo_id, id);
    });
});
