// Two servers with one PostgreSQL and one S3, and nothing else in common: as on two machines.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { heavyPng, png } from './pictures.mjs';
import { startPostgres } from './postgres.mjs';
import { startS3 } from './s3.mjs';
import { startServer, until } from './server.mjs';

const engines = await Promise.all([startPostgres(), startS3()]);
after(() => Promise.all(engines.map((engine) => engine.stop?.())));
const [postgres, s3] = engines;

describe('two servers on one PostgreSQL and one S3', { skip: postgres.skip ?? s3.skip }, () => {
    let one, other;
    before(async () => {
        s3.makeBuckets('photos');
        const flags = ['--store', postgres.makeDatabase('photos'), '--buckets', s3.address('photos')];
        [one, other] = await Promise.all([0, 1].map(() => startServer({ flags, environment: s3.environment })));
    });
    after(() => Promise.all([one?.stop(), other?.stop()]));

    it('show at one what was uploaded at the other, and its end to who watches there', async () => {
        const { json } = await one.upload('ann', png(600, 400));
        assert.equal((await other.ended_photo(json.photo_id)).data.status, 'SUCCESS');
        assert.deepEqual((await other.get('/users/ann')).json.post_ids, [json.photo_id]);
        const image = await other.get(`/buckets/photos/${json.photo_id}-comp.webp`);
        assert.equal(image.code, 200);
        assert.deepEqual(image.body, (await one.get(`/buckets/photos/${json.photo_id}-comp.webp`)).body);
    });

    it('make one photo of one idempotency key', async () => {
        const headers = { 'Idempotency-Key': 'the-same' };
        const answers = await Promise.all([one, other].map((server) => server.upload('ben', png(60, 40), { headers })));
        assert.equal(answers[0].json.photo_id, answers[1].json.photo_id);
        await one.ended_photo(answers[0].json.photo_id);
        await until('ben has his photo', async () => (await other.get('/users/ben')).code === 200);
        assert.equal((await one.get('/users/ben')).json.post_ids.length, 1);
    });

    it('take the pieces of an upload in turn', async () => {
        const photo = heavyPng(400_000);
        const tus = { Authorization: 'carl', 'Tus-Resumable': '1.0.0' };
        const { headers } = await one.ask('POST', '/uploads', { headers: { ...tus, 'Upload-Length': photo.length } });
        const size = Math.ceil(photo.length / 4);
        let answer;
        for (let offset = 0, turn = 0; offset < photo.length; offset += size, turn++)
            answer = await [one, other][turn % 2].ask('PATCH', headers.location, {
                headers: { ...tus, 'Upload-Offset': offset, 'Content-Type': 'application/offset+octet-stream' },
                body: photo.subarray(offset, offset + size),
            });
        assert.equal(answer.code, 204);
        assert.equal(answer.headers['upload-offset'], String(photo.length));
        assert.equal((await one.ended_photo(answer.headers['photo-id'])).data.status, 'SUCCESS');
    });

    it('delete and describe each other\'s photos', async () => {
        const id = await one.publish('dora', png(60, 40));
        const words = { headers: { Authorization: 'dora', 'Content-Type': 'application/json' }, body: JSON.stringify({ caption: 'By the sea' }) };
        assert.equal((await other.ask('PATCH', `/photos/${id}`, words)).code, 200);
        assert.equal((await one.get(`/photos/${id}`)).json.caption, 'By the sea');
        assert.equal((await other.ask('DELETE', `/photos/${id}`, { headers: { Authorization: 'dora' } })).code, 204);
        assert.equal((await one.get(`/photos/${id}`)).code, 404);
        await until('its objects are gone', () => s3.keys('photos-photos').every((key) => !key.startsWith(id)));
    });

    it('go on with what the other had begun when it was killed', async () => {
        const ids = [];
        for (let i = 0; i < 6; i++) ids.push((await one.upload('eve', png(1200 + i, 900))).json.photo_id);
        await one.kill();
        for (const id of ids) assert.equal((await other.ended_photo(id)).data.status, 'SUCCESS');
        assert.deepEqual((await other.get('/users/eve')).json.post_ids.toSorted(), ids.toSorted());
        assert.deepEqual(s3.keys('photos-originals'), []);
    });
});
