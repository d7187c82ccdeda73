// No way around the moderator: what would show what it refuses, under some circumstances, is refused or held; and harmless pictures of the
// same kinds are published.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startServer, until } from '../http/server.mjs';
import * as make from './evasions.mjs';
import { flags, photographs, skip } from './photographs.mjs';

const SIDE = 320;
const guns = photographs('refuse');

/* Frames of something harmless that hardly moves. */
const quietFrames = [0, 1].map((step) => make.paint(SIDE, SIDE, 3, (x, y) => [120 + x / 8, 140 + y / 8, 200 + step * 3]));
const small = quietFrames.map((frame) => make.shrink(frame, 160));
const quiet = (step) => quietFrames[step];

/* A bar, and lines of text. */
const screenshot = make.paint(360, 720, 3, (x, y) => (y < 50 ? [40, 60, 120] : y % 24 < 3 && x < 300 ? [60, 60, 60] : [250, 250, 250]));
/* A landscape of an evening, with a sun. */
const evening = (width, height, at) => make.paint(width, height, 3, (x, y) => {
    const sun = Math.hypot(x - 100 - at, y - 100) < 40 ? 90 : 0;
    return y > height * 0.7 ? [40, 90, 40] : [150 + sun, 120 + sun, 100 + y / 4];
});
const lit = (at) => evening(SIDE, SIDE, at);
const land = evening(960, 640, 500), wide = evening(1600, SIDE, 700), tall = evening(SIDE, 1600, 60);

/* Of one picture that must not be shown: pictures that show it, and get the same verdict in whatever format. */
const pictures = {
    'in grey': (gun) => make.map(gun, 3, (pixel) => Array(3).fill(make.lumaOf(pixel))),
    'at a third of the side': (gun) => make.lay(land, gun, 560, 250),
};
const formats = { PNG: make.png, JPEG: (picture) => make.save(picture, 'jpg[Q=90]'), WebP: (picture) => make.save(picture, 'webp[Q=90]') };

/* Files that would show it under some circumstances. */
const evasions = {
    'white, seen through where the picture is dark': (gun) =>
        make.png(make.map(gun, 4, (pixel) => [255, 255, 255, make.lumaOf(pixel)])),
    'black, seen through where the picture is light': (gun) =>
        make.png(make.map(gun, 4, (pixel) => [0, 0, 0, 255 - make.lumaOf(pixel)])),
    'as one frame of a long animation': (gun) =>
        make.apng(Array.from({ length: 40 }, (_, i) => (i === 27 ? gun : quiet(i % 2)))),
    'as a frame that is shown for 10 ms': (gun) =>
        make.apng([quiet(0), { picture: gun, delay_ms: 10 }, quiet(1), quiet(0)], { delay_ms: 2000 }),
    'as the last frame of an animation in WebP': (gun) =>
        make.saveMoving([...Array.from({ length: 10 }, (_, i) => quiet(i % 2)), gun], 'webp'),
    'as the eighth frame of a GIF': (gun) =>
        make.saveMoving(Array.from({ length: 10 }, (_, i) => (i === 7 ? gun : quiet(i % 2))), 'gif'),
    'behind more frames than anybody looks at': (gun) =>
        make.apng([...Array.from({ length: 70 }, (_, i) => make.plain(64, 64, [i * 3, 255 - i * 3, (i % 8) * 31])), make.shrink(gun, 64)]),
    'that comes slowly': (gun) =>
        make.apng(Array.from({ length: 6 }, (_, i) => make.mix(quiet(0), gun, i / 5))),
    'in a corner of a wide picture, at half its height': (gun) =>
        make.png(make.lay(wide, make.shrink(gun, SIDE / 2), wide.width - SIDE / 2, SIDE / 2)),
    'in a corner of a tall picture, at half its width': (gun) =>
        make.png(make.lay(tall, make.shrink(gun, SIDE / 2), 0, tall.height - SIDE / 2)),
    'in a screenshot': (gun) => make.png(make.lay(screenshot, gun, 20, 150)),
    'nearly seen through': (gun) => make.png(make.map(gun, 4, (pixel) => [...pixel, 200])),
};

const disc = (x, y) => Math.max(0, Math.min(1, 120 - Math.hypot(x - SIDE / 2, y - SIDE / 2))) * 255;

/* What looks alike and is harmless. */
const harmless = {
    'a white logo with alpha': () => make.png(make.paint(SIDE, SIDE, 4, (x, y) => [255, 255, 255, disc(x, y)])),
    'an animation of some different frames': () => make.apng(Array.from({ length: 6 }, (_, i) => lit(i * 20))),
    'a long animation that hardly moves': () => make.apng(Array.from({ length: 200 }, (_, i) => small[i % 2])),
    'a screenshot': () => make.png(screenshot),
    'a landscape': () => make.png(land),
    'a panorama': () => make.png(make.paint(1600, 320, 3, (x, y) => (y > 200 + 30 * Math.sin(x / 90) ? [60, 110, 60] : [150, 180, 230 - y / 4]))),
    'a dark logo with alpha': () => make.png(make.paint(SIDE, SIDE, 4, (x, y) => [20, 40, 120, disc(x, y)])),
};

const waits = (photo) => photo.status === 'PENDING' && photo.stage === 'Review';
describe('what tries to slip past the moderator', { skip }, () => {
    let server;
    before(async () => { server = await startServer({ flags }); });
    after(() => server.stop());

    /* What GET /photos/ID says when the photo has ended or waits for a person. */
    async function judge(bytes) {
        const answer = await server.upload('ann', bytes);
        assert.equal(answer.code, 200, answer.text);
        let photo;
        await until('a verdict', async () => {
            photo = (await server.get(`/photos/${answer.json.photo_id}`)).json;
            return photo.status !== 'PENDING' || waits(photo);
        });
        return photo;
    }

    for (const [name, evade] of Object.entries(evasions))
        for (const path of guns)
            it(`is refused or held: ${basename(path)} ${name}`, async () => {
                const bytes = evade(make.readPicture(path, SIDE, SIDE));
                const photo = await judge(bytes);
                assert.ok(photo.status === 'ERROR' || waits(photo), JSON.stringify(photo));
            });

    for (const [name, show] of Object.entries(pictures))
        for (const path of guns)
            it(`is refused or held in every format: ${basename(path)} ${name}`, async () => {
                const picture = show(make.readPicture(path, SIDE, SIDE));
                const photos = await Promise.all(Object.values(formats).map((save) => judge(save(picture))));
                for (const photo of photos) assert.ok(photo.status === 'ERROR' || waits(photo), JSON.stringify(photo));
            });

    for (const [name, create] of Object.entries(harmless))
        it(`is not ${name}: that is published`, async () => {
            const photo = await judge(create());
            assert.equal(photo.status, 'SUCCESS', JSON.stringify(photo));
        });
});
