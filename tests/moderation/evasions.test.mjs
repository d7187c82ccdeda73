// No way around the moderator: what would show what it refuses, under some circumstances, is refused or held; and harmless pictures of the
// same kinds are published.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startServer, until } from '../http/server.mjs';
import * as make from './evasions.mjs';
import { flags, photographs, skip } from './photographs.mjs';

const SIDE = 480;
const guns = photographs('refuse');

/* Of one picture that must not be shown: files that would show it. */
const evasions = {
    'white, seen through where the picture is dark': (gun) =>
        make.png(make.map(gun, 4, (pixel) => [255, 255, 255, make.lumaOf(pixel)])),
    'black, seen through where the picture is light': (gun) =>
        make.png(make.map(gun, 4, (pixel) => [0, 0, 0, 255 - make.lumaOf(pixel)])),
    'nearly seen through': (gun) => make.png(make.map(gun, 4, (pixel) => [...pixel, 200])),
};

const disc = (x, y) => Math.max(0, Math.min(1, 150 - Math.hypot(x - SIDE / 2, y - SIDE / 2))) * 255;

/* What looks alike and is harmless. */
const harmless = {
    'a white logo with alpha': () => make.png(make.paint(SIDE, SIDE, 4, (x, y) => [255, 255, 255, disc(x, y)])),
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

    for (const [name, create] of Object.entries(harmless))
        it(`is not ${name}: that is published`, async () => {
            const photo = await judge(create());
            assert.equal(photo.status, 'SUCCESS', JSON.stringify(photo));
        });
});
