// Whose pages may change things: a browser sends whatever page it shows to this server, with what that page says.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { formBody, runProgram, startServer } from './server.mjs';
import { connect, lines } from './wire.mjs';

const picture = png(20, 20);
const formType = 'multipart/form-data; boundary=XX';
const body = formBody('XX', [{ field: 'photo', filename: 'a.png', content: picture }]);
const tus = { 'Tus-Resumable': '1.0.0' };
const OWN = 'http://SERVER';

describe('a page', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    const fill = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('SERVER', server.address)]));
    const upload = (headers, to = server) =>
        to.ask('POST', '/photos', { headers: { Authorization: 'ann', 'Content-Type': formType, ...fill(headers) }, body });

    const taken = [
        ['none at all: curl, an app, a script', {}],
        ['of this server', { Origin: OWN }],
        ['of this server by its other name', { Host: 'localhost:8080', Origin: 'http://localhost:8080' }],
        ['of this server behind a proxy that ends TLS', { Host: 'photos.example', Origin: 'https://photos.example', 'X-Forwarded-Proto': 'https' }],
        ['of this server behind a proxy that says nothing, as the browser knows', { Origin: 'https://photos.example', 'Sec-Fetch-Site': 'same-origin' }],
        ['a person’s own doing', { 'Sec-Fetch-Site': 'none' }],
    ];
    for (const [says, headers] of taken)
        it(`may upload: ${says}`, async () => { assert.equal((await upload(headers)).code, 200); });

    const refused = [
        ['of another site', { Origin: 'https://evil.example' }, 'https://evil.example'],
        ['of another site, as the browser knows', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }, 'https://evil.example'],
        ['of another server of this machine', { Origin: 'http://127.0.0.1:1', 'Sec-Fetch-Site': 'same-site' }, 'http://127.0.0.1:1'],
        ['of nowhere: a file, a frame in a sandbox', { Origin: 'null' }, 'another site'],
        ['that hides its origin', { 'Sec-Fetch-Site': 'cross-site' }, 'another site'],
        ['of a name that was led to this server', { Host: 'evil.example:8080', Origin: 'http://evil.example:8080' }, 'http://evil.example:8080'],
        ['that writes the headers of a proxy', { Origin: 'https://evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https', Forwarded: 'host=evil.example;proto=https' },
            'https://evil.example'],
    ];
    for (const [says, headers, named] of refused)
        it(`may not upload: ${says}`, async () => {
            const answer = await upload(headers);
            assert.equal(answer.code, 403, answer.text);
            assert.equal(answer.json.detail, `Pages of ${named} may not change anything here. Whoever runs this server can allow them, with --allow-origin.`);
            assert.equal(answer.headers['access-control-allow-origin'], '*', 'so that the page can say why');
        });

    it('of another site may change nothing by any way, and nothing is changed', async () => {
        const id = await server.publish('ann', picture);
        const begun = await server.ask('POST', '/uploads', { headers: { ...tus, Authorization: 'ann', 'Upload-Length': '9' } });
        const path = begun.headers.location;
        const ways = [
            ['POST', '/photos', { 'Content-Type': formType }, body], ['PATCH', `/photos/${id}`, { 'Content-Type': 'application/json' }, '{"caption":"x"}'],
            ['DELETE', `/photos/${id}`, {}], ['POST', '/uploads', { ...tus, 'Upload-Length': '9' }],
            ['PATCH', path, { ...tus, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' }, 'GIF'], ['DELETE', path, tus],
            ['POST', path, { ...tus, 'X-HTTP-Method-Override': 'DELETE' }], ['POST', `/photos/${id}`, { 'X-HTTP-Method-Override': 'DELETE' }],
            ['POST', '/share-target', {}], ['PUT', '/buckets/photos/x', {}, 'x'],
        ];
        for (const [method, to, headers, content] of ways) {
            const answer = await server.ask(method, to, { headers: { Authorization: 'ann', Origin: 'https://evil.example', ...headers }, body: content });
            assert.equal(answer.code, 403, `${method} ${to}: ${answer.text}`);
            assert.match(answer.json.detail, /evil\.example/);
        }
        assert.equal((await server.get(`/photos/${id}`)).json.caption, null);
        assert.equal((await server.ask('HEAD', path, { headers: { ...tus, Authorization: 'ann' } })).headers['upload-offset'], '0');
    });

    it('of another site may read', async () => {
        const id = await server.publish('bob', picture);
        for (const path of ['/users?username=bob', '/users/bob', '/photos', `/photos/${id}`, `/uploadStatus/${id}`, '/healthcheck', `/buckets/photos/${id}-comp.webp`])
            for (const method of ['GET', 'HEAD']) {
                const answer = await server.ask(method, path, { headers: { Origin: 'https://other.example', 'Sec-Fetch-Site': 'cross-site' } });
                assert.equal(answer.code, 200, path);
                assert.equal(answer.headers['access-control-allow-origin'], '*');
            }
    });

    it('of another site hears so before it sends a body', async () => {
        const wire = await connect(server);
        await wire.send(lines('POST /photos HTTP/1.1', 'Host: a', 'Authorization: ann', 'Origin: https://evil.example', `Content-Type: ${formType}`,
            'Content-Length: 5000', 'Expect: 100-continue'));
        assert.equal((await wire.answer()).code, 403);
        wire.leave();
    });
});

describe('--allow-origin', () => {
    const upload = (server, Origin) => server.ask('POST', '/photos', { headers: { Authorization: 'ann', 'Content-Type': formType, Origin, 'Sec-Fetch-Site': 'cross-site' }, body });

    it('lets the pages of these origins and no others', async () => {
        const server = await startServer({ flags: ['--allow-origin', 'https://photos.example', '--allow-origin', 'http://a.example:8080, capacitor://localhost'] });
        for (const [origin, code] of [['https://photos.example', 200], ['http://a.example:8080', 200], ['capacitor://localhost', 200],
            ['http://photos.example', 403], ['https://photos.example:8443', 403], ['http://a.example', 403], ['null', 403]])
            assert.equal((await upload(server, origin)).code, code, origin);
        await server.stop();
    });

    it('lets all pages: *', async () => {
        const server = await startServer({ flags: ['--allow-origin', '*'] });
        for (const origin of ['https://evil.example', 'null']) assert.equal((await upload(server, origin)).code, 200, origin);
        await server.stop();
    });

    for (const words of ['photos.example', 'https://photos.example/', 'null', '', 'https://a.example,'])
        it(`is refused in words when it is no origin: "${words}"`, async () => {
            const { code, stderr } = await runProgram(['serve', '--allow-origin', words]);
            assert.equal(code, 2);
            assert.match(stderr, /--allow-origin: ".*" is not an origin: scheme:\/\/host/);
        });
});
