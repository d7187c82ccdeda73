// Moderation through the real server, by upload, with the models that `make models` obtains and photographs that stand beside the
// project (never in it): without either, what needs them is skipped.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { png } from './pictures.mjs';
import { isSanitized, newFolder, runProgram, startServer, until } from './server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const models = join(root, 'models');
const manifest = JSON.parse(readFileSync(join(models, 'manifest.json'), 'utf8'));
const suite = join(process.env.CLOUDPHOTOS_SHARED ?? join(root, '..', 'shared'), 'suites', 'moderation');
const hasModels = [manifest.runtime, ...manifest.models].every(({ file }) => existsSync(join(models, file)));
const skip = isSanitized ? 'ONNX Runtime does not run under a sanitizer\'s shadow memory limits'
    : !hasModels ? 'the models are not there: make models' : !existsSync(suite) ? 'the photographs are not there' : false;
const flags = ['--moderator', 'onnx', '--models', models];

const photos = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? photos(join(folder, entry.name)) : [join(folder, entry.name)]).sort();
const vips = (...words) => execFileSync('vips', words);

/* Uploads, and resolves to what GET /photos/ID says when it has ended. */
async function judge(server, path) {
    const answer = await server.upload('ann', readFileSync(path));
    assert.equal(answer.code, 200, answer.text);
    await server.ended_photo(answer.json.photo_id);
    return (await server.get(`/photos/${answer.json.photo_id}`)).json;
}

const confidenceOf = (photo, name) => photo.labels.find((label) => label.name === name)?.confidence ?? 0;

describe('moderation', { skip }, () => {
    let server, folder;
    before(async () => {
        folder = newFolder();
        server = await startServer({ flags });
    });
    after(async () => {
        await server.stop();
        rmSync(folder, { recursive: true });
    });

    for (const path of skip ? [] : photos(join(suite, 'accept')))
        it(`publishes ${basename(path)}`, async () => {
            const photo = await judge(server, path);
            assert.equal(photo.status, 'SUCCESS', JSON.stringify(photo));
            assert.ok(Array.isArray(photo.labels));
        });

    for (const path of skip ? [] : photos(join(suite, 'refuse')))
        it(`refuses ${basename(path)}, in words, with the label, and without a trace in the public buckets`, async () => {
            const photo = await judge(server, path);
            const name = basename(dirname(path));
            const label = photo.labels.find((one) => one.name.toLowerCase() === name);
            assert.equal(photo.status, 'ERROR');
            assert.ok(label.confidence >= 50, JSON.stringify(photo.labels));
            assert.equal(photo.error_message, `Refused: ${label.name}, ${label.confidence.toFixed(0)} % sure`);
            assert.ok(photo.labels.some((one) => one.name === label.parent && one.parent === ''), 'its parent is listed too');
            for (const [bucket, suffix] of [['photos', 'comp'], ['thumbnails', 'thumb']])
                assert.equal((await server.get(`/buckets/${bucket}/${photo.photo_id}-${suffix}.webp`)).code, 403);
        });

    it('tells the event stream the reason and the labels', async () => {
        const { json } = await server.upload('ann', readFileSync(join(suite, 'refuse', 'weapons', 'revolver.jpg')));
        const { data } = await server.ended_photo(json.photo_id);
        assert.match(data.error_message, /^Refused: Weapons, \d+ % sure$/);
        assert.equal(data.labels[0].name, 'Weapons');
    });

    it('gives the same labels to the same pixels every time', async () => {
        const path = join(suite, 'refuse', 'weapons', 'rifle.jpg');
        const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => judge(server, path)));
        for (const other of others) assert.deepEqual(other.labels, first.labels);
    });

    for (const name of ['refuse/weapons/revolver.jpg', 'refuse/weapons/rifle.jpg', 'accept/syringe.jpg'])
        it(`agrees within 5 points about ${basename(name)} as JPEG, PNG and WebP`, async () => {
            // In sRGB and without a profile, so that all three hold the same picture.
            const plain = join(folder, `${basename(name)}.v`);
            vips('thumbnail', join(suite, name), plain, '4000', '--size', 'down', '--export-profile', 'srgb');
            const [jpeg, ...others] = await Promise.all(['jpg[Q=95,strip]', 'png[strip]', 'webp[Q=90,strip]'].map((ending) => {
                vips('copy', plain, join(folder, `${basename(name)}.${ending}`));
                return judge(server, join(folder, `${basename(name)}.${ending.replace(/\[.*/, '')}`));
            }));
            for (const other of others)
                for (const { name: label } of manifest.labels) {
                    const difference = Math.abs(confidenceOf(other, label) - confidenceOf(jpeg, label));
                    assert.ok(difference <= 5, `${other.format}: ${JSON.stringify(other.labels)}; jpeg: ${JSON.stringify(jpeg.labels)}`);
                }
        });

    it('looks at more than the first frame of an animation', async () => {
        const frames = ['accept/daisy.jpg', 'accept/tabby.jpg', 'refuse/weapons/revolver.jpg'].map((name, i) => {
            const path = join(folder, `frame${i}.png`);
            vips('thumbnail', join(suite, name), path, '300', '--height', '300', '--size', 'force');
            return path;
        });
        vips('arrayjoin', frames.join(' '), join(folder, 'joined.v'), '--across', '1');
        vips('gifsave', join(folder, 'joined.v'), join(folder, 'moving.gif'), '--page-height', '300');
        const photo = await judge(server, join(folder, 'moving.gif'));
        assert.equal(photo.frames, 3);
        assert.match(photo.error_message ?? '', /^Refused: Weapons/, JSON.stringify(photo));
    });

    for (const [shape, position, size] of [['wide', ['2600', '20'], ['4000', '400']], ['tall', ['20', '2600'], ['400', '4000']]])
        it(`sees a small part of a very ${shape} photo`, async () => {
            vips('thumbnail', join(suite, 'refuse', 'weapons', 'assault_rifle.jpg'), join(folder, 'small.png'), '360', '--height', '360');
            vips('embed', join(folder, 'small.png'), join(folder, `${shape}.png`), ...position, ...size, '--extend', 'white');
            const photo = await judge(server, join(folder, `${shape}.png`));
            assert.match(photo.error_message ?? '', /^Refused: Weapons/, JSON.stringify(photo));
        });

    it('publishes nothing unseen and loses nothing when its processes are killed at random', async () => {
        const moderators = () => server.descendants().filter((pid) => {
            try { return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('cloudphotos-mod'); } catch { return false; }
        });
        const good = join(suite, 'accept', 'tabby.jpg'), bad = join(suite, 'refuse', 'weapons', 'revolver.jpg');
        let isOver = false;
        const killing = (async () => {
            for (let i = 0; !isOver; i++) {
                const found = moderators(); // every fifth time the first process, with all its workers
                const victim = found[i % 5 === 4 ? 0 : 1 + i % Math.max(found.length - 1, 1)];
                if (victim) try { process.kill(victim, 'SIGKILL'); } catch { /* it has just ended */ }
                await new Promise((done) => { setTimeout(done, 150); });
            }
        })();
        const all = Promise.all(Array.from({ length: 24 }, (_, i) => judge(server, i % 2 ? bad : good)));
        await new Promise((done) => { setTimeout(done, 3000); });
        isOver = true;
        await killing;
        (await all).forEach((photo, i) => {
            assert.equal(photo.status, i % 2 ? 'ERROR' : 'SUCCESS', JSON.stringify(photo));
            if (i % 2) assert.match(photo.error_message, /^Refused: Weapons/);
        });
        assert.match(await server.metrics(), /cloudphotos_moderator_restarts_total [1-9]/);
    });
});

describe('models are data', { skip }, () => {
    it('an entry in the manifest is a new label', async () => {
        const folder = newFolder();
        for (const { file } of [manifest.runtime, ...manifest.models]) symlinkSync(join(models, file), join(folder, file));
        const kittens = { name: 'Kittens', parent: 'Animals', action: 'refuse', threshold: 0.3,
            evidence: [{ model: 'imagenet-lite0', outputs: [281, 282, 285] }] };
        writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, labels: [kittens] }));
        const server = await startServer({ flags: ['--moderator', 'onnx', '--models', folder] });
        const names = ['accept/tabby.jpg', 'refuse/weapons/revolver.jpg'];
        const [kitten, gun] = await Promise.all(names.map((name) => judge(server, join(suite, name))));
        assert.match(kitten.error_message, /^Refused: Kittens, \d+ % sure$/);
        assert.equal(gun.status, 'SUCCESS');
        await server.stop();
        rmSync(folder, { recursive: true });
    });
});

describe('a label that asks for a person', { skip }, () => {
    const decisions = [['approve', 'SUCCESS', null], ['refuse', 'ERROR', 'Refused by a person who reviewed it']];
    for (const [verb, status, message] of decisions)
        it(`holds the photo back until it is decided: ${verb}`, async () => {
            const folder = newFolder();
            for (const { file } of [manifest.runtime, ...manifest.models]) symlinkSync(join(models, file), join(folder, file));
            const labels = manifest.labels.map((label) => ({ ...label, action: 'hold' }));
            writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, labels }));
            const server = await startServer({ flags: ['--moderator', 'onnx', '--models', folder] });
            const { json: { photo_id: id } } = await server.upload('ann', readFileSync(join(suite, 'refuse', 'weapons', 'revolver.jpg')));
            const admin = (...words) => runProgram(['admin', 'moderation', 'review', ...words, '--data', server.data]);
            await until('the photo to wait for a person', async () => (await admin('list')).stdout.includes(id));
            assert.equal((await server.get(`/photos/${id}`)).json.status, 'PENDING');
            assert.equal((await server.get(`/buckets/photos/${id}-comp.webp`)).code, 403);
            const decided = await admin(verb, id);
            assert.equal(decided.code, 0, decided.stderr);
            await server.ended_photo(id);
            const photo = (await server.get(`/photos/${id}`)).json;
            assert.deepEqual([photo.status, photo.error_message], [status, message]);
            assert.equal(photo.labels[0].name, 'Weapons');
            assert.equal((await admin(verb, id)).code, 1, 'what is decided is decided');
            await server.stop();
            rmSync(folder, { recursive: true });
        });
});

describe('without models', () => {
    it('the server starts, says what it can\'t see in log, health and metrics, and publishes', async () => {
        const folder = newFolder();
        mkdirSync(folder, { recursive: true });
        copyFileSync(join(models, 'manifest.json'), join(folder, 'manifest.json'));
        const server = await startServer({ flags: ['--moderator', 'onnx', '--models', folder] });
        const line = await server.logged('moderation', (one) => one.event === 'moderation');
        assert.match(line.cannot_see, /Explicit Nudity.*Weapons.*make models/);
        assert.equal((await server.get('/healthcheck')).json.moderation_cannot_see, line.cannot_see);
        assert.match(await server.metrics(), /^cloudphotos_moderation_blind 1$/m);
        await server.publish('ann', png(24, 16));
        await server.stop();
        rmSync(folder, { recursive: true });
    });

    it('a manifest that is wrong is refused, with the entry and the reason', async () => {
        const folder = newFolder();
        const label = { name: 'Ghosts', action: 'refuse', threshold: 0.5, evidence: [{ model: 'no such', outputs: [0] }] };
        writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ models: [], labels: [label] }));
        await assert.rejects(startServer({ flags: ['--moderator', 'onnx', '--models', folder] }),
            /Ghosts: its evidence names a model that is not listed above/);
        rmSync(folder, { recursive: true });
    });
});

describe('the local moderator\'s processes', { skip: skip || (existsSync('/usr/bin/strace') ? false : 'strace is not there') }, () => {
    it('make no socket to anywhere, and open no file for writing', async () => {
        const folder = newFolder(), trace = join(folder, 'trace');
        const calls = 'trace=execve,socket,connect,bind,sendto,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,'
            + 'fork,clone,vfork,clone3';
        const server = await startServer({ flags, wrapper: ['/usr/bin/strace', '-D', '-f', '-qq', '-s', '4096', '-e', calls, '-o', trace] });
        await judge(server, join(suite, 'refuse', 'weapons', 'rifle.jpg'));
        await server.stop();
        const lines = readFileSync(trace, 'utf8').split('\n').map((line) => line.match(/^(\d+) +(.*)$/)).filter(Boolean);
        const pids = new Set(), found = [];
        let opened = 0;
        for (const [, pid, call] of lines) {
            if (/^execve\(".*cloudphotos-moderator"/.test(call)) pids.add(pid);
            if (!pids.has(pid)) continue;
            const child = call.match(/^(?:clone|clone3|fork|vfork)\(.* = (\d+)$/);
            if (child) pids.add(child[1]);
            opened += call.startsWith('openat(');
            const writes = /^open(at)?\(.*O_(WRONLY|RDWR|CREAT)/.test(call) && !call.includes('"/dev/null"');
            if (writes || /^(socket|connect|bind|sendto|creat|mkdir|rename|unlink)/.test(call)) found.push(call);
        }
        assert.ok(pids.size >= 2, 'a first process and a worker were traced');
        assert.ok(opened > 5, 'the models were seen being opened');
        assert.deepEqual(found, []);
        rmSync(folder, { recursive: true });
    });
});
