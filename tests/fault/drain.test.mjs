// SIGTERM in the middle of the work: no request that was accepted is cut, and what the workflow has not finished goes on with
// the next start. (tests/http/robust.test.mjs has what clients see of a drain.)
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { join } from 'node:path';
import { vips } from '../http/pictures.mjs';
import { Client, answerOf, endOf, stageOf, uploadBody, uploadHeaders } from './client.mjs';
import { newFolder } from './disk.mjs';
import { listBucket } from './ledger.mjs';
import { signal } from './processes.mjs';
import { Server } from './server.mjs';
import { overload, waitFor } from './wait.mjs';

const photo = vips(640, 480, 'jpg');
const body = uploadBody(photo);
const LEASE_MS = 3000; // of an execution, in src/pipeline: whoever gives it back is not waited for

describe('SIGTERM', () => {
    let folder, server, client;
    async function serve(...options) {
        server = new Server(join(folder, 'data'), { options });
        await server.start();
        client = new Client(server);
    }
    beforeEach(() => { folder = newFolder(); });
    afterEach(async () => {
        client.close();
        await server.kill();
        assert.deepEqual(server.takeComplaints(), []);
        rmSync(folder, { recursive: true });
    });

    /* Resolves when the server has answered the header and waits for the body: now it has accepted the request. */
    async function beginUpload() {
        const own = new Client(server);
        const headers = { ...uploadHeaders('ann'), 'Content-Length': body.length, 'Expect': '100-continue' };
        const request = own.open('POST', '/photos', headers);
        const answered = answerOf(request).finally(() => own.close());
        answered.catch(() => {}); // looked at by who awaits it
        await new Promise((done, fail) => {
            request.on('continue', done);
            request.on('error', fail);
            request.flushHeaders();
        });
        request.write(body.subarray(0, 1000));
        return { request, answered };
    }

    const drains = () => waitFor('the drain to begin', () => server.lines.some((line) => line.event === 'draining'));
    const leftovers = () => ['originals', 'photos', 'thumbnails'].flatMap((bucket) => listBucket(join(server.data, 'buckets', bucket)).others);

    async function checkPublished(ids) {
        for (const id of ids) {
            const end = await endOf(server, id);
            assert.equal(end.status, 'SUCCESS', end.error_message);
        }
        await waitFor('the originals to be gone', () => listBucket(join(server.data, 'buckets/originals')).objects.length === 0);
    }

    it('lets every upload end that was accepted, and what they were answered comes true', async () => {
        await serve();
        const uploads = await Promise.all(Array.from({ length: 20 }, beginUpload));
        const stopping = server.stop();
        await drains();
        for (const { request } of uploads) request.end(body.subarray(1000));
        const ids = [];
        for (const { answered } of uploads) {
            const answer = await answered;
            assert.equal(answer.status, 200, answer.bytes.toString());
            assert.equal(answer.headers.connection, 'close');
            ids.push(answer.json.photo_id);
        }
        await stopping;
        await server.start();
        await checkPublished(ids);
        assert.deepEqual(leftovers(), []);
    });

    it('is not held up by event streams, neither those that are open nor one whose client has left', async () => {
        await serve('--drain-timeout', '20s', '--darkrooms', '1', '--darkroom-timeout', '2s');
        signal(server.darkroom().workers[0], 'SIGSTOP');
        const { json } = await client.upload('ann', null, photo);
        const streams = Array.from({ length: 5 }, () => endOf(server, json.photo_id, 1).catch((error) => error));
        await stageOf(server, json.photo_id, 'Resize'); // and leaves
        const begin = performance.now();
        await server.stop();
        assert.ok(performance.now() - begin < 15000, 'it did not wait for streams');
        await Promise.all(streams);
        const isOurHang = ({ event, message }) => event === 'trouble' && message.includes('took longer than 2 seconds');
        assert.deepEqual(server.takeComplaints(isOurHang), []);
    });

    it('gives back what a darkroom cannot finish in time: the next start does not wait for its lease', async () => {
        await serve('--drain-timeout', '500ms', '--darkrooms', '1', '--darkroom-timeout', '5m');
        signal(server.darkroom().workers[0], 'SIGSTOP');
        const ids = [];
        for (let i = 0; i < 6; i++) ids.push((await client.upload('ann', null, photo)).json.photo_id);
        await stageOf(server, ids[0], 'Resize');
        const begin = performance.now();
        await server.stop();
        assert.ok(performance.now() - begin < 10000, 'a darkroom that hangs holds up no end');
        await server.start();
        const again = performance.now();
        await checkPublished(ids);
        assert.ok(performance.now() - again < LEASE_MS * (1 + overload()), `${(performance.now() - again).toFixed()} ms`);
        assert.deepEqual(leftovers(), []);
    });

    it('cuts who sends no more when the time for it is over, and leaves nothing of it', async () => {
        await serve('--drain-timeout', '500ms');
        const { answered } = await beginUpload();
        const exit = await server.kill('SIGTERM');
        assert.deepEqual(exit, { code: 0, signal: null });
        await assert.rejects(answered);
        assert.equal(server.lines.find((line) => line.event === 'drained').requests_cut, 1);
        assert.deepEqual(leftovers(), []);
    });
});
