// What stands in for a photo until it is there, against the reference: the npm package thumbhash.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gif, png, vips } from './pictures.mjs';
import { startServer } from './server.mjs';

const { rgbaToThumbHash, thumbHashToRGBA, thumbHashToAverageRGBA, thumbHashToApproximateAspectRatio } = await import('thumbhash').catch((error) => {
    throw new Error('thumbhash is not installed: run tools/install-modules tests/http', { cause: error });
});

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const hashOf = async (photo) => Buffer.from((await server.get(`/photos/${await server.publish('ann', photo)}`)).json.thumbhash, 'base64');

function pixels(width, height, value) {
    const rgba = new Uint8Array(width * height * 4);
    for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at += 4) rgba.set([value(x, y, 0), value(x, y, 1), value(x, y, 2), 255], at);
    return rgba;
}

describe('the thumbhash', () => {
    const slope = (x, y, channel) => (x * 7 + y * 3 + channel * 85) & 255;
    const values = { slope, black: () => 0, white: () => 255, red: (x, y, channel) => (channel ? 0 : 255),
        noise: (x, y, channel) => ((x * 31 + y) * 2654435761 * (channel + 1)) >>> 24 };
    for (const [name, value] of Object.entries(values))
        for (const [width, height] of [[100, 100], [60, 40], [40, 60], [100, 3], [1, 1], [1, 90]])
            it(`is that of the reference: ${name}, ${width} x ${height}`, async () => {
                const wanted = Buffer.from(rgbaToThumbHash(width, height, pixels(width, height, value)));
                const hash = await hashOf(png(width, height, { value }));
                assert.deepEqual(thumbHashToRGBA(hash), thumbHashToRGBA(wanted));
                // A channel without any change has no terms but what rounding leaves; their scale is 0, so nobody sees them.
                if (['slope', 'noise'].includes(name)) assert.deepEqual(hash, wanted);
            });

    for (const [says, make] of [['a JPEG', () => vips(1800, 1200, 'jpg')], ['a large PNG', () => png(1500, 1000)], ['a WebP', () => vips(600, 400, 'webp')]])
        it(`is much like the picture: ${says}`, async () => {
            const hash = await hashOf(make());
            assert.ok(Math.abs(thumbHashToApproximateAspectRatio(hash) - 1.5) < 0.2);
            const { r, g, b, a } = thumbHashToAverageRGBA(hash);
            for (const part of [r, g, b]) assert.ok(part > 0.35 && part < 0.65, `${r} ${g} ${b}`);
            assert.equal(a, 1);
        });

    it('of an animation is that of its first frame', async () => {
        const still = await hashOf(gif(60, 40, 1)), moving = await hashOf(gif(60, 40, 5));
        assert.deepEqual(moving, still);
    });

    it('has no transparent parts, because what is published has none', async () => {
        const hash = await hashOf(vips(60, 40, 'png', { command: ['bandjoin_const', '128'] }));
        assert.equal(thumbHashToAverageRGBA(hash).a, 1);
    });
});
