// A darkroom process that hangs, crashes or dies costs its photo some time, or at worst that photo; never another one, never
// the server. The history of the execution tells what happened, and what failed by our fault can be retried.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { join } from 'node:path';
import { vips } from '../http/pictures.mjs';
import { Client, endOf, stageOf } from './client.mjs';
import { newFolder } from './disk.mjs';
import { listBucket } from './ledger.mjs';
import { processesOfSession, signal } from './processes.mjs';
import { Server, metric } from './server.mjs';
import { waitFor } from './wait.mjs';

const photo = vips(640, 480, 'jpg');
const ATTEMPTS = 3; // at a photo over which a process crashes
const ATTEMPTS_HUNG = 2; // or hangs

/* A server with one darkroom worker, which can be made to hang in the middle of a photo. */
class Workbench {
    constructor(timeout) {
        this.options = ['--darkrooms', '1', '--darkroom-timeout', timeout];
    }

    async open() {
        this.folder = newFolder();
        this.server = new Server(join(this.folder, 'data'), { options: this.options });
        await this.server.start();
        this.client = new Client(this.server);
    }

    async close() {
        this.client.close();
        await this.server.stop();
        rmSync(this.folder, { recursive: true });
    }

    checkLog() {
        assert.deepEqual(this.server.takeComplaints((line) => line.event === 'trouble'), []);
    }

    worker() {
        return this.server.darkroom().workers[0];
    }

    restarts() {
        return metric(this.client, 'cloudphotos_darkroom_restarts_total');
    }

    originals() {
        return listBucket(join(this.server.data, 'buckets/originals')).objects;
    }

    async upload() {
        const answer = await this.client.upload('ann', null, photo);
        assert.equal(answer.status, 200, answer.bytes.toString());
        return answer.json.photo_id;
    }

    /* Uploads a photo that its worker begins with and never finishes. */
    async uploadToStopped() {
        const worker = this.worker(), restarts = await this.restarts();
        signal(worker, 'SIGSTOP');
        const id = await this.upload();
        await stageOf(this.server, id, 'Resize');
        return { id, worker, restarts };
    }

    async show(id) {
        const { code, stdout, stderr } = await this.server.admin('executions', 'show', id);
        assert.equal(code, 0, stderr);
        return stdout;
    }

    async checkPublished(id) {
        const end = await endOf(this.server, id);
        assert.equal(end.status, 'SUCCESS', end.error_message);
        assert.equal((await this.client.get(`/buckets/photos/${id}-comp.webp`)).status, 200);
        assert.equal((await this.client.get(`/buckets/thumbnails/${id}-thumb.webp`)).status, 200);
        await waitFor('the original to be gone', () => !this.originals().includes(id));
    }

    async checkRefused(id, reason) {
        const end = await endOf(this.server, id);
        assert.equal(end.status, 'ERROR');
        assert.match(end.error_message, reason);
        assert.equal((await this.client.get(`/buckets/photos/${id}-comp.webp`)).status, 403);
        assert.ok(this.originals().includes(id), 'the original is kept for a retry');
    }

    async checkRetry(id) {
        const { code, stderr } = await this.server.admin('executions', 'retry', id);
        assert.equal(code, 0, stderr);
        await waitFor('the photo to be taken up again', async () =>
            (await this.client.get(`/uploadStatus/${id}`)).json.status !== 'ERROR');
        await this.checkPublished(id);
        await waitFor('the execution to end', async () => /SUCCEEDED/.test(await this.show(id)));
        const again = await this.server.admin('executions', 'retry', id);
        assert.equal(again.code, 1, 'what succeeded is not retried');
    }

    async checkNothingLeft() {
        const running = await this.server.admin('executions', '--status', 'RUNNING');
        assert.equal(running.stdout.trim().split('\n').length, 1, running.stdout);
        assert.deepEqual(this.originals(), []);
        assert.equal(this.server.darkroom().workers.length, 1);
        for (const bucket of ['originals', 'photos', 'thumbnails'])
            assert.deepEqual(listBucket(join(this.server.data, 'buckets', bucket)).others, []);
    }

    /* Ends the worker by this signal in every attempt at this photo, in `most` at most, `last` being that of the first; resolves to
     * how many there were. Each new worker is stopped before it has work, so none gets through; a stopped one meets its signal when it
     * goes on. */
    async endEveryWorker(id, last, by, most = Infinity) {
        const isOver = async () => (await this.client.get(`/uploadStatus/${id}`)).json.status !== 'PENDING';
        let count = 1;
        for (;;) {
            signal(last, by);
            signal(last, 'SIGCONT');
            if (count === most) return count;
            last = await waitFor('the next worker', () => this.server.darkroom().workers.find((pid) => pid !== last));
            signal(last, 'SIGSTOP');
            await waitFor('the next attempt, or the end', async () => await isOver() || await this.attempts(id) > count);
            if (await isOver()) break;
            count++;
        }
        signal(last, 'SIGCONT');
        return count;
    }

    /* Stops the worker in every attempt at this photo, `last` being that of the first; resolves to how many there were. */
    async hangEveryWorker(id, last) {
        const isOver = async () => (await this.client.get(`/uploadStatus/${id}`)).json.status !== 'PENDING';
        for (let count = 1; ; count++) {
            last = await waitFor('the next worker', () => this.server.darkroom().workers.find((pid) => pid !== last));
            signal(last, 'SIGSTOP');
            await waitFor('the next attempt, or the end', async () => await isOver() || await this.attempts(id) > count);
            if (!await isOver()) continue;
            signal(last, 'SIGCONT');
            return count;
        }
    }

    /* Kills the server in every attempt at this photo, whose worker is stopped; resolves to how many there were. */
    async killEveryServer(id) {
        for (let count = 1; ; count++) {
            this.client.close();
            await this.server.kill();
            await this.server.start();
            this.client = new Client(this.server);
            const worker = this.worker();
            signal(worker, 'SIGSTOP');
            const isOver = await waitFor('the next attempt, or the end', async () => (await this.attempts(id) > count ? 'no'
                : /  FAILED  /.test(await this.show(id)) && 'yes'));
            if (isOver === 'no') continue;
            signal(worker, 'SIGCONT');
            return count;
        }
    }

    async attempts(id) {
        return (await this.show(id)).match(/TaskStarted .*"resource":"resize"/g).length;
    }
}

describe('a photo during whose work the server dies', () => {
    const bench = new Workbench('5m');
    before(() => bench.open());
    after(() => bench.close());
    afterEach(() => bench.checkLog());

    it('each time ends as ERROR with the fifth, which a retry mends', async () => {
        const { id } = await bench.uploadToStopped();
        assert.equal(await bench.killEveryServer(id), 5);
        await bench.checkRefused(id, /^The server failed several times while it worked on this photo\. Upload it again later\.$/);
        assert.equal((await bench.show(id)).match(/TaskFailed .*"error":"Task.Lost"/g).length, 5);
        await bench.checkRetry(id);
    });

    it('leaves nothing under way and nothing in want', () => bench.checkNothingLeft());
});

describe('a darkroom process that hangs', () => {
    const bench = new Workbench('2s');
    const reason = /^This photo takes too long to read\. Export it again, or smaller\.$/;
    before(() => bench.open());
    after(() => bench.close());
    afterEach(() => bench.checkLog());

    it('is killed when its time is over, and its photo is tried again', async () => {
        const { id, worker, restarts } = await bench.uploadToStopped();
        await bench.checkPublished(id);
        await waitFor('the process to be gone', () => processesOfSession(bench.server.pid).every(({ pid }) => pid !== worker));
        assert.equal(await bench.restarts(), restarts + 1);
    });

    it('in every attempt makes its photo end as ERROR, which a retry mends', async () => {
        const { id, worker } = await bench.uploadToStopped();
        assert.equal(await bench.hangEveryWorker(id, worker), ATTEMPTS_HUNG);
        await bench.checkRefused(id, reason);
        const story = await bench.show(id);
        for (const word of ['FAILED', 'ExecutionStarted', 'TaskStateEntered', 'Darkroom.Timeout', 'takes too long', 'Reject', 'ExecutionFailed'])
            assert.ok(story.includes(word), `the history tells of ${word}:\n${story}`);
        await bench.checkRetry(id);
    });

    it('keeps no other photo from being published', async () => {
        const { id } = await bench.uploadToStopped();
        const others = [];
        for (let i = 0; i < 5; i++) others.push(await bench.upload());
        for (const other of others) await bench.checkPublished(other);
        await bench.checkPublished(id);
    });

    it('leaves nothing under way and nothing in want', () => bench.checkNothingLeft());
});

describe('a darkroom process that is killed', () => {
    const bench = new Workbench('5m');
    before(() => bench.open());
    after(() => bench.close());
    afterEach(() => bench.checkLog());

    it('at work is replaced, and its photo is published', async () => {
        const { id, worker, restarts } = await bench.uploadToStopped();
        signal(worker, 'SIGKILL');
        await bench.checkPublished(id);
        assert.equal(await bench.restarts(), restarts + 1);
        assert.match(await bench.show(id), /Darkroom\.Unavailable.*killed from outside/);
    });

    it('in more attempts than a crash has is not its photo\'s fault, which is published in the end', async () => {
        const { id, worker } = await bench.uploadToStopped();
        assert.equal(await bench.endEveryWorker(id, worker, 'SIGKILL', ATTEMPTS + 1), ATTEMPTS + 1);
        await bench.checkPublished(id);
    });

    it('by a crash in every attempt makes its photo end as ERROR in words for its owner, which a retry mends', async () => {
        const { id, worker } = await bench.uploadToStopped();
        bench.server.takeComplaints(() => true);
        assert.equal(await bench.endEveryWorker(id, worker, 'SIGSEGV'), ATTEMPTS, await bench.show(id));
        await bench.checkRefused(id, /^This photo can't be read: the decoder failed every time\. Export it in another format\.$/);
        assert.ok((await bench.show(id)).match(/Darkroom\.Crashed/g).length >= ATTEMPTS);
        await bench.checkRetry(id);
    });

    it('while it has no work is replaced when there is some', async () => {
        const restarts = await bench.restarts();
        signal(bench.worker(), 'SIGKILL');
        await bench.checkPublished(await bench.upload());
        assert.equal(await bench.restarts(), restarts + 1);
    });

    it('together with all others is replaced with them', async () => {
        const { id } = await bench.uploadToStopped();
        const [first] = bench.server.darkroom().first;
        signal(first, 'SIGKILL');
        await bench.checkPublished(id);
        assert.notEqual(bench.server.darkroom().first[0], first);
    });

    it('while the first process, which has to replace it, hangs, is replaced all the same', async () => {
        const { id, worker } = await bench.uploadToStopped();
        const [first] = bench.server.darkroom().first;
        signal(first, 'SIGSTOP');
        signal(worker, 'SIGKILL');
        await bench.checkPublished(id);
        await waitFor('the first process that hung to be gone', () => processesOfSession(bench.server.pid).every(({ pid }) => pid !== first));
    });

    it('leaves nothing under way and nothing in want', () => bench.checkNothingLeft());
});
