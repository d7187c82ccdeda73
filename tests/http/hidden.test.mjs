// What a file has besides its picture or frames is published nowhere: the images are the same, byte for byte, as those of a file without it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { apng, paint, png, save, saveMoving } from '../moderation/evasions.mjs';
import { startServer } from './server.mjs';

const WIDTH = 96, HEIGHT = 64;
const shown = paint(WIDTH, HEIGHT, 3, (x, y) => [x * 2, y * 3, 90]), hidden = paint(WIDTH, HEIGHT, 3, (x, y) => [255 - y * 3, 30, x * 2]);
const moved = paint(WIDTH, HEIGHT, 3, (x, y) => [y * 3, x * 2, 200]);

/* By a program that reads PNGs: the first picture alone, or both in one file. */
function heic(...pictures) {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-hidden-'));
    try {
        const names = pictures.map((picture, i) => {
            writeFileSync(join(folder, `${i}.png`), png(picture));
            return `${i}.png`;
        });
        execFileSync('heif-enc', [...names, '--output', 'all.heic'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
        return readFileSync(join(folder, 'all.heic'));
    } finally {
        rmSync(folder, { recursive: true });
    }
}
const behind = (file, more) => Buffer.concat([file, more]);
const [jpeg, jpegToo] = [shown, hidden].map((picture) => save(picture, 'jpg[Q=90]'));
const [gif, gifToo] = [[shown, moved], [hidden, hidden]].map((frames) => saveMoving(frames, 'gif'));
const [webp, webpToo] = [shown, hidden].map((picture) => save(picture, 'webp[Q=90]'));

const rows = {
    'a second JPEG behind the first, as in MPO': [jpeg, behind(jpeg, jpegToo)],
    'a PNG behind the end of another': [png(shown), behind(png(shown), png(hidden))],
    'a JPEG behind the end of a PNG': [png(shown), behind(png(shown), jpegToo)],
    'a GIF behind the end of another': [gif, behind(gif, gifToo)],
    'a WebP behind the end of another': [webp, behind(webp, webpToo)],
    'the default image of an APNG that is none of its frames': [apng([shown, moved]), apng([shown, moved], { hidden })],
    'a second image in a HEIC': [heic(shown), heic(shown, hidden)],
};

describe('what is hidden in a file', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());
    const publish = async (bytes) => {
        const id = await server.publish('ann', bytes);
        const images = await Promise.all(['photos', 'thumbnails'].map((bucket) =>
            server.get(`/buckets/${bucket}/${id}-${bucket === 'photos' ? 'comp' : 'thumb'}.webp`)));
        for (const { code } of images) assert.equal(code, 200);
        return images.map(({ body }) => body);
    };

    for (const [name, [plain, stuffed]] of Object.entries(rows))
        it(`is not published: ${name}`, async () => {
            assert.ok(stuffed.length > plain.length);
            assert.deepEqual(await publish(stuffed), await publish(plain));
        });

    it('is refused: a second page of a TIFF', async () => {
        const answer = await server.upload('ann', saveMoving([shown, hidden], 'tif'));
        assert.equal(answer.code, 422);
        assert.equal(answer.json.error_code, 'image-has-pages');
    });
});
