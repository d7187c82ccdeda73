// One person's photos hold up nobody else's: not many of them, not photos that crash or hang whatever decodes them, and not
// across kill -9. The latter end in words, after a few tries. An operator can end what should not go on.
import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { dirname, join } from 'node:path';
import { program, runProgram } from '../http/server.mjs';
import { sql } from '../http/database.mjs';
import { png, vips } from '../http/pictures.mjs';
import { FakeRekognition, keys, region } from '../http/rekognition_fake.mjs';
import { Client, endOf, stageOf, uploadHeaders } from './client.mjs';
import { newFolder } from './disk.mjs';
import { listBucket } from './ledger.mjs';
import { signal } from './processes.mjs';
import { Server } from './server.mjs';
import { overload, waitFor } from './wait.mjs';

const photo = vips(640, 480, 'jpg'), tiny = png(20, 20);
const DARKROOMS = 2, TIMEOUT_MS = 2000;
const crashing = Buffer.concat([photo, Buffer.from('POISON_CRASH')]);
const hanging = Buffer.concat([photo, Buffer.from('POISON_HANG\n')]);

/* A program beside which the darkroom is one that photos can crash and hang. */
function makeVulnerable(folder) {
    const from = dirname(program);
    for (const [name, copy] of [['cloudphotos', 'cloudphotos'], ['tests/fault/cloudphotos-darkroom-poison', 'cloudphotos-darkroom']])
        copyFileSync(join(from, name), join(folder, copy));
    return join(folder, 'cloudphotos');
}

class Bench {
    async open(settings) {
        this.folder = newFolder();
        this.server = new Server(join(this.folder, 'data'), settings(this.folder));
        await this.server.start();
        this.client = new Client(this.server);
    }

    async close() {
        this.client.close();
        await this.server.kill();
        rmSync(this.folder, { recursive: true });
    }

    async killAndStart() {
        this.client.close();
        await this.server.kill();
        await this.server.start();
        this.client = new Client(this.server);
    }

    async upload(author, bytes) {
        const answer = await this.client.upload(author, null, bytes);
        assert.equal(answer.status, 200, answer.bytes.toString());
        return answer.json.photo_id;
    }

    async statusOf(id) {
        return (await this.client.get(`/uploadStatus/${id}`)).json.status;
    }

    /* Resolves to the milliseconds until it was published. */
    async publish(author, bytes) {
        const begin = performance.now(), id = await this.upload(author, bytes);
        const end = await endOf(this.server, id, 120_000);
        assert.equal(end.status, 'SUCCESS', end.error_message);
        return performance.now() - begin;
    }
}

/* Attacks with photos that crash and hang, while others want theirs published. */
function attack(count, what, settings, state) {
    describe(`${count} photos that crash or hang the darkroom, moderated by ${what}`, () => {
        const bench = new Bench();
        const limit_ms = () => 2 * TIMEOUT_MS + 3000 * (1 + overload());
        let ids;
        before(() => bench.open(settings));
        after(() => bench.close());

        it('delay another person\'s photo by two time-outs at most', async () => {
            ids = [];
            for (let i = 0; i < count; i++) ids.push(await bench.upload('mallory', i % 5 === 4 ? crashing : hanging));
            await Promise.all(ids.slice(0, DARKROOMS).map((id) => stageOf(bench.server, id, state)));
            for (const author of ['ann', 'bob', 'ann']) {
                const took = await bench.publish(author, tiny);
                assert.ok(took < limit_ms(), `${author} waited ${took} ms`);
            }
        });

        it('nor after kill -9 and a new start', async () => {
            const waiting = await bench.upload('carl', tiny), sent = performance.now();
            await bench.killAndStart();
            const end = await endOf(bench.server, waiting, 60_000), took = performance.now() - sent;
            assert.equal(end.status, 'SUCCESS');
            assert.ok(took < 10_000 + limit_ms(), `carl waited ${took} ms`); // the start, and a lease of the dead
            const again = await bench.publish('dora', tiny);
            assert.ok(again < limit_ms(), `dora waited ${again} ms`);
        });

        it('all end in words, after a few tries', async () => {
            for (const [i, id] of ids.entries()) {
                const end = await endOf(bench.server, id, 300_000);
                assert.equal(end.status, 'ERROR');
                assert.match(end.error_message, i % 5 === 4 ? /^This photo can't be read: the decoder failed every time\./
                    : /^This photo takes too long to read\./);
            }
            const { stdout } = await runProgram(['admin', 'executions', 'show', ids[count - 1], '--data', bench.server.data]);
            const failures = stdout.match(/"error":"Darkroom.Crashed"/g).length;
            assert.ok(failures >= 3, stdout);
        });

        it('leave nothing public and nothing under way', async () => {
            const { stdout } = await runProgram(['admin', 'executions', '--status', 'RUNNING', '--data', bench.server.data]);
            assert.equal(stdout.trim().split('\n').length, 1, stdout);
            for (const bucket of ['photos', 'thumbnails']) {
                const { objects } = listBucket(join(bench.server.data, 'buckets', bucket));
                assert.equal(objects.length, 5, 'those of ann, bob, carl and dora');
            }
        });
    });
}

const options = ['--darkrooms', `${DARKROOMS}`, '--darkroom-timeout', `${TIMEOUT_MS}ms`];
attack(50, 'nobody', (folder) => ({ executable: makeVulnerable(folder), options }), 'Resize');

const fake = new FakeRekognition();
before(() => fake.start());
after(() => fake.stop());
attack(25, 'Rekognition', (folder) => ({
    executable: makeVulnerable(folder),
    options: [...options, '--moderator', 'rekognition', '--rekognition-region', region, '--rekognition-endpoint', fake.url],
    env: { ...process.env, ...keys, AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere', no_proxy: '*' },
}), 'DetectAndStore');

/* ---- Many photos ---- */

describe('a person who sends many photos', () => {
    const bench = new Bench();
    before(() => bench.open(() => ({ options: ['--darkrooms', '1', '--darkroom-timeout', '5m', '--max-pending', '6'] })));
    after(() => bench.close());

    const tus = (author, length = '1000') => bench.client.request('POST', '/uploads',
        { 'Tus-Resumable': '1.0.0', 'Authorization': author, 'Upload-Length': length });

    it('is told to wait once too many are pending, before the body has crossed the network', async () => {
        const [worker] = bench.server.darkroom().workers;
        signal(worker, 'SIGSTOP');
        const first = await bench.client.upload('ann', 'the-first', photo);
        for (let i = 0; i < 5; i++) await bench.upload('ann', photo);
        const refused = await bench.client.request('POST', '/photos', { ...uploadHeaders('ann'), 'Content-Length': '1000000', 'Expect': '100-continue' });
        const partial = await tus('ann');
        for (const { status, headers, json } of [refused, partial]) {
            assert.equal(status, 429);
            assert.match(headers['retry-after'], /^[1-9][0-9]*$/);
            assert.equal(json.detail ?? json.title,
                'You have 6 photos that are still being processed, which is the limit. Send this one when some are done.');
        }
        const again = await bench.client.upload('ann', 'the-first', photo);
        assert.deepEqual([again.status, again.json.photo_id], [200, first.json.photo_id], 'what was sent before is told again');
        assert.equal((await tus('bob')).status, 201, 'another person is not told to wait');
        bench.server.takeComplaints();

        await bench.killAndStart();
        const worker2 = bench.server.darkroom().workers[0];
        signal(worker2, 'SIGSTOP');
        assert.equal((await bench.client.upload('ann', null, photo)).status, 429, 'they are counted across kill -9');
        signal(worker2, 'SIGCONT');
        await waitFor('room for another', async () => (await bench.client.upload('ann', null, photo)).status === 200);
    });

    it('holds up nobody: the next worker is for who has fewest under way', async () => {
        await waitFor('the queue to be empty', async () => await bench.statusOf(await bench.upload('zoe', photo)) && true);
        const [worker] = bench.server.darkroom().workers;
        signal(worker, 'SIGSTOP');
        const many = [];
        await waitFor('all to be sent', async () => {
            const answer = await bench.client.upload('eve', null, photo);
            if (answer.status === 200) many.push(answer.json.photo_id);
            return many.length === 6;
        });
        const other = await bench.upload('fay', tiny);
        signal(worker, 'SIGCONT');
        await endOf(bench.server, other);
        assert.ok((await Promise.all(many.map((id) => bench.statusOf(id)))).includes('PENDING'), 'some of the many still wait');
        for (const id of many) assert.equal((await endOf(bench.server, id)).status, 'SUCCESS');
    });
});

/* ---- Clocks ---- */

describe('a clock that was ahead and is right again', () => {
    const bench = new Bench();
    before(() => bench.open(() => ({ options: ['--darkrooms', '1', '--darkroom-timeout', '5m'] })));
    after(() => bench.close());

    /* What was written under a clock that was 300 days ahead: of photos that wait, of one that was under way, of their author. */
    const ahead = (...columns) => columns.map((column) => `${column} = ${column} + 300 * 86400000`).join(', ');
    const shifts = [
        `UPDATE executions SET ${ahead('started_ms', 'updated_ms', 'due_ms', 'queued_ms', 'lease_until_ms')} WHERE status = 0`,
        `UPDATE photos SET ${ahead('created_ms', 'updated_ms')} WHERE state = 0`,
        `UPDATE queues SET ${ahead('served_ms', 'turn_ms')}`,
    ];

    it('keeps no photo waiting, and newest photos stay in order', async () => {
        const [worker] = bench.server.darkroom().workers;
        signal(worker, 'SIGSTOP');
        const ids = [];
        for (let i = 0; i < 5; i++) ids.push(await bench.upload('ann', photo));
        await stageOf(bench.server, ids[0], 'Resize');
        bench.client.close();
        await bench.server.kill();
        for (const shift of shifts) sql(bench.server.data, shift);
        await bench.server.start();
        bench.client = new Client(bench.server);
        ids.push(await bench.upload('ann', photo));
        for (const id of ids) assert.equal((await endOf(bench.server, id)).status, 'SUCCESS');
        const { json } = await bench.client.get('/users/ann');
        assert.deepEqual(json.post_ids, [...ids.slice(0, 5).reverse(), ids[5]], 'by what their time says');
        const listed = [];
        for (let path = '/users/ann?limit=2'; path;) {
            const page = await bench.client.get(path);
            listed.push(...page.json.post_ids);
            path = page.headers.link?.match(/<([^>]+)>; rel="next"/)?.[1];
        }
        assert.deepEqual(listed, json.post_ids, 'page by page, each once');
    });
});

/* ---- The operator ---- */

describe('an operator who aborts an execution', () => {
    const bench = new Bench();
    const stopped = /^The operator of this server stopped processing this photo\./;
    before(() => bench.open((folder) => ({ executable: makeVulnerable(folder), options: ['--darkrooms', '1', '--darkroom-timeout', '5s'] })));
    after(() => bench.close());
    afterEach(() => assert.deepEqual(bench.server.takeComplaints((line) => line.event === 'trouble'), []));

    const abort = (id) => bench.server.admin('executions', 'abort', id);

    async function checkStopped(id) {
        const end = await endOf(bench.server, id);
        assert.equal(end.status, 'ERROR');
        assert.match(end.error_message, stopped);
        await waitFor('the execution to end', async () => /  FAILED  /.test((await bench.server.admin('executions', 'show', id)).stdout));
        for (const bucket of ['originals', 'photos', 'thumbnails'])
            assert.ok(!listBucket(join(bench.server.data, 'buckets', bucket)).objects.some((key) => key.startsWith(id)), bucket);
    }

    it('ends one that is under way with its step, and one that waits at once', async () => {
        const held = await bench.upload('ann', hanging);
        await stageOf(bench.server, held, 'Resize');
        const waits = await bench.upload('ann', hanging), next = await bench.upload('bob', tiny);
        const answer = await abort(held);
        assert.deepEqual([answer.code, answer.stderr], [0, '']);
        assert.match(answer.stdout, /when its current step ends/);
        assert.equal((await abort(waits)).code, 0);
        await checkStopped(waits);
        await checkStopped(held);
        assert.equal((await endOf(bench.server, next)).status, 'SUCCESS');
    });

    it('changes nothing a second time, and nothing that has ended', async () => {
        const id = await bench.upload('ann', hanging);
        assert.equal((await abort(id)).code, 0);
        assert.equal((await abort(id)).code, 0, 'before it has ended');
        await checkStopped(id);
        const again = await abort(id);
        assert.deepEqual([again.code, again.stdout], [0, `${id} had already ended; its status is FAILED.\n`]);
        const published = await bench.upload('ann', tiny);
        assert.equal((await endOf(bench.server, published)).status, 'SUCCESS');
        await waitFor('its execution to end', async () => /SUCCEEDED/.test((await bench.server.admin('executions', 'show', published)).stdout));
        const late = await abort(published);
        assert.equal(late.code, 1);
        assert.match(late.stderr, /has SUCCEEDED: its photo is published/);
        assert.equal((await abort('0'.repeat(32))).code, 1);
        assert.equal((await abort('nonsense')).code, 2);
    });

    it('is obeyed by the next server, if none is running', async () => {
        const id = await bench.upload('ann', hanging);
        bench.client.close();
        await bench.server.kill();
        assert.equal((await abort(id)).code, 0);
        await bench.server.start();
        bench.client = new Client(bench.server);
        await checkStopped(id);
    });
});
