// `cloudphotos admin photos render` on a full disk: it stops, says so, and goes on once there is room.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runProgram, startServer } from '../http/server.mjs';
import { sql } from '../http/database.mjs';
import { png } from '../http/pictures.mjs';
import { SmallDisk, whyNoMounts } from './disk.mjs';
import { listBucket } from './ledger.mjs';

const COUNT = 3;

describe('rendering older photos on a full disk', { skip: whyNoMounts() }, () => {
    it('stops with one clear sentence, harms nothing, and goes on once there is room', async () => {
        const disk = new SmallDisk(48), data = join(disk.folder, 'data'), server = await startServer({ data });
        const render = () => runProgram(['admin', 'photos', 'render', '--data', data]);
        const mediums = () => listBucket(join(data, 'buckets', 'thumbnails')).objects.filter((key) => key.endsWith('-medium.webp'));
        for (let i = 0; i < COUNT; i++) await server.publish('ann', png(1200, 400));
        const thumbnails = join(data, 'buckets', 'thumbnails');
        execFileSync('find', [thumbnails, '-name', '*-medium.webp', '-delete']);
        sql(data, 'UPDATE photos SET medium_width = 0, medium_height = 0, medium_bytes = 0');
        disk.fill();
        const full = await render();
        assert.equal(full.code, 1, full.stderr);
        assert.match(full.stdout, /^3 photos without a medium image: 0 made, .* 0 failed, 3 left\n$/);
        assert.match(full.stderr, /^cloudphotos admin: the disk of the buckets is full, or its free space is kept back for accepted photos\. 3 photos are left: make room and run it again\n$/m);
        assert.deepEqual(mediums(), []);
        assert.deepEqual(listBucket(thumbnails).others, [], 'no temporary file is left');
        disk.empty();
        const done = await render();
        assert.deepEqual([done.code, mediums().length], [0, COUNT], done.stderr);
        await server.stop();
        disk.release();
    });
});
