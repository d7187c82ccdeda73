// deploy/haproxy.cfg in front of two servers that share a data folder: what a client does through it is as with one server, whichever
// each request reaches, and a server that ends is not noticed.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { heavyPng, png } from '../http/pictures.mjs';
import { newFolder, startProcess, until, within } from '../http/server.mjs';

const source = new URL('../../deploy/haproxy.cfg', import.meta.url);
const TUS = { 'Tus-Resumable': '1.0.0', Authorization: 'ann' };
const CLIENT = '127.0.0.2'; // another than HAProxy's own, 127.0.0.1
const FLAGS = ['--trusted-proxy', '127.0.0.1', '--workers', '0'];

const freePort = () => new Promise((done) => {
    const listener = net.createServer().listen(0, '127.0.0.1', () => { const { port } = listener.address(); listener.close(() => done(port)); });
});

/* The file as it is, but for the addresses. */
function configure(folder, port, [first, second]) {
    const pairs = [['bind :8080', `bind 127.0.0.1:${port}`], ['api1:8080', first], ['api2:8080', second]];
    const text = pairs.reduce((all, [from, to]) => {
        assert.ok(all.includes(from), from);
        return all.replaceAll(from, to);
    }, readFileSync(source, 'utf8'));
    writeFileSync(join(folder, 'haproxy.cfg'), text);
    return join(folder, 'haproxy.cfg');
}

/* Resolves to { port, log, stop } when it passes requests on. */
async function startBalancer(addresses) {
    const port = await freePort();
    const file = configure(newFolder(), port, addresses);
    const checked = spawnSync('haproxy', ['-c', '-f', file], { encoding: 'utf8' });
    assert.equal(checked.status, 0, checked.stderr);
    assert.doesNotMatch(checked.stdout + checked.stderr, /\[(WARNING|ALERT)\]/, checked.stderr);
    const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const balancer = { port, log: '', stop: () => child.kill('SIGKILL') };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece) => { balancer.log += piece; });
    process.on('exit', balancer.stop);
    await until('HAProxy passes requests on', () => fetch(`http://127.0.0.1:${port}/healthcheck`).then(({ status }) => status === 200, () => false));
    return balancer;
}

describe('behind HAProxy', () => {
    const servers = [];
    let worker, balancer, addresses;
    /* A server whose requests go to HAProxy. */
    let site;

    const startApi = async (i, data) => {
        servers[i] = await startProcess({ data, flags: [...FLAGS, ...(addresses ? ['--listen', addresses[i]] : [])] });
        return servers[i];
    };
    before(async () => {
        await startApi(0);
        await startApi(1, servers[0].data);
        worker = await startProcess({ command: 'worker', listens: false, data: servers[0].data });
        addresses = servers.map((server) => server.address);
        balancer = await startBalancer(addresses);
        site = Object.assign(Object.create(servers[0]), { host: '127.0.0.1', port: balancer.port, deal() { return this; } });
    });
    after(async () => {
        balancer.stop();
        await worker.stop();
        await servers[1].stop();
        await servers[0].stop();
    });
    const askedOf = (server, what) => server.lines.filter((line) => line.event === 'request' && `${line.method} ${line.path}`.startsWith(what)).length;

    it('an upload in pieces reaches both servers, and becomes one photo', async () => {
        const photo = heavyPng(3_000_000);
        const { code, headers } = await site.ask('POST', '/uploads', { headers: { ...TUS, 'Upload-Length': String(photo.length) } });
        assert.equal(code, 201);
        let last;
        for (let at = 0; at < photo.length; at += 200_000) {
            last = await site.ask('PATCH', headers.location, { headers: { ...TUS, 'Upload-Offset': String(at), 'Content-Type': 'application/offset+octet-stream' },
                body: photo.subarray(at, at + 200_000) });
            assert.equal(last.code, 204, last.text);
        }
        assert.equal((await site.ended_photo(last.headers['photo-id'])).data.status, 'SUCCESS');
        for (const server of servers) await until('each has had pieces', () => askedOf(server, 'PATCH') > 0);
    });

    it('progress arrives as it happens, from a server that neither took the photo nor works on it', async () => {
        const ids = [];
        for (let i = 0; i < 4; i++) ids.push((await site.upload('ann', png(30 + i, 20))).json.photo_id);
        for (const id of ids) assert.equal((await site.ended_photo(id)).data.status, 'SUCCESS');
        for (const server of servers) await until('each has had a stream', () => askedOf(server, 'GET /events') > 0);
    });

    it('an image comes back whole, and large uploads are not held back', async () => {
        const id = await site.publish('bob', heavyPng(20_000_000));
        const image = await site.get(`/buckets/photos/${id}-comp.webp`);
        assert.equal(image.body.length, Number(image.headers['content-length']));
    });

    it('the client’s address is told, and none that it makes up', async () => {
        await within('an answer', new Promise((done, fail) => {
            const headers = { 'X-Forwarded-For': '203.0.113.66' };
            http.get({ host: '127.0.0.1', localAddress: CLIENT, port: site.port, path: '/users/forged', headers, agent: false }, (answer) => answer.resume().on('end', done)).on('error', fail);
        }));
        const line = await until('it is logged', () => servers.flatMap(({ lines }) => lines).find((one) => one.path === '/users/forged'));
        assert.equal(line.client, CLIENT);
    });

    it('figures of single servers are kept from the world', async () => {
        const answer = await within('an answer', fetch(`http://127.0.0.1:${site.port}/metrics`));
        assert.equal(answer.status, 403);
    });

    const ENDS = [['ends', (server) => server.stop()], ['is killed', (server) => server.kill()]];
    for (const [how, end] of ENDS) it(`a server that ${how} is not noticed by readers, and is back in use when it starts again`, async () => {
        let failed = 0, asked = 0, ended = false;
        const readers = Array.from({ length: 8 }, async () => {
            while (!ended) {
                const { code } = await site.get('/users/ann').catch(() => ({ code: 0 }));
                asked++;
                if (code !== 200) failed++;
            }
        });
        await end(servers[1]);
        const earlier = asked;
        await until('the other one serves', () => asked > earlier + 200);
        await startApi(1, servers[0].data);
        await until('it is asked again', () => askedOf(servers[1], 'GET /users/ann') > 10);
        ended = true;
        await Promise.all(readers);
        assert.equal(failed, 0, `of ${asked}; ${balancer.log.slice(-2000)}`);
    });
});

/* A server that is healthy, and dies over everything else that it is asked. */
function startDying(asked) {
    const server = http.createServer((request, answer) => {
        if (request.url === '/healthcheck') { answer.end('{}'); return; }
        asked.push(`${request.method} ${request.url}`);
        request.resume().on('end', () => request.socket.destroy());
    });
    return new Promise((done) => { server.listen(0, '127.0.0.1', () => done({ address: `127.0.0.1:${server.address().port}`, stop: () => { server.close(); server.closeAllConnections(); } })); });
}

describe('when a server dies over a request, HAProxy', () => {
    const asked = [];
    const servers = [];
    let balancer;
    before(async () => {
        for (let i = 0; i < 2; i++) servers.push(await startDying(asked));
        balancer = await startBalancer(servers.map(({ address }) => address));
    });
    after(() => {
        balancer.stop();
        for (const server of servers) server.stop();
    });

    for (const [method, path, times] of [['GET', '/users/ann', 4], ['POST', '/photos', 1], ['PATCH', '/uploads/1', 1], ['DELETE', '/photos/1', 1]])
        it(`asks ${times === 1 ? 'nobody else' : 'others'} for ${method} ${path}`, async () => {
            const code = await within('an answer', fetch(`http://127.0.0.1:${balancer.port}${path}`, { method, body: method === 'GET' ? undefined : 'a small photo' })
                .then(({ status }) => status, () => 0));
            assert.ok([502, 0].includes(code)); // 0: over a connection that it had used before, HAProxy closes the client's, too
            assert.equal(asked.filter((one) => one === `${method} ${path}`).length, times);
        });
});

describe('while no server is healthy, because the database is away', () => {
    let isHealthy = true, server, balancer;
    before(async () => {
        server = http.createServer((request, answer) => {
            const code = request.url === '/healthcheck' && isHealthy ? 200 : 503;
            answer.writeHead(code, { 'Retry-After': '2', 'Content-Type': 'application/problem+json' }).end('{"title":"Service Unavailable"}');
        });
        await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
        const address = `127.0.0.1:${server.address().port}`;
        balancer = await startBalancer([address, address]);
        isHealthy = false;
    });
    after(() => {
        balancer.stop();
        server.close();
        server.closeAllConnections();
    });

    it('clients get the server’s own error, and when to ask again', async () => {
        await until('HAProxy has found out', () => /has no server available/.test(balancer.log));
        const answer = await within('an answer', fetch(`http://127.0.0.1:${balancer.port}/users/ann`));
        assert.equal(answer.status, 503);
        assert.equal(answer.headers.get('retry-after'), '2');
        assert.equal((await answer.json()).title, 'Service Unavailable');
    });
});
