// The endpoints of docs/openapi.yaml as a client sees them: the five of the original byte for byte, and what goes with every
// answer. What happens to a photo in the course of time is in lifecycle.test.mjs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { startServer } from './server.mjs';

const picture = png(24, 16);
const unknownId = '0123456789abcdef0123456789abcdef';

/* An error is a problem of RFC 9457, with a sentence for a person. */
function assertProblem(answer, code, sentence) {
    assert.equal(answer.code, code, answer.text);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.deepEqual(Object.keys(answer.json), ['type', 'title', 'status', 'detail', 'error_code', 'error_values']);
    assert.equal(answer.json.type, 'about:blank');
    assert.equal(answer.json.status, code);
    assert.match(answer.json.detail, sentence);
}

describe('users', () => {
    let server;
    const photos = { ann: [], ann_b: [], anna: [], bob: [] };
    before(async () => {
        server = await startServer();
        for (const name of ['ann', 'bob', 'ann', 'anna', 'ann', 'ann_b'])
            photos[name].unshift(await server.publish(name, picture));
        // One who has nothing but a refused photo is nobody yet.
        assert.equal((await server.upload('anton', Buffer.from('no photo at all, this is a text file.'))).code, 415);
    });
    after(() => server.stop());

    const searches = [
        ['finds all names that begin so, in byte order, with their counts', '/users?username=ann',
         '[{"username":"ann","posts_count":3},{"username":"ann_b","posts_count":1},{"username":"anna","posts_count":1}]'],
        ['finds a whole name', '/users?username=bob', '[{"username":"bob","posts_count":1}]'],
        ['finds no name that has the word inside', '/users?username=nna', '[]'],
        ['finds no one without a published photo', '/users?username=anton', '[]'],
        ['looks for names in small letters, whatever a keyboard made of them', '/users?username=ANNA', '[{"username":"anna","posts_count":1}]'],
        ['takes SQL wildcards for letters', '/users?username=ann%25', '[]'],
        ['takes GLOB wildcards for letters', '/users?username=an*', '[]'],
        ['takes an underscore for itself', '/users?username=ann_', '[{"username":"ann_b","posts_count":1}]'],
        ['finds nothing for a quote', "/users?username=ann'--", '[]'],
        ['finds nothing for letters beyond ASCII', '/users?username=%C3%A4nn', '[]'],
        ['finds nothing for bytes that are no UTF-8', '/users?username=%ff%fe%fd', '[]'],
        ['finds nothing for a very long name', `/users?username=${'a'.repeat(2000)}`, '[]'],
        ['takes the first of two parameters', '/users?username=bob&username=ann', '[{"username":"bob","posts_count":1}]'],
        ['takes no notice of a parameter that it does not know', '/users?colour=red&username=bob',
            '[{"username":"bob","posts_count":1}]'],
    ];
    for (const [says, path, body] of searches)
        it(`searching ${says}`, async () => {
            const answer = await server.get(path);
            assert.equal(answer.code, 200);
            assert.equal(answer.headers['content-type'], 'application/json');
            assert.equal(answer.text, body);
            assert.equal(answer.headers.link, undefined);
        });

    for (const path of ['/users', '/users?username=', '/users?username=a', '/users?username=an', '/users?name=ann'])
        it(`searching with less than 3 characters is refused: ${path}`, async () => {
            assertProblem(await server.get(path), 400, /^A search needs at least 3 characters\./);
        });

    for (const name of Object.keys(photos))
        it(`the profile of ${name} lists the published photos, newest first`, async () => {
            const answer = await server.get(`/users/${name}`);
            assert.equal(answer.code, 200);
            assert.equal(answer.headers['content-type'], 'application/json');
            assert.equal(answer.text, `{"username":"${name}","post_ids":${JSON.stringify(photos[name])}}`);
        });

    for (const [says, name] of [['nobody knows', 'zoe'], ['has only a refused photo', 'anton'],
        ['cannot be a name', 'Ann%20B%22'],
        ['is 300 characters long', 'x'.repeat(300)]])
        it(`a profile that ${says} is not found`, async () => {
            assertProblem(await server.get(`/users/${name}`), 404, /^Nobody with this name has published photos\./);
        });

    it('a profile is found in whatever letters its name is asked for', async () => {
        assert.equal((await server.get('/users/Ann')).text, (await server.get('/users/ann')).text);
        assert.deepEqual((await server.get('/users/ANN?view=photos')).json, (await server.get('/users/ann?view=photos')).json);
    });

    it('a search in capitals goes on in small letters', async () => {
        const pages = await follow('/users?username=Ann&limit=2');
        assert.deepEqual(pages.flat().map((user) => user.username), ['ann', 'ann_b', 'anna']);
    });

    for (const cursor of ['', 'Ann', 'ann%20b', '%C3%A4nn', '..', "'--", 'a'.repeat(65)])
        it(`a cursor that is no name is refused: "${cursor.slice(0, 20)}"`, async () => {
            assertProblem(await server.get(`/users?username=ann&cursor=${cursor}`), 400, /^This server didn't issue this cursor\./);
        });

    it('a page of whole photos may be asked to hold more than one does', async () => {
        const answer = await server.get('/users/ann?view=photos&limit=8969');
        assert.equal(answer.code, 200);
        assert.deepEqual(answer.json.photos.map((photo) => photo.photo_id), photos.ann);
        assertProblem(await server.get('/users/ann?view=photos&limit=10001'), 400, /from 1 to 10,000/);
        assertProblem(await server.get('/photos?limit=8969'), 400, /^The parameter limit isn't a whole number from 1 to 1,000\./);
    });

    it('a profile without a name is not found', async () => {
        assertProblem(await server.get('/users/'), 404, /./);
    });

    // ---- Pages ----

    const follow = async (path) => {
        const pages = [];
        for (let next = path; next;) {
            const answer = await server.get(next);
            assert.equal(answer.code, 200, answer.text);
            pages.push(answer.json);
            next = answer.headers.link?.match(/^<([^>]+)>; rel="next"$/)[1];
            assert.ok(pages.length < 20, 'the pages have no end');
        }
        return pages;
    };

    it('searching in pages of one gives the same users as at once', async () => {
        const pages = await follow('/users?username=ann&limit=1');
        assert.deepEqual(pages.map((page) => page.length), [1, 1, 1]);
        assert.deepEqual(pages.flat(), (await server.get('/users?username=ann')).json);
    });

    it('searching in pages of two ends with a shorter one', async () => {
        assert.deepEqual((await follow('/users?username=ann&limit=2')).map((page) => page.length), [2, 1]);
    });

    it('a page that holds exactly all has no next one', async () => {
        assert.deepEqual((await follow('/users?username=ann&limit=3')).length, 1);
        assert.deepEqual((await follow('/users/ann?limit=3')).length, 1);
    });

    it('a profile in pages of one gives the same photos as at once', async () => {
        const pages = await follow('/users/ann?limit=1');
        assert.deepEqual(pages.map((page) => page.post_ids), photos.ann.map((id) => [id]));
        assert.ok(pages.every((page) => page.username === 'ann'));
    });

    it('a page after the last is empty, and not an error', async () => {
        const first = await server.get('/users/ann?limit=2');
        const cursor = new URL(first.headers.link.match(/<(.+)>/)[1], server.url).searchParams.get('cursor');
        const second = await server.get(`/users/ann?limit=2&cursor=${cursor}`);
        assert.deepEqual(second.json.post_ids, photos.ann.slice(2));
        const beyond = await server.get(`/users/ann?cursor=0-${'0'.repeat(32)}`); // nothing is older than time 0
        assert.equal(beyond.code, 200);
        assert.equal(beyond.text, '{"username":"ann","post_ids":[]}');
        assert.equal((await server.get('/users?username=ann&cursor=zzz')).text, '[]');
    });

    for (const limit of ['0', '-1', '10001', '1.5', 'ten', '', '%201', '1%00', '99999999999999999999'])
        for (const path of ['/users?username=ann&', '/users/ann?'])
            it(`a limit of "${limit}" is refused: ${path}`, async () => {
                assertProblem(await server.get(`${path}limit=${limit}`), 400, limit.includes('%00')
                    ? /escape/ : /^The parameter limit isn't a whole number from 1 to 10,000\./);
            });

    for (const limit of ['1', '10000', '007'])
        it(`a limit of ${limit} is taken`, async () => {
            assert.equal((await server.get(`/users/ann?limit=${limit}`)).code, 200);
        });

    for (const cursor of ['', 'x', '-', '18c-', `18c-${'g'.repeat(32)}`, `18c-${'0'.repeat(31)}`, `18c-${'0'.repeat(33)}`, `018c-${'0'.repeat(32)}`,
        `${'f'.repeat(16)}-${'0'.repeat(32)}`, `-18c-${'0'.repeat(32)}`, `18C-${'0'.repeat(32)}`, '%22%3E%3Cscript%3E'])
        it(`a cursor that the server never gave is refused: "${cursor}"`, async () => {
            assertProblem(await server.get(`/users/ann?cursor=${cursor}`), 400, /^This server didn't issue this cursor\./);
        });
});

describe('uploads', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    it('an upload is answered with the five fields of a PENDING photo, in their order', async () => {
        const answer = await server.upload('ann', picture);
        assert.equal(answer.code, 200);
        assert.equal(answer.headers['content-type'], 'application/json');
        assert.match(answer.text, new RegExp('^\\{"photo_id":"[0-9a-f]{32}","status":"PENDING",'
            + '"timestamp":"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ","author_username":"ann","error_message":null\\}$'));
        const age_s = Date.now() / 1000 - Date.parse(answer.json.timestamp) / 1000;
        assert.ok(age_s > -2 && age_s < 60, `the timestamp is that of now: ${answer.json.timestamp}`);
    });

    it('the status of a published photo is SUCCESS, and all else as it was answered', async () => {
        const uploaded = await server.upload('ann', picture);
        await server.ended_photo(uploaded.json.photo_id);
        const status = await server.get(`/uploadStatus/${uploaded.json.photo_id}`);
        assert.equal(status.code, 200);
        assert.equal(status.headers['content-type'], 'application/json');
        assert.equal(status.text, uploaded.text.replace('PENDING', 'SUCCESS'));
    });

    it('the plain form of fetch and FormData is understood', async () => {
        const form = new FormData();
        form.append('note', 'a field that nobody asked for');
        form.append('photo', new Blob([picture], { type: 'image/png' }), 'a photo.png');
        const answer = await fetch(`${server.url}/photos`, { method: 'POST', body: form, headers: { Authorization: 'ann' } });
        assert.equal(answer.status, 200);
        assert.equal((await server.ended_photo((await answer.json()).photo_id)).data.status, 'SUCCESS');
    });

    const names = [
        ['of one letter', 'a', 200], ['of 64 characters', 'a'.repeat(64), 200], ['of digits', '007', 200],
        ['with underscores', '_a_1_', 200],
        ['of 65 characters', 'a'.repeat(65), 403], ['with a capital', 'Ann', 403], ['with a dash', 'ann-b', 403],
        ['that is empty', '', 403], ['with a space inside', 'ann b', 403], ['with a dot', 'ann.b', 403],
        ['with a slash', '../ann', 403], ['beyond ASCII', '\u00e4nn', 403], ['as Bearer sends it', 'Bearer ann', 403],
    ];
    for (const [says, name, code] of names)
        it(`a name ${says} is ${code === 200 ? 'taken' : 'refused'}`, async () => {
            const answer = await server.upload(Buffer.from(name, 'utf8').toString('latin1'), picture);
            if (code === 200) assert.equal(answer.code, 200, answer.text);
            else assertProblem(answer, 403, /^This user name can't be used\. A name has 1 to 64 characters: a-z, digits and underscores\.$/);
        });

    it('an upload without a name is refused', async () => {
        assertProblem(await server.upload(undefined, picture), 401,
            /^This request has no user name\. /);
    });

    it('who has no name hears that before anything about the form', async () => {
        assertProblem(await server.ask('POST', '/photos', { headers: { 'Content-Type': 'text/plain' }, body: 'hello' }), 401,
            /Authorization/);
    });

    for (const [says, options] of [['in a field of another name', { field: 'image' }]])
        it(`a photo ${says} is no photo`, async () => {
            assertProblem(await server.upload('ann', picture, options), 400, /The form has no file "photo"/);
        });

    for (const path of ['/uploadStatus', '/photos'])
        for (const [says, id] of [['unknown', unknownId], ['too short', unknownId.slice(1)], ['too long', `${unknownId}0`],
            ['in capitals', unknownId.toUpperCase()],
            ['no hex', 'x'.repeat(32)], ['a path', '..%2f..%2fphotos.db']])
            it(`GET ${path}/ID is not found when the id is ${says}`, async () => {
                assertProblem(await server.get(`${path}/${id}`), 404, /^There is no such photo/);
            });

    it('a published photo tells its sizes, dimensions, state, stage, labels and times', async () => {
        const large = png(1800, 1200);
        const id = await server.publish('ann', large);
        const answer = await server.get(`/photos/${id}`);
        assert.equal(answer.code, 200);
        assert.equal(answer.headers['content-type'], 'application/json');
        const photo = answer.json;
        assert.deepEqual(Object.keys(photo), ['photo_id', 'status', 'timestamp', 'author_username', 'error_message', 'error_code',
            'error_values', 'updated', 'stage', 'thumbhash', 'caption', 'alt_text', 'captured_at',
            'format', 'frames', 'labels', 'original', 'large', 'medium', 'thumbnail']);
        assert.equal(photo.photo_id, id);
        assert.equal(photo.status, 'SUCCESS');
        assert.equal(photo.stage, null);
        assert.equal(photo.format, 'png');
        assert.equal(photo.frames, 1);
        assert.deepEqual(photo.labels, []);
        assert.ok(Date.parse(photo.updated) >= Date.parse(photo.timestamp));
        assert.deepEqual(photo.original, { width: 1800, height: 1200, bytes: large.length });
        for (const [name, bucket, suffix, width, height] of [['large', 'photos', 'comp', 1440, 960],
            ['medium', 'thumbnails', 'medium', 800, 533], ['thumbnail', 'thumbnails', 'thumb', 350, 233]]) {
            const rendition = photo[name];
            assert.deepEqual(Object.keys(rendition), ['width', 'height', 'bytes', 'url']);
            assert.deepEqual([rendition.width, rendition.height], [width, height]);
            assert.equal(rendition.url, `/buckets/${bucket}/${id}-${suffix}.webp`);
            const object = await server.get(rendition.url);
            assert.equal(object.code, 200);
            assert.equal(object.body.length, rendition.bytes);
        }
    });
});

describe('every answer', () => {
    let server, id;
    before(async () => {
        server = await startServer();
        id = await server.publish('ann', picture);
    });
    after(() => server.stop());

    const paths = () => ['/users?username=ann', '/users/ann', `/uploadStatus/${id}`, `/photos/${id}`, '/healthcheck', '/metrics',
        `/buckets/photos/${id}-comp.webp`, '/buckets/photos/nothing', '/nowhere', '/users?username=a'];

    it('may be read from any origin, is not to be sniffed, and bears a request id', async () => {
        for (const path of paths()) {
            const { headers } = await server.get(path, { Origin: 'https://example.org' });
            assert.equal(headers['access-control-allow-origin'], '*', path);
            assert.equal(headers['access-control-expose-headers'], '*', path);
            assert.equal(headers['x-content-type-options'], 'nosniff', path);
            assert.match(headers['x-request-id'], /^[A-Za-z0-9._-]{1,64}$/, path);
            assert.ok(headers.date, path);
        }
    });

    it('tells which of its headers a page may read only where a page may have asked', async () => {
        for (const path of paths())
            assert.equal((await server.get(path)).headers['access-control-expose-headers'], undefined, path);
    });

    it('to HEAD has the header of the answer to GET, and no body', async () => {
        const wanted = ['content-type', 'content-length', 'etag', 'last-modified', 'cache-control', 'link'];
        for (const path of paths().filter((one) => one !== '/metrics')) { // its length changes
            const get = await server.get(path), head = await server.ask('HEAD', path);
            assert.equal(head.code, get.code, path);
            assert.equal(head.body.length, 0, path);
            // Errors of the buckets name the request, whose id has another length each time.
            for (const name of wanted.filter((one) => path !== '/buckets/photos/nothing' || one !== 'content-length'))
                assert.equal(head.headers[name], get.headers[name], `${path}: ${name}`);
        }
    });

    for (const given of ['a', 'my.Request_id-1', 'x'.repeat(64)])
        it(`gives a sane request id back: ${given}`, async () => {
            assert.equal((await server.get('/healthcheck', { 'X-Request-Id': given })).headers['x-request-id'], given);
        });

    for (const given of ['', 'x'.repeat(65), 'two words', '"quoted"', 'a,b', '<script>'])
        it(`has an id of the server's own instead of "${given}"`, async () => {
            const back = (await server.get('/healthcheck', { 'X-Request-Id': given })).headers['x-request-id'];
            assert.notEqual(back, given);
            assert.match(back, /^[A-Za-z0-9._-]{1,64}$/);
        });

    it('has another id than all others', async () => {
        const answers = await Promise.all(Array.from({ length: 200 }, () => server.get('/healthcheck')));
        assert.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 200);
    });

    const preflighted = ['/users', '/users/ann', '/photos', `/photos/${unknownId}`, `/uploadStatus/${unknownId}`, '/events',
        '/healthcheck'];
    for (const path of preflighted)
        it(`to a preflight allows any origin: ${path}`, async () => {
            const asks = { Origin: 'https://example.org', 'Access-Control-Request-Method': 'POST',
                'Access-Control-Request-Headers': 'authorization, x-more' };
            const answer = await server.ask('OPTIONS', path, { headers: asks });
            assert.equal(answer.code, 204);
            assert.equal(answer.body.length, 0);
            assert.equal(answer.headers['access-control-allow-origin'], '*');
            assert.equal(answer.headers['access-control-allow-methods'], 'GET, HEAD, POST, PATCH, DELETE, OPTIONS');
            assert.equal(answer.headers['access-control-allow-headers'], 'authorization, x-more');
            assert.equal(answer.headers['access-control-max-age'], '86400');
            assert.equal(answer.headers.vary, 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method');
        });

    it('to a preflight that asks for no headers names those that the API knows', async () => {
        const answer = await server.ask('OPTIONS', '/photos',
            { headers: { Origin: 'null', 'Access-Control-Request-Method': 'POST' } });
        assert.equal(answer.headers['access-control-allow-headers'], 'Authorization, X-Cloudphotos-User, Content-Type, Idempotency-Key');
    });

    it('to a preflight that asks for more headers than an answer can repeat is 400', async () => {
        assertProblem(await server.ask('OPTIONS', '/photos', { headers: { Origin: 'null', 'Access-Control-Request-Method': 'POST',
            'Access-Control-Request-Headers': 'x-more, '.repeat(100) } }), 400, /512 bytes/);
    });

    const wrongMethods = [
        ['POST', '/users', ['GET', 'HEAD', 'OPTIONS']], ['DELETE', '/users/ann', ['GET', 'HEAD', 'OPTIONS']],
        ['DELETE', '/photos', ['GET', 'HEAD', 'OPTIONS', 'POST']], ['PUT', '/photos', ['GET', 'HEAD', 'OPTIONS', 'POST']],
        ['PUT', `/photos/${unknownId}`, ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH']],
        ['DELETE', `/uploadStatus/${unknownId}`, ['GET', 'HEAD', 'OPTIONS']],
        ['POST', '/events', ['GET', 'HEAD', 'OPTIONS']], ['POST', '/healthcheck', ['GET', 'HEAD', 'OPTIONS']],
        ['POST', '/metrics', ['GET', 'HEAD']],
    ];
    for (const [method, path, allowed] of wrongMethods)
        it(`to ${method} ${path} is 405 and names the methods that are allowed`, async () => {
            const answer = await server.ask(method, path);
            assertProblem(answer, 405, /./);
            assert.deepEqual(answer.headers.allow.split(', ').sort(), allowed);
        });

    for (const path of ['/nowhere', '/Users', '/users/ann/photos', '/photos/', '/uploadStatus', '/uploadStatus/', '/buckets',
        '//users?username=ann'])
        it(`to a path that does not exist is 404: ${path}`, async () => {
            assertProblem(await server.get(path), 404, /./);
        });
});
