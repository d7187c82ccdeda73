// What a proxy says of its clients counts where an operator has named the proxy, and nowhere else: address, scheme, host.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { png } from './pictures.mjs';
import { formBody, runProgram, startServer } from './server.mjs';

const picture = png(20, 20);
const form = { 'Content-Type': 'multipart/form-data; boundary=XX' };
const body = formBody('XX', [{ field: 'photo', filename: 'a.png', content: picture }]);
const CLIENT = { 'X-Forwarded-For': '203.0.113.5' };
const HTTPS = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'photos.example' };

/* The client as the log has it, of a request with these headers. */
let asked = 0;
async function loggedClient(server, headers) {
    const name = `nobody_${++asked}`;
    await server.get(`/users/${name}`, headers);
    return (await server.logged('the request', (line) => line.event === 'request' && line.path === `/users/${name}`)).client;
}

/* What the page of a photo says of its own address. */
async function pageAddress(server, id, headers) {
    return /property="og:url" content="([^"]+)"/.exec((await server.get(`/photo/${id}`, headers)).text)?.[1];
}

const upload = (server, headers) => server.ask('POST', '/photos', { headers: { Authorization: 'ann', ...form, ...headers }, body });

describe('a proxy that is named', () => {
    let server;
    let id;
    before(async () => {
        server = await startServer({ flags: ['--trusted-proxy', '10.0.0.0/8', '--trusted-proxy', 'private, 127.0.0.1'] });
        id = await server.publish('ann', picture);
    });
    after(() => server.stop());

    for (const [says, headers, client] of [
        ['an address', CLIENT, '203.0.113.5'], ['of IPv6, with its port', { 'X-Forwarded-For': '[2001:db8::5]:41000' }, '2001:db8::5'],
        ['nothing', {}, '127.0.0.1'], ['nothing that is an address', { 'X-Forwarded-For': 'unknown' }, '127.0.0.1'],
        ['what the client made up, and an address', { 'X-Forwarded-For': '127.0.0.1, 203.0.113.5' }, '203.0.113.5'],
        ['an address through another named proxy', { 'X-Forwarded-For': '203.0.113.5, 10.1.2.3' }, '203.0.113.5'],
        ['the same in two headers', { 'X-Forwarded-For': ['192.0.2.1, 203.0.113.5', '10.1.2.3'] }, '203.0.113.5'],
        ['it in a header that is not read', { Forwarded: 'for=203.0.113.5' }, '127.0.0.1'],
    ])
        it(`says whose request it is, for the log: ${says}`, async () => { assert.equal(await loggedClient(server, headers), client); });

    it('says where the server is', async () => {
        assert.equal(await pageAddress(server, id, HTTPS), `https://photos.example/photo/${id}`);
        assert.equal(await pageAddress(server, id, { 'X-Forwarded-Proto': 'https' }), `https://${server.address}/photo/${id}`);
        assert.equal(await pageAddress(server, id, { ...HTTPS, 'X-Forwarded-Proto': 'gopher' }), `http://photos.example/photo/${id}`);
        assert.equal(await pageAddress(server, id, { ...HTTPS, 'X-Forwarded-Host': '"><script>' }), `https://${server.address}/photo/${id}`);
        const embedded = await server.get(`/oembed?url=https://photos.example/photo/${id}`, HTTPS);
        assert.equal(embedded.json.author_url, 'https://photos.example/@ann');
    });

    it('says whose page it is that changes something', async () => {
        assert.equal((await upload(server, { ...HTTPS, Origin: 'https://photos.example' })).code, 200);
        assert.equal((await upload(server, { ...HTTPS, Origin: 'http://photos.example' })).code, 403, 'the page over http');
        assert.equal((await upload(server, { ...HTTPS, Origin: 'https://evil.example' })).code, 403);
        assert.equal((await upload(server, { ...HTTPS, Origin: `http://${server.address}` })).code, 403, 'the server’s own address is not the one that was asked for');
    });
});

describe('a proxy that is not named', () => {
    let server;
    let id;
    before(async () => {
        server = await startServer({ flags: ['--trusted-proxy', '10.0.0.0/8, ::1'] });
        id = await server.publish('ann', picture);
    });
    after(() => server.stop());

    it('is the client itself', async () => {
        for (const headers of [CLIENT, { 'X-Forwarded-For': '10.1.2.3' }, { 'X-Forwarded-For': '203.0.113.5, 10.1.2.3' }])
            assert.equal(await loggedClient(server, headers), '127.0.0.1');
    });
    it('does not say where the server is', async () => {
        assert.equal(await pageAddress(server, id, HTTPS), `http://${server.address}/photo/${id}`);
    });
    it('says nothing of pages', async () => {
        assert.equal((await upload(server, { ...HTTPS, Origin: 'https://photos.example' })).code, 403);
        assert.equal((await upload(server, { Origin: `http://${server.address}`, ...HTTPS })).code, 200);
    });
    it('can’t be played by a page of another site: its browser hears that it may not send such headers', async () => {
        const preflight = async (names) => (await server.ask('OPTIONS', '/photos', { headers: { Origin: 'https://evil.example',
            'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': names } })).headers['access-control-allow-headers'];
        assert.equal(await preflight('authorization, x-other'), 'authorization, x-other');
        for (const name of ['x-forwarded-for', 'X-Forwarded-Host', 'forwarded', 'x-forwarded-prefix'])
            assert.doesNotMatch(await preflight(`authorization, ${name}`), /forwarded/i);
    });
});

describe('--trusted-proxy', () => {
    for (const [words, fault] of [['proxy.example', 'is not an address'], ['', 'is not an address'], ['10.0.0.1/8', 'has bits set after its prefix'],
        ['10.0.0.0/33', 'needs a number from 0 to 32'], ['loopback,', 'is not an address'], ['*', 'is not an address']])
        it(`is refused in words when it names nobody: "${words}"`, async () => {
            const { code, stderr } = await runProgram(['serve', '--trusted-proxy', words]);
            assert.equal(code, 2);
            assert.match(stderr, /--trusted-proxy: "/);
            assert.ok(stderr.includes(fault), stderr);
        });
});
