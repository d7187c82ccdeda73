// Processes that only take requests, and processes that only work, on one data folder. What the suites promise of one server is asked of
// three such processes by `make test SUITE=shared`.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { newFolder, runProgram, startProcess, until } from './server.mjs';

const NO_WORK = ['--workers', '0'];

/* Sockets that a process listens on. */
function listening(pid) {
    const inodes = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1).map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === '0A').map((fields) => `socket:[${fields[9]}]`);
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => { try { return readlinkSync(`/proc/${pid}/fd/${fd}`); } catch { return ''; } });
    return links.filter((link) => inodes.includes(link)).length;
}

describe('a process that does not work', () => {
    let server;
    before(async () => { server = await startProcess({ flags: NO_WORK }); });
    after(() => server.stop());

    it('has no darkroom, and tells of none', async () => {
        assert.deepEqual(server.descendants(), []);
        assert.doesNotMatch(await server.metrics(), /darkroom|moderat/);
        assert.equal((await server.get('/healthcheck')).code, 200);
    });

    it('takes photos, which wait for one that does', async () => {
        const { json } = await server.upload('ann', png(30, 20));
        const events = await server.watch(json.photo_id);
        assert.equal((await events.next()).data.stage, 'Queued');
        const worker = await startProcess({ command: 'worker', data: server.data });
        assert.equal((await events.rest()).at(-1).data.status, 'SUCCESS');
        await worker.stop();
    });
});

describe('a worker', () => {
    let worker;
    before(async () => { worker = await startProcess({ command: 'worker' }); });
    after(() => worker.stop());

    for (const [path, code] of [['/healthcheck', 200], ['/metrics', 200], ['/', 404], ['/users/ann', 404], ['/buckets/photos/x', 404], ['/ann', 404]])
        it(`answers ${code} to ${path}`, async () => assert.equal((await worker.get(path)).code, code));

    it('takes no uploads', async () => assert.equal((await worker.upload('ann', png(3, 3))).code, 404));

    it('listens nowhere unless it is told to', async () => {
        const silent = await startProcess({ command: 'worker', listens: false, data: worker.data });
        assert.equal(listening(silent.pid), 0);
        assert.equal(listening(worker.pid), 1);
        await silent.stop();
    });

    it('that is told to do nothing is refused', async () => {
        const { code, stderr } = await runProgram(['worker', ...NO_WORK, '--data', newFolder()]);
        assert.equal(code, 2);
        assert.match(stderr, /^cloudphotos worker: --workers: a worker does nothing but work, so 0 is too few\n$/);
    });

    it('goes on with what another had under way when it was killed', async () => {
        const server = await startProcess({ flags: NO_WORK, data: worker.data });
        const doomed = await startProcess({ command: 'worker', data: worker.data });
        for (const pid of [...worker.descendants(), ...doomed.descendants()]) process.kill(pid, 'SIGSTOP');
        const ids = [];
        for (let i = 0; i < 6; i++) ids.push((await server.upload('ann', png(30 + i, 20))).json.photo_id);
        await until('some are under way', async () => /^cloudphotos_queue_depth 0$/m.test(await server.metrics()));
        for (const pid of doomed.descendants()) process.kill(pid, 'SIGCONT');
        await doomed.kill();
        for (const pid of worker.descendants()) process.kill(pid, 'SIGCONT');
        for (const id of ids) assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
        assert.equal((await server.get('/users/ann')).json.post_ids.length, ids.length);
        await server.stop();
    });
});
