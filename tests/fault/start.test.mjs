// Starts that would do harm, and are refused in words: a database that is gone, empty, another one or damaged beside photos, or beside
// buckets that can't be listed, and too few descriptors. What was there stays as it was.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { program, runProgram } from '../http/server.mjs';
import { png } from '../http/pictures.mjs';
import { Client, endOf } from './client.mjs';
import { newFolder } from './disk.mjs';
import { listBucket } from './ledger.mjs';
import { Server } from './server.mjs';

const PAGE = 4096;
const folder = newFolder(), good = join(folder, 'good');

/* Spoils the page of the database in which these words stand. */
function damagePageWith(database, words) {
    const bytes = readFileSync(database), at = bytes.indexOf(words);
    assert.ok(at > 0, `the database holds ${words}`);
    bytes.fill(0xff, at - at % PAGE, at - at % PAGE + 100);
    writeFileSync(database, bytes);
}

function keepOnly(data, buckets) {
    for (const bucket of ['originals', 'photos', 'thumbnails'])
        if (!buckets.includes(bucket)) rmSync(join(data, 'buckets', bucket), { recursive: true });
}

function addOriginal(data) {
    mkdirSync(join(data, 'buckets/originals/00'), { recursive: true });
    writeFileSync(join(data, 'buckets/originals/00/01a21626b1deebe1815434b88b42e8c1'), png(3, 3));
}

/* A file in place of the first folder of photos: they can't be listed, whoever asks. */
function hideFirst(data) {
    const first = join(data, 'buckets/photos/00');
    rmSync(first, { recursive: true, force: true });
    writeFileSync(first, '');
}

describe('a start', () => {
    before(async () => {
        const server = new Server(good);
        await server.start();
        const client = new Client(server);
        for (let i = 0; i < 3; i++) {
            const { json } = await client.upload('ann', `key-${i}`, png(20 + i, 20));
            assert.equal((await endOf(server, json.photo_id)).status, 'SUCCESS');
        }
        client.close();
        await server.stop();
        const fresh = new Server(join(folder, 'fresh'));
        await fresh.start();
        await fresh.stop();
    });
    after(() => rmSync(folder, { recursive: true }));

    const database = (data) => join(data, 'photos.db');
    const refusals = [
        { says: 'without its database', spoil: (data) => rmSync(database(data)),
            words: /photos\.db is missing or empty, but there are photos in .*Restore the database from a backup.*move .*buckets away/ },
        { says: 'with an empty database', spoil: (data) => truncateSync(database(data)), words: /photos\.db is missing or empty, but there are photos in/ },
        { says: 'without its database, when all that is there are thumbnails', words: /is missing or empty/,
          spoil: (data) => { rmSync(database(data)); keepOnly(data, ['thumbnails']); } },
        { says: 'without its database, when all that is there are originals', words: /is missing or empty/,
          spoil: (data) => { rmSync(database(data)); keepOnly(data, []); addOriginal(data); } },
        { says: 'with a new database beside old photos', words: /photos\.db contains no photos, but there are photos in/,
          spoil: (data) => cpSync(database(join(folder, 'fresh')), database(data)) },
        { says: 'without its database, when the photos can\'t be listed',
          words: /photos\.db is missing or empty, and whether there are photos in .*buckets can't be seen: .*[Nn]ot a directory.* start again/,
          spoil: (data) => { rmSync(database(data)); keepOnly(data, ['photos']); hideFirst(data); } },
        { says: 'with a new database, when the photos can\'t be listed', words: /photos\.db contains no photos, and whether there are photos in .* can't be seen: /,
          spoil: (data) => { cpSync(database(join(folder, 'fresh')), database(data)); keepOnly(data, ['photos']); hideFirst(data); } },
        { says: 'with damage where only the history is', words: /photos\.db is damaged \(.*\)\. Restore it from a backup/,
          spoil: (data) => damagePageWith(database(data), 'StateEntered') },
        { says: 'with half a database', spoil: (data) => truncateSync(database(data), 5 * PAGE), words: /photos\.db is damaged/ },
    ];
    for (const { says, spoil, words } of refusals)
        it(`${says} is refused with one clear line, and touches nothing`, async () => {
            const data = join(folder, says.replaceAll(/\W/g, '-'));
            cpSync(good, data, { recursive: true });
            spoil(data);
            const had = existsSync(database(data)) && readFileSync(database(data));
            const originals = existsSync(join(data, 'buckets/originals')) && listBucket(join(data, 'buckets/originals'));
            for (let i = 0; i < 2; i++) {
                const { code, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', data], { limit_ms: 20000 });
                assert.match(stderr, /^cloudphotos serve: [^\n]+\n$/);
                assert.match(stderr, words);
                assert.equal(code, 1);
            }
            assert.equal(existsSync(database(data)), Boolean(had));
            if (had) assert.ok(readFileSync(database(data)).equals(had), 'the database is as it was');
            if (originals) assert.deepEqual(listBucket(join(data, 'buckets/originals')), originals);
        });

    it('without its database, when nobody may look at what is in a folder of photos, is refused', () => {
        const data = join(folder, 'may-not-look'), photos = join(data, 'buckets/photos');
        cpSync(good, data, { recursive: true });
        rmSync(database(data));
        keepOnly(data, ['photos']);
        const folders = readdirSync(photos).filter((name) => name.length === 2).map((name) => join(photos, name));
        for (const one of folders) chmodSync(one, 0o444);
        const [command, ...words] = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', program, 'serve', '--listen', '127.0.0.1:0', '--data', data];
        const { status, stderr } = spawnSync(command, words, { encoding: 'utf8', timeout: 20000 });
        for (const one of folders) chmodSync(one, 0o755);
        assert.match(stderr, /^cloudphotos serve: [^\n]*photos\.db is missing or empty, and whether there are photos in [^\n]*Permission denied[^\n]*\n$/);
        assert.equal(status, 1);
        assert.ok(!existsSync(database(data)));
    });

    const listings = [
        { says: 'that hold photos', code: 200, words: /, but there are photos in s3:\/\/my-photos\?[^ ]*path-style=yes, which .*To start over without these photos, name other buckets\.\n$/,
          body: '<ListBucketResult><Contents><Key>a</Key><LastModified>2026-01-01T00:00:00Z</LastModified></Contents></ListBucketResult>' },
        { says: 'that may not be listed', code: 403, body: '<Error><Code>AccessDenied</Code></Error>',
          words: /, and whether there are photos in s3:\/\/my-photos\?[^ ]*path-style=yes can't be seen: .*my-photos-photos .*403 AccessDenied.* start again\.\n$/ },
    ];
    for (const { says, code, body, words } of listings)
        it(`without its database beside buckets of S3 ${says} is refused with their whole address`, async () => {
            const s3 = createServer((request, answer) => answer.writeHead(request.method === 'HEAD' ? 200 : code).end(request.method === 'HEAD' ? '' : body));
            await new Promise((listening) => { s3.listen(0, '127.0.0.1', listening); });
            const data = join(folder, says.replaceAll(' ', '-')), buckets = `s3://my-photos?endpoint=http://127.0.0.1:${s3.address().port}&path-style=yes`;
            const environment = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', no_proxy: '127.0.0.1' };
            const { code: ended, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', data, '--buckets', buckets], { environment, limit_ms: 20000 });
            s3.close();
            assert.match(stderr, /^cloudphotos serve: the database [^\n]*photos\.db is missing or empty, [^\n]+\n$/);
            assert.match(stderr, words);
            assert.equal(ended, 1);
            assert.ok(!existsSync(database(data)));
        });

    const starts = [
        { says: 'in an empty folder', make: (data) => mkdirSync(data) },
        { says: 'with all that belongs there', make: (data) => cpSync(good, data, { recursive: true }) },
        { says: 'with an original of an upload that was cut before the first photo', make: (data) => {
            cpSync(join(folder, 'fresh'), data, { recursive: true });
            addOriginal(data);
        } },
    ];
    for (const { says, make } of starts)
        it(`${says} is none of these`, async () => {
            const data = join(folder, says.replaceAll(' ', '-'));
            make(data);
            const server = new Server(data);
            await server.start();
            await server.stop();
            assert.deepEqual(server.takeComplaints(), []);
        });

    /* By a process that may not raise its own limit. */
    const limited = (files) => ['sh', '-c', `ulimit -n ${files}; exec setpriv --bounding-set=-sys_resource "$@"`, 'sh'];

    for (const files of [32, 64])
        it(`with ${files} descriptors is refused with the numbers and what to do`, () => {
            const [command, ...words] = [...limited(files), program, 'serve', '--listen', '127.0.0.1:0', '--data', join(folder, 'few')];
            const { status, stderr } = spawnSync(command, words, { encoding: 'utf8', timeout: 20000 });
            assert.match(stderr, new RegExp(`^cloudphotos serve: this process can open ${files} files at a time, but needs at least (\\d+).*ulimit -n \\d+.*\\n$`));
            assert.equal(status, 1);
            assert.ok(!existsSync(join(folder, 'few')));
        });

    it('with as few descriptors as it asks for serves and publishes', async () => {
        const [command, ...words] = [...limited(32), program, 'serve', '--listen', '127.0.0.1:0', '--data', join(folder, 'few')];
        const least = Number(spawnSync(command, words, { encoding: 'utf8', timeout: 20000 }).stderr.match(/needs at least (\d+)/)[1]);
        const server = new Server(join(folder, 'few'), { wrapper: limited(least) });
        await server.start();
        const clients = Array.from({ length: 12 }, () => new Client(server));
        const answers = await Promise.all(clients.map((client, i) => client.upload(`user_${i}`, null, png(30 + i, 30))));
        for (const answer of answers) {
            assert.equal(answer.status, 200, answer.bytes.toString());
            assert.equal((await endOf(server, answer.json.photo_id)).status, 'SUCCESS');
        }
        for (const client of clients) client.close();
        await server.stop();
        assert.deepEqual(server.takeComplaints((line) => line.event === 'connections'), []);
    });
});
