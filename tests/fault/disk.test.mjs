// A disk that is full, a folder that is read-only, a data folder that can't be used: the server says so, goes on with all
// that needs no room, loses nothing, and is whole again as soon as the disk is, without a new start.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runProgram } from '../http/server.mjs';
import { heavyPng, png, vips } from '../http/pictures.mjs';
import { Client, endOf, stageOf } from './client.mjs';
import { Shutter, SmallDisk, newFolder, whyNoMounts } from './disk.mjs';
import { listBucket } from './ledger.mjs';
import { signal } from './processes.mjs';
import { Server, metric } from './server.mjs';
import { waitFor } from './wait.mjs';

const photo = vips(640, 480, 'jpg');
const noMounts = whyNoMounts();
const isTrouble = (line) => line.event === 'trouble' && line.level === 'warning';
const refusedFor = (code) => (line) => isTrouble(line) || (line.event === 'request' && line.code === code);

/* An answer that says in words what is wrong. */
function checkRefusal(answer, code, words) {
    assert.equal(answer.status, code, answer.bytes.toString());
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    assert.match(answer.json.detail, words);
}

async function upload(client, author = 'ann') {
    const answer = await client.upload(author, null, photo);
    assert.equal(answer.status, 200, answer.bytes.toString());
    return answer.json.photo_id;
}

async function checkPublished(server, client, ids) {
    for (const id of ids) {
        const end = await endOf(server, id, 60000);
        assert.equal(end.status, 'SUCCESS', `${id}: ${end.error_message}`);
        assert.equal((await client.get(`/buckets/photos/${id}-comp.webp`)).status, 200);
        assert.equal((await client.get(`/buckets/thumbnails/${id}-thumb.webp`)).status, 200);
    }
}

/* What only reads goes on, whatever the disk is like. */
async function checkReading(client, published) {
    assert.equal((await client.get('/healthcheck')).status, 200);
    assert.deepEqual((await client.get('/users?username=ann')).json, [{ username: 'ann', posts_count: published.length }]);
    assert.deepEqual((await client.get('/users/ann')).json.post_ids.sort(), [...published].sort());
    assert.equal((await client.get(`/buckets/photos/${published[0]}-comp.webp`)).status, 200);
}

function checkNothingLeft(data, published) {
    const of = (bucket) => listBucket(join(data, 'buckets', bucket));
    return waitFor('the buckets to hold what is published alone', () => {
        assert.deepEqual(of('originals'), { objects: [], others: [] });
        assert.deepEqual(of('photos'), { objects: published.map((id) => `${id}-comp.webp`).sort(), others: [] });
        assert.deepEqual(of('thumbnails'), { objects: published.map((id) => `${id}-thumb.webp`).sort(), others: [] });
        return true;
    });
}

describe('a full disk', { skip: noMounts }, () => {
    const published = [], waiting = [];
    let disk, server, client;
    before(async () => {
        disk = new SmallDisk(16);
        server = new Server(join(disk.folder, 'data'), { log: `${disk.folder}.log`, options: ['--darkroom-timeout', '5m', '--darkrooms', '1'] });
        await server.start();
        client = new Client(server);
        published.push(await upload(client), await upload(client));
        await checkPublished(server, client, published);
    });
    after(async () => {
        client.close();
        disk.empty();
        await server.stop();
        disk.release();
        rmSync(`${disk.folder}.log`);
    });

    it('refuses an upload with 507 and a sentence, every time', async () => {
        const [worker] = server.darkroom().workers;
        signal(worker, 'SIGSTOP'); // photos wait in the darkroom for the disk to be full
        for (let i = 0; i < 4; i++) waiting.push(await upload(client));
        await stageOf(server, waiting[0], 'Resize');
        disk.fill();
        for (let i = 0; i < 5; i++) checkRefusal(await client.upload('ann', `key-${i}`, photo), 507, /full|space/i);
        signal(worker, 'SIGCONT');
    });

    it('keeps photos PENDING that were answered before', async () => {
        await waitFor('the workflow to meet the full disk', () => server.lines.some(isTrouble), 30000);
        for (const id of waiting) assert.equal((await client.get(`/uploadStatus/${id}`)).json.status, 'PENDING', id);
    });

    it('goes on searching and serving images, and is healthy for that', () => checkReading(client, published));

    it('is no reason to end', async () => {
        assert.equal(server.exit, null);
        assert.deepEqual(server.takeComplaints(refusedFor(507)), []);
    });

    it('publishes what waits once there is room again, without a new start', async () => {
        disk.empty();
        await checkPublished(server, client, waiting);
        published.push(...waiting);
    });

    it('takes uploads again, also with the keys that it refused', async () => {
        for (let i = 0; i < 5; i++) {
            const answer = await client.upload('ann', `key-${i}`, photo);
            assert.equal(answer.status, 200);
            published.push(answer.json.photo_id);
        }
        await checkPublished(server, client, published.slice(-5));
        await checkReading(client, published);
    });

    it('leaves nothing behind', async () => {
        await checkNothingLeft(server.data, published);
        assert.deepEqual(server.takeComplaints(isTrouble), []);
    });
});

describe('a disk of which little is left', { skip: noMounts }, () => {
    const DISK_MB = 48, RESERVE_MB = 24, MB = 1 << 20;
    const waiting = [];
    let disk, server, client;
    const free = () => { const { bavail, bsize } = statfsSync(disk.folder); return bavail * bsize; };
    const tus = (method, path, headers, pieces = []) => client.request(method, path, { 'Tus-Resumable': '1.0.0', Authorization: 'ann', ...headers }, pieces);
    const begin = (length) => tus('POST', '/uploads', { 'Upload-Length': String(length) });
    before(async () => {
        disk = new SmallDisk(DISK_MB);
        server = new Server(join(disk.folder, 'data'), { log: `${disk.folder}.log`,
            options: ['--darkroom-timeout', '5m', '--darkrooms', '1', '--disk-reserve', `${RESERVE_MB}M`] });
        await server.start();
        client = new Client(server);
    });
    after(async () => {
        client.close();
        await server.stop();
        disk.release();
        rmSync(`${disk.folder}.log`);
    });

    it('keeps its reserve, whoever sends uploads, and all that was answered is published', async () => {
        const large = heavyPng(2 * MB), [worker] = server.darkroom().workers;
        signal(worker, 'SIGSTOP'); // no original goes
        let least = Infinity;
        const watch = setInterval(() => { least = Math.min(least, free()); }, 1);
        await Promise.all([1, 2, 3, 4].map(async (number) => {
            const own = new Client(server);
            for (let misses = 0, i = 0; misses < 5; i++) {
                const answer = await own.upload(`user_${number}`, `${i}`, large);
                if (answer.status === 200) waiting.push(answer.json.photo_id);
                else checkRefusal(answer, 507, /disk is full/);
                misses += answer.status !== 200;
            }
            own.close();
        }));
        clearInterval(watch);
        least = Math.min(least, free());
        assert.ok(waiting.length > 4, `${waiting.length} were answered`);
        assert.ok(least > (RESERVE_MB / 2 - 1) * MB, `${Math.round(least / MB)} MB were left`);
        signal(worker, 'SIGCONT');
        await checkPublished(server, client, waiting);
    });

    it('refuses at once what would not fit, and pieces when it is too late, and takes them once there is room', async () => {
        const content = heavyPng(3 * MB), type = { 'Content-Type': 'application/offset+octet-stream' };
        const path = (await begin(content.length)).headers.location;
        assert.equal((await tus('PATCH', path, { ...type, 'Upload-Offset': '0' }, [content.subarray(0, MB)])).status, 204);
        checkRefusal(await begin(DISK_MB * MB), 507, /disk is full/);
        writeFileSync(disk.ballast, Buffer.alloc(free() - (RESERVE_MB - 1) * MB));
        checkRefusal(await begin(1), 507, /disk is full/);
        checkRefusal(await client.upload('ann', 'late', photo), 507, /disk is full/);
        writeFileSync(disk.ballast, Buffer.alloc(free() - (RESERVE_MB / 2 - 1) * MB), { flag: 'a' });
        const late = await tus('PATCH', path, { ...type, 'Upload-Offset': String(MB) }, [content.subarray(MB)]);
        checkRefusal(late, 507, /disk is full/);
        assert.equal(server.lines.filter(isTrouble).length, 1, 'an operator hears of it once');
        disk.empty();
        const offset = (await tus('HEAD', path)).headers['upload-offset'];
        const last = await tus('PATCH', path, { ...type, 'Upload-Offset': offset }, [content.subarray(Number(offset))]);
        assert.equal(last.status, 204);
        await checkPublished(server, client, [last.headers['photo-id'], await upload(client)]);
        assert.deepEqual(server.takeComplaints(refusedFor(507)), []);
    });
});

describe('a disk that fills up while clients upload', { skip: noMounts }, () => {
    const answered = [], refused = [];
    let disk, server, client;
    before(async () => {
        disk = new SmallDisk(10);
        server = new Server(join(disk.folder, 'data'), { log: `${disk.folder}.log` });
        await server.start();
        client = new Client(server);
    });
    after(async () => {
        client.close();
        disk.empty();
        await server.stop();
        disk.release();
        rmSync(`${disk.folder}.log`);
    });

    it('answers every upload with 200 or 507', async () => {
        await Promise.all([1, 2, 3, 4].map(async (number) => {
            const own = new Client(server);
            for (let misses = 0, i = 0; misses < 10; i++) {
                const answer = await own.upload('ann', `${number}-${i}`, photo);
                if (answer.status === 200) answered.push(answer.json.photo_id);
                else checkRefusal(answer, 507, /full|space/i);
                if (answer.status === 507) refused.push(misses++);
            }
            own.close();
        }));
        assert.ok(answered.length > 10 && refused.length === 40, `${answered.length} answered, ${refused.length} refused`);
    });

    it('has not ended, and says what is wrong', async () => {
        disk.fill();
        assert.equal(server.exit, null);
        assert.equal((await client.get('/healthcheck')).status, 200);
        assert.deepEqual(server.takeComplaints(refusedFor(507)), []);
    });

    it('survives kill -9: the next start is refused with one line, or serves', async () => {
        await server.kill();
        server.launch();
        await waitFor('it to serve or to end', () => server.address || server.exit);
        if (server.exit) {
            assert.equal(server.exit.code, 1);
            const said = server.lines.filter((line) => line.event === 'stderr').map((line) => line.message).join('');
            assert.match(said, /^cloudphotos serve: .*(full|space).*\n$/i);
        } else {
            await server.kill();
        }
        server.takeComplaints();
    });

    it('publishes all that was answered once there is room', async () => {
        disk.empty();
        await server.start();
        // What is published takes more room than there is, as long as nobody deletes: so make room for all.
        disk.grow(64);
        await checkPublished(server, client, answered);
        assert.deepEqual((await client.get('/users/ann')).json.post_ids.sort(), [...answered].sort());
        await checkNothingLeft(server.data, answered);
    });
});

for (const { bucket, says } of [
    { bucket: 'originals', says: 'refuses uploads with 503 and a sentence' },
    { bucket: 'photos', says: 'lets photos wait' },
    { bucket: 'thumbnails', says: 'lets photos wait' },
])
    describe(`a read-only folder of ${bucket}`, { skip: process.getuid() === 0 && noMounts }, () => {
        const published = [], waiting = [];
        let folder, shutter, server, client;
        before(async () => {
            folder = newFolder();
            shutter = new Shutter(join(folder, 'data/buckets', bucket));
            server = new Server(join(folder, 'data'));
            await server.start();
            client = new Client(server);
            published.push(await upload(client));
            await checkPublished(server, client, published);
            await shutter.close();
        });
        after(async () => {
            client.close();
            await server.stop();
            shutter.release();
            rmSync(folder, { recursive: true });
        });

        it(says, async () => {
            if (bucket === 'originals') {
                for (let i = 0; i < 3; i++) {
                    const answer = await client.upload('ann', `key-${i}`, photo);
                    checkRefusal(answer, 503, /can't be used|read-only|can't reach its storage/i);
                    assert.ok(Number(answer.headers['retry-after']) >= 1);
                }
                return;
            }
            for (let i = 0; i < 3; i++) waiting.push(await upload(client));
            await waitFor('each to have been tried and put off', async () => {
                const shown = await Promise.all(waiting.map((id) => server.admin('executions', 'show', id)));
                return shown.every(({ stdout }) => /Storage\.Unavailable/.test(stdout));
            });
            for (const id of waiting) assert.equal((await client.get(`/uploadStatus/${id}`)).json.status, 'PENDING');
        });

        it('hinders no search and no image', () => checkReading(client, published));

        it('is forgotten as soon as it can be written again', async () => {
            shutter.open();
            waiting.push(await upload(client));
            await checkPublished(server, client, waiting);
            await checkReading(client, [...published, ...waiting]);
            await checkNothingLeft(server.data, [...published, ...waiting]);
            assert.equal(await metric(client, 'cloudphotos_executions{status="FAILED"}'), 0);
            assert.deepEqual(server.takeComplaints(refusedFor(503)), []);
        });
    });

describe('a data folder', () => {
    let folder;
    before(() => {
        folder = newFolder();
        writeFileSync(join(folder, 'file'), 'not a folder');
        mkdirSync(join(folder, 'garbage'));
        writeFileSync(join(folder, 'garbage/photos.db'), png(40, 40));
    });
    after(() => rmSync(folder, { recursive: true }));

    for (const { says, data, words } of [
        { says: 'whose parent does not exist', data: 'no/such', words: /no\/such can't be created/ },
        { says: 'that is a file', data: 'file', words: /\bfile\b.*not a (folder|directory)/i },
        { says: 'below a file', data: 'file/data', words: /file\/data.*not a (folder|directory)/i },
        { says: 'whose database is none', data: 'garbage', words: /photos\.db is damaged, or isn't an SQLite database/ },
    ])
        it(`${says} is refused with one clear line and exit status 1`, async () => {
            const { code, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', join(folder, data)]);
            assert.match(stderr, /^cloudphotos serve: [^\n]+\n$/);
            assert.match(stderr, words);
            assert.equal(code, 1);
        });

    it('on a read-only disk is refused with one clear line and exit status 1', { skip: noMounts }, async () => {
        const shutter = new Shutter(join(folder, 'fixed'));
        await shutter.close();
        try {
            const { code, stderr } = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', join(folder, 'fixed')]);
            assert.match(stderr, /^cloudphotos serve: [^\n]*fixed[^\n]*(read-only|can't be (used|made|written))[^\n]*\n$/i);
            assert.equal(code, 1);
        } finally {
            shutter.release();
        }
    });
});
