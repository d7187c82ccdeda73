// `cloudphotos admin backup`, `restore` and `copy`: photos go from one place to another, of any kind, while servers use the source.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { startPostgres } from './postgres.mjs';
import { startS3 } from './s3.mjs';
import { listFiles, newFolder, program, runProgram, startServer, until } from './server.mjs';

const [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
after(() => Promise.all([postgres, s3].map((engine) => engine.stop?.())));
const environment = s3.environment ?? {};
const admin = (...words) => runProgram(['admin', ...words], { environment });
const KINDS = ['photos', 'verdicts', 'sessions'];

async function succeed(...words) {
    const done = await admin(...words);
    assert.deepEqual([done.code, done.stderr.replace(/^\d+ of \d+ photos\n/gm, '')], [0, ''], `${words.join(' ')}: ${done.stdout}`);
    return done.stdout;
}
const verify = (place) => succeed('verify', ...place, '--grace', '0');

/* Somebody who uploads, describes and deletes until end(), which resolves to the ids of photos that were kept. */
function startLoad(server) {
    let isOver = false;
    const kept = [];
    const ended = (async () => {
        for (let i = 0; !isOver && i < 60; i++) {
            const id = (await server.upload('lea', png(600, 20 + i))).json.photo_id;
            const headers = { Authorization: 'lea' };
            if (i % 3 === 0) await server.ask('DELETE', `/photos/${id}`, { headers });
            else kept.push(id);
            if (i % 3 === 1) await server.ask('PATCH', `/photos/${id}`, { headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify({ caption: `No. ${i}` }) });
        }
    })();
    return { kept, end: async () => { isOver = true; await ended; return kept; } };
}

/* What a backup of a place says, to be compared with that of another one. */
async function contentOf(place) {
    const folder = join(newFolder(), 'backup');
    await succeed('backup', folder, ...place);
    return KINDS.map((kind) => readFileSync(join(folder, `${kind}.ndjson`), 'utf8').split('\n'));
}

describe('a backup of a running server', () => {
    const folder = join(newFolder(), 'backup');
    let server, ids;
    before(async () => {
        server = await startServer();
        ids = await Promise.all(Array.from({ length: 6 }, (_, i) => server.publish('ann', png(700, 30 + i))));
    });
    after(() => server?.stop());

    it('has each photo with its objects, and can be restored, and its photos go on', async () => {
        const load = startLoad(server);
        await until('some uploads', () => load.kept.length > 2);
        const told = await succeed('backup', folder, '--data', server.data);
        await load.end();
        const lines = readFileSync(join(folder, 'photos.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
        assert.match(told, new RegExp(`^Backed up: ${lines.length} photos, \\d+ objects, \\d+ bytes\\n$`));
        const data = join(newFolder(), 'restored');
        assert.match(await succeed('restore', folder, '--data', data), new RegExp(`^Restored: ${lines.length} photos, \\d+ objects, \\d+ bytes\\n$`));
        await verify(['--data', data]);
        assert.deepEqual((await contentOf(['--data', data]))[0].slice(0, -1).map((line) => JSON.parse(line)), lines);
        const restored = await startServer({ data });
        for (const id of ids) {
            const [one, other] = await Promise.all([server, restored].map((each) => each.get(`/buckets/photos/${id}-comp.webp`)));
            assert.deepEqual(one.body, other.body);
        }
        assert.equal((await restored.get('/users?username=ann')).json[0].posts_count, 6);
        const pending = lines.filter(({ record }) => record.photos[0]?.state === 0);
        for (const { id } of pending) assert.equal((await restored.ended_photo(id)).data.status, 'SUCCESS');
        assert.equal((await restored.ended_photo((await restored.upload('ann', png(50, 40))).json.photo_id)).data.status, 'SUCCESS');
        await restored.stop();
        await verify(['--data', data]);
        rmSync(data, { recursive: true });
    });

    const change = (file, from, to) => (copy) => {
        const text = readFileSync(join(copy, file), 'utf8');
        assert.ok(text.includes(from));
        writeFileSync(join(copy, file), text.replace(from, to));
    };
    const aFile = (copy) => join(copy, 'buckets', listFiles(join(copy, 'buckets')).find((file) => file.endsWith(`${ids[0]}-comp.webp`)));
    for (const [what, damage, sentence] of [
        ['one that was interrupted', (copy) => rmSync(join(copy, 'manifest.json')), /it has no manifest\.json, which is written last, so it isn't whole or is no backup\. Take another one\.$/m],
        ['one whose manifest is cut', (copy) => writeFileSync(join(copy, 'manifest.json'), '{'), /its manifest\.json is damaged\./],
        ['one whose record was changed', change('photos.ndjson', '"author":"ann"', '"author":"eve"'), /a file was changed after it was made\./],
        ['one that lacks a line', (copy) => writeFileSync(
            join(copy, 'photos.ndjson'), readFileSync(join(copy, 'photos.ndjson'), 'utf8').replace(/.*\n/, '')), /a file was changed after it was made\./],
        ['one of a newer program', change('manifest.json', '"version":1', '"version":2'), /was made by a newer Cloud Photos\. Install that\.$/m],
        ['one with an object of other bytes', (copy) => { const bytes = readFileSync(aFile(copy)); bytes[99] ^= 1; writeFileSync(aFile(copy), bytes); },
            /The backup is damaged: the object [0-9a-f]{32}-comp\.webp isn't the one that was backed up\./],
        ['one that lacks an object', (copy) => rmSync(aFile(copy)), /The backup is damaged: the object [0-9a-f]{32}-comp\.webp is missing\./],
    ])
        it(`is refused: ${what}`, async () => {
            const copy = join(newFolder(), 'copy');
            cpSync(folder, copy, { recursive: true });
            damage(copy);
            const { code, stderr } = await admin('restore', copy, '--data', join(newFolder(), 'restored'));
            assert.equal(code, 1);
            assert.match(stderr, sentence);
            rmSync(copy, { recursive: true });
        });

    it('names photos whose objects were missing before, and takes all else', async () => {
        const data = newFolder(), to = join(newFolder(), 'backup');
        await succeed('restore', folder, '--data', data);
        rmSync(aFile(data));
        const { code, stdout, stderr } = await admin('backup', to, '--data', data);
        assert.equal(code, 1);
        assert.match(stdout, new RegExp(`^${ids[0]}  Objects of this photo are missing at the source; it is taken without\\.$`, 'm'));
        assert.match(stderr, /^cloudphotos admin: 1 photos lacked objects at the source; cloudphotos admin verify names these objects$/m);
        const lines = (place) => readFileSync(join(place, 'photos.ndjson'), 'utf8').split('\n').length;
        assert.equal(lines(to), lines(folder));
    });

    it('isn\'t written to a folder that has something, and isn\'t restored to a place that has photos', async () => {
        const again = await admin('backup', folder, '--data', server.data);
        assert.deepEqual([again.code, again.stderr], [1, `cloudphotos admin: The folder ${folder} isn't empty: name a new one, because a backup is made as a whole.\n`]);
        const data = newFolder();
        await succeed('restore', folder, '--data', data);
        const files = listFiles(data);
        const { code, stderr } = await admin('restore', folder, '--data', data);
        assert.deepEqual([code, stderr], [1, 'cloudphotos admin: The destination isn\'t empty: there are photos in it. Name a store and buckets that are empty.\n']);
        assert.deepEqual(listFiles(data), files);
        for (const words of [['backup'], ['restore'], ['backup', 'a', 'b']])
            assert.deepEqual([(await admin(...words)).code, (await admin(...words)).stderr], [2, `cloudphotos admin: ${words[0]} takes one folder: cloudphotos admin ${words[0]} FOLDER\n`]);
    });
});

describe('a copy', { skip: postgres.skip ?? s3.skip }, () => {
    const addresses = (place, to) => [`--${to}-store`, place[1], `--${to}-buckets`, place[3]];
    const copy = (from, to, ...more) => ['copy', ...addresses(from, 'from'), ...addresses(to, 'to'), ...more];
    const places = (name) => ({
        'SQLite and files': (folder = newFolder()) => ['--store', `sqlite:${folder}/photos.db`, '--buckets', `file:${folder}/buckets`],
        'PostgreSQL and files': () => ['--store', postgres.makeDatabase(name), '--buckets', `file:${newFolder()}/buckets`],
        'PostgreSQL and S3': () => { s3.makeBuckets(name); return ['--store', postgres.makeDatabase(name), '--buckets', s3.address(name)]; },
        'SQLite and S3': () => { s3.makeBuckets(name); return ['--store', `sqlite:${newFolder()}/photos.db`, '--buckets', s3.address(name)]; },
    });
    let server, source, first;
    before(async () => {
        server = await startServer();
        source = places()['SQLite and files'](server.data);
        await Promise.all(Array.from({ length: 30 }, (_, i) => server.publish('ann', png(600, 30 + i))));
        first = places('copied')['PostgreSQL and S3']();
    });
    after(() => server?.stop());

    /* Kills it when it has sent so many requests to S3, none of which is answered then. */
    async function killAt(requests, words) {
        const child = spawn(program, ['admin', ...words], { env: { ...process.env, ...environment }, stdio: 'ignore' });
        const ended = once(child, 'close');
        s3.way.onRequest = () => { if (--requests === 0) child.kill('SIGKILL'); };
        const [code, signal] = await ended;
        s3.way.onRequest = undefined;
        return signal ?? code;
    }

    it('of a server that takes uploads, killed ten times and continued, is equal in the end', async () => {
        const load = startLoad(server), words = copy(source, first);
        after(load.end);
        const ends = [];
        for (const requests of [3, 8, 20, 40, 120, 60, 100, 30, 20, 6]) ends.push(await killAt(requests, words));
        assert.deepEqual(ends, Array(10).fill('SIGKILL'));
        assert.match(await succeed(...words), /^Pass 1: \d+ records .*\n[^]*The destination is up to date\. End the servers of the source and run it again with --last, /);
        assert.match((await admin('verify', ...first)).stdout, / 0 differences, /);
        const kept = await load.end();
        await server.kill();
        assert.match(await succeed(...words, '--last'), /The copy is whole: servers may be started on it\.\n$/);
        assert.deepEqual(await contentOf(first), await contentOf(source));
        await verify(first);
        const other = await startServer({ flags: first, environment });
        for (const id of kept) assert.equal((await other.ended_photo(id)).data.status, 'SUCCESS');
        assert.equal((await other.get('/users/ann')).json.post_ids.length, 30);
        await other.stop();
        await verify(first);
    });

    for (const name of Object.keys(places()))
        it(`goes to ${name}`, async () => {
            const to = places(`to_${name.toLowerCase().replaceAll(' ', '')}`.replace('_', 'x'))[name]();
            await succeed(...copy(first, to, '--last'));
            assert.deepEqual(await contentOf(to), await contentOf(first));
            await verify(to);
        });

    it('is refused to a place with photos of its own, or with those of another source', async () => {
        const [one, other] = [0, 1].map(() => places()['SQLite and files']());
        await succeed(...copy(source, one));
        for (const [from, to, sentence] of [
            [first, source, 'The destination isn\'t empty: there are photos in it. Name a store and buckets that are empty.'],
            [other, one, `there is no database at ${other[1]} yet: name the one of the server with --data or --store`],
            [first, one, `The destination has a part of another copy, of ${source[1]} and ${source[3]}. Name that source, or an empty destination.`]]) {
            const { code, stderr } = await admin(...copy(from, to));
            assert.deepEqual([code, stderr], [1, `cloudphotos admin: ${sentence}\n`]);
        }
        const { code, stderr } = await admin('copy', '--from-store', 'sqlite:a');
        assert.deepEqual([code, stderr], [2, 'cloudphotos admin: copy needs --from-store, --from-buckets, --to-store and --to-buckets\n']);
    });

    it('is not served before it is whole', async () => {
        const data = newFolder(), to = places()['SQLite and files'](data);
        await succeed(...copy(first, to));
        const { code, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', data]);
        assert.equal(code, 1);
        assert.match(stderr, /is a copy that isn't whole yet\. Run cloudphotos admin copy with --last/);
        await succeed(...copy(first, to, '--last'));
        const started = await startServer({ data });
        await started.stop();
    });
});
