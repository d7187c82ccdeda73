// When photos were taken: what is read of Exif, what is not, and that an author's photos come in that order.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { png, readWebp, taken } from './pictures.mjs';
import { startServer } from './server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const picture = png(40, 30);
const detail = async (id) => (await server.get(`/photos/${id}`)).json;
const idsOf = (answer) => answer.json.photos.map((one) => one.photo_id);
const inHours = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');

describe('the date of capture', () => {
    for (const [says, original, offset, fraction, wanted] of [
        ['has its offset', '2024:05:12 18:03:00', '+02:00', '', '2024-05-12T18:03:00+02:00'],
        ['has none without one', '2024:05:12 18:03:00', '', '', '2024-05-12T18:03:00'],
        ['has its fraction', '2024:05:12 18:03:00', '-03:30', '25', '2024-05-12T18:03:00.250-03:30'],
        ['may be long ago', '1826:07:01 12:00:00', '', '', '1826-07-01T12:00:00'],
        ['is unknown when it is all zeros', '0000:00:00 00:00:00', '', '', null],
        ['is unknown when it is garbage', 'yesterday, about six', '+02:00', '', null],
        ['is unknown before there were photos', '1825:12:31 12:00:00', '', '', null],
        ['is unknown when it is far in the future', '2106:02:07 06:28:15', '', '', null],
    ]) it(says, async () => {
        const id = await server.publish('dora', taken(picture, original, offset, fraction));
        assert.equal((await detail(id)).captured_at, wanted);
    });

    it('may be a day ahead of the server, as clocks are elsewhere, and no more', async () => {
        assert.notEqual((await detail(await server.publish('dora', taken(picture, inHours(14))))).captured_at, null);
        assert.equal((await detail(await server.publish('dora', taken(picture, inHours(26))))).captured_at, null);
    });

    it('is all that is kept: what is published has nothing but pixels', async () => {
        const id = await server.publish('dora', taken(picture, '2024:05:12 18:03:00', '+02:00'));
        for (const address of ['photos/ID-comp', 'thumbnails/ID-thumb']) {
            const { body, code } = await server.get(`/buckets/${address.replace('ID', id)}.webp`);
            assert.equal(code, 200);
            assert.deepEqual(readWebp(body).chunks.filter((name) => !/^(VP8[ LX]|ALPH)$/.test(name)), []);
            assert.ok(!body.includes('2024:05') && !body.includes('SecretCamera'));
        }
        assert.ok(!(await server.get(`/photos/${id}`)).text.includes('SecretCamera'));
    });

    it('is not in the answers that clients of the original read', async () => {
        const answer = await server.upload('dora', taken(picture, '2024:05:12 18:03:00'));
        const fields = ['author_username', 'error_message', 'photo_id', 'status', 'timestamp'];
        assert.deepEqual(Object.keys(answer.json).sort(), fields);
        assert.deepEqual(Object.keys((await server.get(`/uploadStatus/${answer.json.photo_id}`)).json).sort(), fields);
    });
});

describe('an author\'s photos', () => {
    const dates = ['2019:01:01 00:00:00', '', '1969:07:20 20:17:40', '2024:05:12 18:03:00/+02:00', '2024:05:12 17:00:00/+00:00', '', '2019:01:01 00:00:00'];
    const byCapture = [5, 1, 4, 3, '?', '?', 2]; // 17:00 in London is later than 18:03 in Rome; two of one moment go by their ids
    const ids = [];
    before(async () => {
        for (const date of dates) {
            const [original, offset] = date.split('/');
            ids.push(await server.publish('carl', original ? taken(picture, original, offset) : picture));
        }
        const same = [ids[0], ids[6]].sort().reverse();
        byCapture.forEach((one, at) => { byCapture[at] = one === '?' ? same.shift() : ids[one]; });
    });

    it('come by when they were taken, else published, in pages of any size', async () => {
        for (const limit of [1, 2, 3, 7, 60]) {
            const seen = [];
            for (let cursor = ''; cursor !== null;) {
                const answer = await server.get(`/users/carl?view=photos&limit=${limit}${cursor && `&cursor=${cursor}`}`);
                assert.equal(answer.code, 200, answer.text);
                seen.push(...idsOf(answer));
                cursor = answer.json.next_cursor;
            }
            assert.deepEqual(seen, byCapture);
        }
    });

    it('come as they were published to who asks for that, and to clients of the original', async () => {
        const newest = ids.toReversed();
        assert.deepEqual(idsOf(await server.get('/users/carl?view=photos&order=published')), newest);
        assert.deepEqual((await server.get('/users/carl')).json.post_ids, newest);
        assert.deepEqual(idsOf(await server.get('/photos?limit=7')).filter((id) => ids.includes(id)), newest.slice(0, 7));
    });

    it('go on in the order in which they began, also from a cursor of an earlier version', async () => {
        const { json } = await server.get('/users/carl?view=photos&order=published&limit=2');
        assert.match(json.next_cursor, /^[0-9a-f]+-[0-9a-f]{32}$/);
        const rest = await server.get(`/users/carl?view=photos&cursor=${json.next_cursor}`);
        assert.deepEqual(idsOf(rest), ids.toReversed().slice(2));
    });

    it('do not go on in another order, and the answer says what to do', async () => {
        const captured = (await server.get('/users/carl?view=photos&limit=1')).json.next_cursor;
        const published = (await server.get('/users/carl?view=photos&order=published&limit=1')).json.next_cursor;
        for (const [path, sentence] of [[`/users/carl?cursor=${captured}`, /in a different order\. Start again without a cursor\./],
            [`/photos?cursor=${captured}`, /in a different order/], [`/users/carl?view=photos&order=published&cursor=${captured}`, /in a different order/],
            [`/users/carl?view=photos&order=captured&cursor=${published}`, /in a different order/],
            ['/users/carl?view=photos&order=size', /order=captured.*order=published/]]) {
            const answer = await server.get(path);
            assert.equal(answer.code, 400, path);
            assert.match(answer.json.detail, sentence);
        }
    });

    it('are in the page of the profile in that order', async () => {
        const page = await server.ask('GET', '/@carl', { headers: { Accept: 'text/html' } });
        const first = JSON.parse(/id="first-data">(.*?)<\/script>/s.exec(page.text)[1]);
        assert.deepEqual(first['/users/carl?view=photos&limit=60'].photos.map((one) => one.photo_id), byCapture);
    });
});
