// What the probe says that decoding takes (src/image/image_cost.h) is enough, and no promise is broken: in 64 MB a photo that is taken is
// published, and one that needs more is refused before any work. In this suite, because sanitizers leave no limit on memory.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gif, vips } from '../http/pictures.mjs';
import { startServer } from '../http/server.mjs';

const noise = (width, height, suffix, options) => vips(width, height, suffix, { options });

describe('in a darkroom of 64 MB', () => {
    let server;
    before(async () => { server = await startServer({ flags: ['--darkroom-memory', '64M', '--moderator', 'none'] }); });
    after(() => server.stop());

    // [what, how it is made, a size that fits, one that doesn't]
    const kinds = [
        ['a JPEG', (...size) => noise(...size, 'jpg', '[Q=60]'), [9000, 6000], null],
        ['a progressive JPEG', (...size) => noise(...size, 'jpg', '[Q=60,interlace]'), [4000, 3000], [5000, 4000]],
        ['a PNG', (...size) => noise(...size, 'png', '[compression=1]'), [5000, 3000], null],
        ['an interlaced PNG', (...size) => noise(...size, 'png', '[compression=1,interlace]'), [2800, 2200], [4000, 3000]],
        ['a WebP', (...size) => noise(...size, 'webp', '[Q=50,effort=0]'), [1600, 1200], [4000, 3000]],
        ['a lossless WebP', (...size) => noise(...size, 'webp', '[lossless,effort=0]'), [1500, 1100], [3000, 2400]],
        ['a TIFF', (...size) => noise(...size, 'tif', '[compression=deflate]'), [5000, 3000], null],
        ['a tiled TIFF', (...size) => noise(...size, 'tif', '[compression=deflate,tile]'), [5000, 3000], null],
        ['an animation', (...size) => gif(...size, 3), [1200, 900], [1800, 1200]],
    ];
    for (const [says, make, fits, large] of kinds) {
        it(`${says} of ${fits.join(' x ')} is published`, async () => {
            const id = await server.publish('ann', make(...fits));
            const { original } = (await server.get(`/photos/${id}`)).json;
            assert.deepEqual([original.width, original.height], fits);
        });
        if (large)
            it(`${says} of ${large.join(' x ')} is refused before any work`, async () => {
                const answer = await server.upload('ann', make(...large));
                assert.equal(answer.code, 413, answer.text);
                assert.match(JSON.parse(answer.text).detail,
                    /^This \w+ needs more memory to read than the 68 MB allowed\. Export it smaller\.$/);
            });
    }
});

// What src/image/renditions.c counts for a panorama of 4096 pixels is enough where all of it is taken, and where there is less the photo has
// 1440 pixels instead of being refused.
for (const [memory, side] of [['240M', 4096], ['128M', 1440]])
    describe(`in a darkroom of ${memory}B`, () => {
        let server;
        before(async () => { server = await startServer({ flags: ['--darkroom-memory', memory, '--moderator', 'none'] }); });
        after(() => server.stop());

        it(`a panorama of noise is published ${side} pixels wide`, async () => {
            const id = await server.publish('ann', noise(4096, 900, 'png', '[compression=1]'));
            assert.equal((await server.get(`/photos/${id}`)).json.large.width, side);
        });
    });
