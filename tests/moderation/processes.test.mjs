// The moderator's processes: what they may not do, and what becomes of photos when they die.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listFiles, newFolder, startServer, until } from '../http/server.mjs';
import { flags, gun, judge, kitten, moderatorsOf, photographs, skip } from './photographs.mjs';

const KILLS = 20;
const MEMORY_LIMIT = 320 << 20; // bytes: what a moderator process may have in memory

describe('the local moderator\'s processes', { skip }, () => {
    it('publish nothing unseen and lose nothing when they are killed at random under load', async () => {
        const server = await startServer({ flags });
        const all = ['accept', 'refuse'].flatMap((verdict) => photographs(verdict).map((path) => ({ path, verdict })));
        let kills = 0;
        const random = (limit) => Math.floor(Math.random() * limit);
        const killing = (async () => {
            while (kills < KILLS) {
                const victims = moderatorsOf(server); // now and then the first process, and with it all
                const victim = victims[random(5) ? random(victims.length) : 0];
                if (victim) try { process.kill(victim, 'SIGKILL'); kills++; } catch { /* it has just ended */ }
                await new Promise((done) => { setTimeout(done, 50 + random(200)); });
            }
        })();
        const judged = [];
        const client = async () => {
            for (let i = random(all.length); kills < KILLS; i++) {
                const { path, verdict } = all[i % all.length];
                judged.push({ path, verdict, photo: await judge(server, path) });
            }
        };
        await Promise.all([killing, ...Array.from({ length: 6 }, client)]);
        for (const { path, verdict, photo } of judged) {
            assert.equal(photo.status, verdict === 'accept' ? 'SUCCESS' : 'ERROR', `${path}: ${JSON.stringify(photo)}`);
            assert.ok(Array.isArray(photo.labels), `${path} was looked at`);
            if (verdict === 'refuse') assert.match(photo.error_message, /^Not published: this photo appears to show a weapon/);
        }
        const published = judged.filter(({ verdict }) => verdict === 'accept').flatMap(({ photo: { photo_id: id, medium } }) =>
            [`photos/${id}-comp.webp`, `thumbnails/${id}-thumb.webp`, ...(medium ? [`thumbnails/${id}-medium.webp`] : [])]);
        const there = listFiles(join(server.data, 'buckets')).filter((path) => !path.startsWith('.'))
            .map((path) => path.replace(/\/[0-9a-f]{2}\//, '/'));
        assert.deepEqual(there.sort(), published.sort(), 'what was published is there, and nothing else');
        assert.match(await server.metrics(), /cloudphotos_moderator_restarts_total [1-9]/);
        await server.stop();
    });

    it('nothing of a refused photo is in a public bucket, not for a moment', async () => {
        const server = await startServer({ flags });
        const seen = [], watchers = [];
        for (const bucket of ['photos', 'thumbnails'])
            for (const { name } of readdirSync(join(server.data, 'buckets', bucket), { withFileTypes: true }))
                watchers.push(watch(join(server.data, 'buckets', bucket, name), (_, file) => seen.push(`${bucket}/${name}/${file}`)));
        await Promise.all(photographs('refuse').map((path) => judge(server, path)));
        const before = seen.length;
        const { photo_id: id } = await judge(server, kitten);
        // What is told of one that is published comes after all that would have been told of the refused ones.
        for (const suffix of ['-comp.webp', '-thumb.webp'])
            await until(`the folder to tell of ${suffix}`, () => seen.some((path) => path.endsWith(id + suffix)));
        const strangers = seen.filter((path) => !path.includes('.incoming/') && !path.includes(id));
        for (const watcher of watchers) watcher.close();
        assert.deepEqual([before, strangers], [0, []]);
        assert.equal(seen.filter((path) => path.startsWith('photos/.incoming/')).length > 0, true, 'temporary files were watched too');
        await server.stop();
    });

    it('take at most 320 MB each', async () => {
        const server = await startServer({ flags: [...flags, '--moderators', '2'] });
        await Promise.all([...photographs('accept'), ...photographs('refuse')].map((path) => judge(server, path)));
        for (const pid of moderatorsOf(server)) {
            const kilobytes = Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmHWM:\s+(\d+) kB/m)[1]);
            assert.ok(kilobytes * 1024 <= MEMORY_LIMIT, `process ${pid} had ${kilobytes} kB`);
        }
        await server.stop();
    });

    // Before its sandbox closes, a worker asks the kernel to end it first when memory is short.
    const allowed = ['"/dev/null"', '"/proc/self/oom_score_adj"'];
    it('make no socket to anywhere, and open no file for writing', { skip: !existsSync('/usr/bin/strace') && 'strace is not there' }, async () => {
        const folder = newFolder(), trace = join(folder, 'trace');
        const calls = 'trace=execve,socket,connect,bind,sendto,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,'
            + 'fork,clone,vfork,clone3';
        const server = await startServer({ flags, wrapper: ['/usr/bin/strace', '-D', '-f', '-qq', '-s', '4096', '-e', calls, '-o', trace] });
        await judge(server, gun);
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
            const writes = /^open(at)?\(.*O_(WRONLY|RDWR|CREAT)/.test(call) && !allowed.some((file) => call.includes(file));
            if (writes || /^(socket|connect|bind|sendto|creat|mkdir|rename|unlink)/.test(call)) found.push(call);
        }
        assert.ok(pids.size >= 2, 'a first process and a worker were traced');
        assert.ok(opened > 5, 'the models were seen being opened');
        assert.deepEqual(found, []);
        rmSync(folder, { recursive: true });
    });
});
