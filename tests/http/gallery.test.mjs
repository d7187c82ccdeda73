// Photos for pages that show many: recent ones of everybody, whole profiles, what their authors say of them, and whether
// somebody has a photo already.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { formBody, startServer } from './server.mjs';

const unknownId = '0123456789abcdef0123456789abcdef';
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

function uploadWith(author, photo, fields) {
    const parts = Object.entries(fields).map(([field, content]) => ({ field, filename: null, content }));
    const body = formBody('b', [...parts.slice(0, 1), { field: 'photo', filename: 'a.png', content: photo }, ...parts.slice(1)]);
    return server.ask('POST', '/photos', { headers: { Authorization: author, 'Content-Type': 'multipart/form-data; boundary=b' }, body });
}
const change = (id, author, words, headers = {}) => server.ask('PATCH', `/photos/${id}`, {
    headers: { ...(author ? { Authorization: author } : {}), 'Content-Type': 'application/json', ...headers },
    body: typeof words === 'string' ? words : JSON.stringify(words) });

function assertProblem(answer, code, sentence) {
    assert.equal(answer.code, code, answer.text);
    assert.match(answer.json.detail, sentence);
}

describe('recent photos and profiles', () => {
    const ids = [];
    before(async () => {
        for (const [author, width] of [['ann', 40], ['bob', 1800], ['ann', 60], ['ann', 80]])
            ids.unshift(await server.publish(author, png(width, 30)));
    });

    it('come newest first, with all that a page needs', async () => {
        const { code, json } = await server.get('/photos');
        assert.equal(code, 200);
        assert.deepEqual(json.photos.map((one) => one.photo_id), ids);
        assert.equal(json.next_cursor, null);
        const photo = (await server.get(`/photos/${ids[2]}`)).json;
        assert.deepEqual(json.photos[2], { photo_id: ids[2], author_username: 'bob', timestamp: photo.timestamp, width: 1800,
            height: 30, medium_width: 800, thumbhash: photo.thumbhash, caption: null, alt_text: null, captured_at: null, frames: 1 });
    });

    it('tell where there is no medium image', async () => {
        assert.deepEqual((await server.get('/users/ann?view=photos')).json.photos.map((one) => one.medium_width), [null, null, null]);
    });

    it('come in pages that join', async () => {
        for (const [path, wanted] of [['/photos?', ids], ['/users/ann?view=photos&', ids.filter((one) => one !== ids[2])]]) {
            const seen = [];
            for (let cursor = ''; cursor !== null;) {
                const { json } = await server.get(`${path}limit=1${cursor && `&cursor=${cursor}`}`);
                seen.push(...json.photos.map((one) => one.photo_id));
                cursor = json.next_cursor;
            }
            assert.deepEqual(seen, wanted);
        }
    });

    it('are none, and no error, of somebody who has published none', async () => {
        assert.deepEqual((await server.get('/users/nobody?view=photos')).json, { photos: [], next_cursor: null });
    });

    it('leave the answer of old clients as it was', async () => {
        const { text } = await server.get('/users/ann');
        assert.equal(text, JSON.stringify({ username: 'ann', post_ids: ids.filter((one) => one !== ids[2]) }));
    });

    for (const [path, code, sentence] of [['/photos?limit=0', 400, /limit/], ['/photos?limit=1001', 400, /limit/],
        ['/photos?cursor=x', 400, /cursor/], ['/users/ann?view=photos&cursor=x', 400, /cursor/], ['/users/ann?view=list', 400, /view=photos/],
        ['/users/nobody', 404, /Nobody/]])
        it(`refuse ${path}`, async () => { assertProblem(await server.get(path), code, sentence); });
});

describe('the words of an author', () => {
    let id;
    before(async () => { id = await server.publish('ann', png(40, 30)); });

    it('come with the upload, before or behind the photo', async () => {
        const words = { caption: 'At the sea \u{1f3d6}\nin <May>', alt_text: 'A beach, "empty"' };
        const answer = await uploadWith('ann', png(40, 30), words);
        assert.equal(answer.code, 200, answer.text);
        const { caption, alt_text } = (await server.get(`/photos/${answer.json.photo_id}`)).json;
        assert.deepEqual({ caption, alt_text }, words);
        await server.ended_photo(answer.json.photo_id);
        const [newest] = (await server.get('/photos?limit=1')).json.photos;
        assert.deepEqual([newest.caption, newest.alt_text], [words.caption, words.alt_text]);
    });

    it('are changed one by one, and removed', async () => {
        for (const [words, wanted] of [[{ caption: 'One' }, ['One', null]], [{ alt_text: 'Two' }, ['One', 'Two']],
            [{ caption: null }, [null, 'Two']], [{}, [null, 'Two']], [{ caption: 'x'.repeat(500), alt_text: '' }, ['x'.repeat(500), null]],
            [{ caption: '\u{1f3d6}'.repeat(500), alt_text: '\u{1f3d6}'.repeat(1000) }, ['\u{1f3d6}'.repeat(500), '\u{1f3d6}'.repeat(1000)]]]) {
            const { code, json, text } = await change(id, 'ann', words);
            assert.equal(code, 200, text);
            assert.deepEqual([json.photo_id, json.caption, json.alt_text], [id, ...wanted]);
            assert.deepEqual((await server.get(`/photos/${id}`)).json, json);
        }
    });

    const refusals = [
        ['nobody', undefined, { caption: 'x' }, 401, /Authorization/], ['another one', 'bob', { caption: 'x' }, 403, /somebody else/],
        ['a name that is none', 'Ann!', { caption: 'x' }, 403, /user name/],
        ['a long caption', 'ann', { caption: 'x'.repeat(501) }, 400, /501 characters; the limit is 500/],
        ['a long alternative text', 'ann', { alt_text: 'x'.repeat(1001) }, 400, /1,001 characters; the limit is 1,000/],
        ['a control character', 'ann', { caption: 'a\u0007b' }, 400, /control character \(U\+0007\)/], ['a number', 'ann', { caption: 7 }, 400, /neither a string nor null \(caption\)/],
        ['another member', 'ann', { title: 'x' }, 400, /\(title\)/], ['a list', 'ann', [], 400, /JSON object/],
        ['no JSON', 'ann', '{"caption":', 400, /./],
        ['a large body', 'ann', { caption: 'x'.repeat(20_000) }, 413, /16 KB/],
    ];
    for (const [says, author, words, code, sentence] of refusals)
        it(`are not taken: ${says}`, async () => { assertProblem(await change(id, author, words), code, sentence); });

    it('are not taken: bytes that are no UTF-8', async () => {
        const body = Buffer.concat([Buffer.from('{"caption":"'), Buffer.from([0xff]), Buffer.from('"}')]);
        const answer = await server.ask('PATCH', `/photos/${id}`, { headers: { Authorization: 'ann', 'Content-Type': 'application/json' }, body });
        assertProblem(answer, 400, /UTF-8/);
    });

    it('are not taken in another type, nor for a photo that is not there', async () => {
        assertProblem(await change(id, 'ann', '{}', { 'Content-Type': 'text/plain' }), 415, /application\/json/);
        assertProblem(await change(unknownId, 'ann', { caption: 'x' }), 404, /no such photo/);
        assertProblem(await change('x', 'ann', { caption: 'x' }), 404, /no such photo/);
    });

    for (const [says, fields, sentence] of [['too long', { caption: 'x'.repeat(501) }, /501 characters/], ['far too long', { alt_text: 'x'.repeat(5000) }, /larger than 4 KB/],
        ['no UTF-8', { caption: Buffer.from([0xc3]) }, /UTF-8/], ['a NUL', { alt_text: 'a\0b' }, /alternative text has a control character \(U\+0000\)/]])
        it(`are not taken with an upload, which is refused whole: ${says}`, async () => {
            assertProblem(await uploadWith('ann', png(40, 30), fields), 400, sentence);
        });
});

describe('a photo that is there already', () => {
    const photo = png(123, 45);
    const path = `/users/ann/photos/sha256/${sha256(photo)}`;
    const none = { photo_id: null, status: null };

    it('is found by its content, for its author alone, until it is deleted', async () => {
        assert.deepEqual((await server.get(path)).json, none);
        const id = await server.publish('ann', photo);
        assert.deepEqual((await server.get(path)).json, { photo_id: id, status: 'SUCCESS' });
        for (const other of [path.replace('ann', 'bob'), path.replace('ann', 'No%20name'), path.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))])
            assert.deepEqual((await server.get(other)).json, none);
        await server.ask('DELETE', `/photos/${id}`, { headers: { Authorization: 'ann' } });
        assert.deepEqual((await server.get(path)).json, none);
    });

    for (const hex of ['x', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), 'g'.repeat(64)])
        it(`is not looked for by what is no hash: ${hex}`, async () => {
            assertProblem(await server.get(`/users/ann/photos/sha256/${hex}`), 400, /64 hexadecimal digits/);
        });
});
