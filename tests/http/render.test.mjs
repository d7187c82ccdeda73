// `cloudphotos admin photos render`: photos of a version that made no medium images get them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gif, png, readWebp } from './pictures.mjs';
import { listFiles, newFolder, program, runProgram, startServer, until } from './server.mjs';

const photo = png(1200, 30), larger = png(1200, 240), tall = png(60, 2000);
const render = (data, ...flags) => runProgram(['admin', 'photos', 'render', '--data', data, ...flags]);
const filesOf = (data, text) => listFiles(join(data, 'buckets')).filter((file) => file.includes(text));
const mediumOf = (data, id) => filesOf(data, `${id}-medium.webp`);

/* Somebody who does `statement` to the photos with these ids, in a transaction from hold() to release(). hold: how many photos
 * have a medium image then, as the store knows. */
async function holderOf(data, statement, ids) {
    const script = `import sqlite3, sys
database = sqlite3.connect(sys.argv[1], 30, isolation_level=None)
print('ready', flush=True)
sys.stdin.readline()
database.execute('BEGIN IMMEDIATE')
for id in sys.argv[3:]:
    database.execute(sys.argv[2], (bytes.fromhex(id),))
print(database.execute('SELECT count(*) FROM photos WHERE medium_width > 0').fetchone()[0], flush=True)
sys.stdin.readline()
database.execute('COMMIT')`;
    const child = spawn('python3', ['-c', script, join(data, 'photos.db'), statement, ...ids], { stdio: ['pipe', 'pipe', 'inherit'] });
    const heard = async () => String((await once(child.stdout, 'data'))[0]);
    await heard();
    const hold = () => { child.stdin.write('\n'); return heard().then(Number); };
    const release = async () => { child.stdin.end('\n'); assert.deepEqual(await once(child, 'exit'), [0, null]); };
    return { hold, release, end: () => child.kill('SIGKILL') };
}

/* As if an earlier version had published them. */
async function makeOld(data, ids) {
    for (const id of ids) for (const file of mediumOf(data, id)) rmSync(join(data, 'buckets', file));
    const holder = await holderOf(data, 'UPDATE photos SET medium_width = 0, medium_height = 0, medium_bytes = 0 WHERE id = ?', ids);
    await holder.hold();
    await holder.release();
}

async function publishMany(server, count, bytes = photo) {
    const ids = [];
    for (let i = 0; i < count; i++) ids.push(await server.publish('ann', bytes));
    return ids;
}

/* Starts rendering, and holds the store as `statement` says until one image is in place that the store doesn't know, since
 * it can't be written. Resolves to { child, ended, count, release }; count: images that the store knows. */
async function renderUntilHeld(data, statement, ids) {
    const mediums = () => filesOf(data, '-medium.webp').length, before = mediums();
    const holder = await holderOf(data, statement, ids);
    after(holder.end);
    const child = spawn(program, ['admin', 'photos', 'render', '--data', data, '--processes', '1'], { stdio: ['ignore', 'pipe', 'ignore'] });
    after(() => child.kill('SIGKILL'));
    let stdout = '';
    child.stdout.on('data', (piece) => { stdout += piece; });
    const ended = once(child, 'close').then(([code, signal]) => ({ code: code ?? signal, stdout }));
    await until('it to begin', () => filesOf(data, '.incoming/').length > 0 || mediums() > before);
    const count = await holder.hold();
    assert.ok(count < ids.length, 'it is in the middle');
    await until('an image that the store does not know', () => mediums() === count + 1);
    return { child, ended, count, release: holder.release };
}

async function checkMedium(server, id, width = 800, height = 20) {
    const { medium } = (await server.get(`/photos/${id}`)).json;
    const image = await server.get(`/buckets/thumbnails/${id}-medium.webp`);
    assert.deepEqual([image.code, medium?.width, medium?.height, medium?.bytes], [200, width, height, image.body.length]);
    const { width: imageWidth, height: imageHeight } = readWebp(image.body);
    assert.deepEqual([imageWidth, imageHeight], [width, height]);
}

describe('rendering older photos', () => {
    it('gives them their medium images beside a running server, and passes over all that need none', async () => {
        const server = await startServer();
        const old = await publishMany(server, 2), long = await server.publish('ann', tall);
        const others = [await server.publish('ann', png(900, 30)), await server.publish('ann', gif(1100, 20, 2)), await server.publish('bob', photo)];
        const before = await server.get(`/buckets/thumbnails/${others[2]}-medium.webp`);
        await makeOld(server.data, [...old, long]);
        assert.equal((await server.get(`/photos/${old[0]}`)).json.medium, null);
        const [done, later] = await Promise.all([render(server.data, '--processes', '2'), publishMany(server, 3)]);
        assert.deepEqual([done.code, done.stdout], [0, '3 photos without a medium image: 3 made, 0 don\'t need one, 0 deleted or changed meanwhile, 0 failed, 0 left\n'], done.stderr);
        assert.match(done.stderr, /^3 of 3 photos$/m);
        for (const id of [...old, ...later]) await checkMedium(server, id);
        await checkMedium(server, long, 43, 1440);
        assert.deepEqual(await Promise.all(others.map(async (id) => (await server.get(`/photos/${id}`)).json.medium?.width)), [undefined, undefined, 800]);
        assert.deepEqual((await server.get(`/buckets/thumbnails/${others[2]}-medium.webp`)).headers.etag, before.headers.etag);
        const again = await render(server.data);
        assert.deepEqual([again.code, again.stderr, again.stdout.slice(0, 31)], [0, '', '0 photos without a medium image']);
        assert.deepEqual(filesOf(server.data, '.incoming'), []);
        await server.stop();
    });

    it('goes on where it was killed, with and without a server', async () => {
        const data = newFolder(), counts = [];
        let server = await startServer({ data });
        const ids = await publishMany(server, 10, larger);
        await makeOld(data, ids);
        for (const hasServer of [true, false]) {
            if (!hasServer) await server.stop();
            const { child, ended, count, release } = await renderUntilHeld(data, 'UPDATE photos SET medium_width = medium_width WHERE id = ?', ids);
            child.kill('SIGKILL');
            assert.equal((await ended).code, 'SIGKILL');
            await release();
            counts.push(count);
        }
        server = await startServer({ data });
        const last = await render(data);
        assert.equal(last.code, 0, last.stderr);
        assert.match(last.stdout, new RegExp(`^${10 - counts[1]} photos without a medium image: ${10 - counts[1]} made`));
        for (const id of ids) await checkMedium(server, id, 800, 160);
        assert.deepEqual(filesOf(data, '.incoming/'), []);
        await server.stop();
        rmSync(data, { recursive: true });
    });

    it('leaves nothing of photos that are deleted meanwhile, even between image and store', async () => {
        const data = newFolder(), server = await startServer({ data });
        const ids = await publishMany(server, 10, larger);
        await makeOld(data, ids);
        await server.stop();
        const { ended, count, release } = await renderUntilHeld(data, 'UPDATE photos SET state = 3 WHERE id = ? AND medium_width = 0', ids);
        await release();
        const { code, stdout } = await ended;
        assert.deepEqual([code, stdout], [0, `10 photos without a medium image: ${count} made, 0 don't need one, ${10 - count} deleted or changed meanwhile, 0 failed, 0 left\n`]);
        assert.equal(filesOf(data, '-medium.webp').length, count);
        rmSync(data, { recursive: true });
    });

    it('names those that it could not render, and exits with 1', async () => {
        const server = await startServer();
        const [broken, missing, good] = await publishMany(server, 3);
        await makeOld(server.data, [broken, missing, good]);
        const [large] = filesOf(server.data, `${broken}-comp`), [gone] = filesOf(server.data, `${missing}-comp`);
        writeFileSync(join(server.data, 'buckets', large), readFileSync(join(server.data, 'buckets', large)).subarray(0, 40));
        rmSync(join(server.data, 'buckets', gone));
        const { code, stdout, stderr } = await render(server.data);
        assert.equal(code, 1);
        assert.match(stdout, new RegExp(`^${broken}  \\w.+$`, 'm'));
        assert.match(stdout, new RegExp(`^${missing}  There is no object ${missing}-comp.webp in the bucket photos\\.$`, 'm'));
        assert.match(stdout, /^3 photos without a medium image: 1 made, .* 2 failed, 0 left$/m);
        assert.match(stderr, /^cloudphotos admin: 2 photos have no medium image yet; the list above says why\. They stay published: run it again$/m);
        await checkMedium(server, good);
        assert.equal((await server.get(`/photos/${broken}`)).json.status, 'SUCCESS');
        assert.deepEqual(filesOf(server.data, '.incoming/'), []);
        await server.stop();
    });

    it('is refused while another one runs, where there are no photos, and with other words', async () => {
        const server = await startServer();
        assert.equal((await render(server.data)).code, 0);
        const lock = spawn('python3', ['-c', 'import fcntl, sys; file = open(sys.argv[1], "r+"); fcntl.flock(file, fcntl.LOCK_EX); print("held", flush=True); sys.stdin.read()',
            join(server.data, 'buckets', '.lock-admin')], { stdio: ['pipe', 'pipe', 'inherit'] });
        await once(lock.stdout, 'data');
        const second = await render(server.data);
        lock.stdin.end();
        assert.deepEqual([second.code, second.stdout], [1, '']);
        assert.match(second.stderr, /^cloudphotos admin: The folder .*buckets is being written to by another process \(PID \d+\)\.\n$/);
        await server.stop();
        for (const [words, sentence] of [[[], 'name what to do with photos: render (see cloudphotos admin --help)'],
            [['develop'], 'photos has no sub-command "develop"; there is render'], [['render', 'all'], '"all" is not expected after photos render']]) {
            const other = await runProgram(['admin', 'photos', ...words, '--data', newFolder()]);
            assert.deepEqual([other.code, other.stderr], [2, `cloudphotos admin: ${sentence}\n`]);
        }
        const nowhere = await render(newFolder());
        assert.equal(nowhere.code, 1);
        assert.match(nowhere.stderr, /^cloudphotos admin: The folder .*buckets can't be used: No such file or directory\.\n$/);
        assert.match((await runProgram(['admin', '--help'])).stdout, /cloudphotos admin photos render +make the medium images that older photos lack/);
    });
});
