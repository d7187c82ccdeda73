// What an operator sees of a running server: its health, its metrics, its log.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from './database.mjs';
import { png } from './pictures.mjs';
import { readMetrics, valueOf } from './prometheus.mjs';
import { startServer, until } from './server.mjs';
import { connect, exchange, lines } from './wire.mjs';

const picture = png(24, 16);
const read = async (server) => readMetrics(await server.metrics());

describe('the healthcheck', () => {
    it('is 200 while the store answers a search, and 500 with a sentence when it does not', async () => {
        const server = await startServer();
        const fit = await server.get('/healthcheck');
        assert.equal(fit.code, 200);
        assert.equal(fit.headers['content-type'], 'application/json');
        assert.equal(fit.json.status, 'ok');
        sql(server.data, 'ALTER TABLE users RENAME TO lost');
        const unfit = await until('the healthcheck fails', async () => {
            const answer = await server.get('/healthcheck');
            return answer.code !== 200 && answer;
        });
        assert.equal(unfit.code, 500);
        assert.equal(unfit.headers['content-type'], 'application/problem+json');
        assert.match(unfit.json.detail, /\w+ \w+/);
        sql(server.data, 'ALTER TABLE lost RENAME TO users');
        await until('it is fit again', async () => (await server.get('/healthcheck')).code === 200);
        await server.stop();
    });
});

describe('the metrics', () => {
    let server;
    before(async () => { server = await startServer({ flags: ['--darkrooms', '1'] }); });
    after(() => server.stop());

    it('are Prometheus text, strictly, from the first scrape on', async () => {
        const answer = await server.get('/metrics');
        assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4');
        const names = [...readMetrics(answer.text).keys()];
        for (const name of ['http_requests_total', 'http_request_duration_seconds', 'http_requests_in_flight', 'http_connections',
            'http_connections_refused_total',
            'http_connections_reaped_total', 'executions', 'queue_depth', 'darkroom_processes', 'darkroom_busy',
                'darkroom_photos_total', 'darkroom_restarts_total'])
            assert.ok(names.includes(`cloudphotos_${name}`), name);
    });

    it('count requests by route and code, and their durations by route', async () => {
        const rows = [['GET', '/users?username=ann', '/users', '200', 3], ['GET', '/users?username=a', '/users', '400', 2],
            ['GET', '/users/nobody', '/users/{name}', '404', 4],
            ['HEAD', '/healthcheck', '/healthcheck', '200', 5], ['POST', '/healthcheck', '/healthcheck', '405', 1],
            ['GET', '/no/where', '', '404', 2],
            ['GET', '/buckets/photos/a/b/c', '/buckets/{bucket}/{key*}', '403', 2], ['OPTIONS', '/photos', '/photos', '204', 1],
                ['GET', '/no/"\\\n'.replace('\n', '%0a'), '', '404', 1]];
        const earlier = await read(server);
        for (const [method, path, , , count] of rows) for (let i = 0; i < count; i++) await server.ask(method, path);
        // A request is counted when its answer has been sent, which its client may see a moment sooner.
        const grown = (families, name, labels) => valueOf(families, name, labels) - valueOf(earlier, name, labels);
        const wanted = new Map();
        for (const [, , route, code, count] of rows) wanted.set(JSON.stringify({ route, code }),
            (wanted.get(JSON.stringify({ route, code })) ?? 0) + count);
        const later = await until('all are counted', async () => {
            const families = await read(server);
            return [...wanted].every(([labels, count]) => grown(families, 'cloudphotos_http_requests_total',
                JSON.parse(labels)) >= count) && families;
        });
        for (const [labels, count] of wanted) {
            const { route, code } = JSON.parse(labels);
            assert.equal(grown(later, 'cloudphotos_http_requests_total', { route, code }), count, labels);
        }
        assert.equal(grown(later, 'cloudphotos_http_request_duration_seconds_count', { route: '/users' }), 5);
        assert.equal(grown(later, 'cloudphotos_http_request_duration_seconds_bucket', { route: '/users', le: '+Inf' }), 5);
        assert.ok(grown(later, 'cloudphotos_http_request_duration_seconds_sum', { route: '/users' }) > 0);
    });

    it('count a client that goes away before its answer with code 0', async () => {
        const wire = await connect(server);
        await wire.send(lines('POST /photos HTTP/1.1', 'Host: a', 'Authorization: ann',
            'Content-Type: multipart/form-data; boundary=b', 'Content-Length: 1000'));
        await until('it is in flight', async () => valueOf(await read(server), 'cloudphotos_http_requests_in_flight') === 2);
        wire.leave();
        await until('it is counted', async () => valueOf(await read(server), 'cloudphotos_http_requests_total',
            { route: '/photos', code: '0' }) === 1);
        assert.equal(valueOf(await read(server), 'cloudphotos_http_requests_in_flight'), 1);
    });

    it('count connections while they are open', async () => {
        const base = valueOf(await read(server), 'cloudphotos_http_connections');
        const wires = await Promise.all(Array.from({ length: 7 }, () => connect(server)));
        await until('they are there', async () => valueOf(await read(server), 'cloudphotos_http_connections') === base + 7);
        for (const wire of wires) wire.leave();
        await until('they are gone', async () => valueOf(await read(server), 'cloudphotos_http_connections') === base);
    });

    it('tell of executions by status, of the queue, and of the darkroom', async () => {
        const earlier = await read(server);
        const broken = Buffer.from(png(400, 300));
        broken.fill(0x55, 60, broken.length - 30);
        for (let i = 0; i < 3; i++) await server.publish('ann', picture);
        const bad = await server.upload('ann', broken);
        assert.equal((await server.ended_photo(bad.json.photo_id)).data.status, 'ERROR');
        const later = await until('the ends are counted', async () => {
            const families = await read(server);
            return valueOf(families, 'cloudphotos_executions', { status: 'FAILED' }) === 1 && families;
        });
        const grown = (name, labels) => valueOf(later, name, labels) - valueOf(earlier, name, labels);
        assert.equal(grown('cloudphotos_executions', { status: 'SUCCEEDED' }), 3);
        assert.equal(valueOf(later, 'cloudphotos_executions', { status: 'RUNNING' }), 0);
        assert.equal(valueOf(later, 'cloudphotos_executions', { status: 'ABORTED' }), 0);
        assert.equal(valueOf(later, 'cloudphotos_queue_depth'), 0);
        assert.equal(grown('cloudphotos_darkroom_photos_total'), 3);
        assert.equal(valueOf(later, 'cloudphotos_darkroom_processes'), 1);
        assert.equal(valueOf(later, 'cloudphotos_darkroom_busy'), 0);
    });

    it('count a darkroom that was killed and replaced; its photo is published all the same', async () => {
        const pids = server.descendants();
        for (const pid of pids) process.kill(pid, 'SIGSTOP');
        const { json } = await server.upload('ann', picture);
        const events = await server.watch(json.photo_id);
        while ((await events.next()).data.stage !== 'Resize');
        await until('a darkroom is busy', async () => valueOf(await read(server), 'cloudphotos_darkroom_busy') === 1);
        for (const pid of pids.slice(1)) process.kill(pid, 'SIGKILL'); // all but the first, which starts new ones
        process.kill(pids[0], 'SIGCONT');
        assert.equal((await events.rest()).at(-1).data.status, 'SUCCESS');
        assert.equal(valueOf(await read(server), 'cloudphotos_darkroom_restarts_total'), 1);
        assert.equal(valueOf(await read(server), 'cloudphotos_darkroom_processes'), 1);
    });

    it('stay well formed under load', async () => {
        const asks = Array.from({ length: 300 }, (_, i) => (i % 3 ? server.get(`/users/${i}`) : server.metrics()));
        for (const answer of await Promise.all(asks)) if (typeof answer === 'string') readMetrics(answer);
    });
});

describe('the log', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());
    const logged = (id) => server.logged(`the request ${id}`, (line) => line.event === 'request' && line.request_id === id);

    const rows = [['GET', '/users?username=ann', '/users', 200], ['GET', '/users?username=a', '/users', 400],
        ['GET', '/users/%22quoted%22', '/users/"quoted"', 404],
        ['GET', '/users/%0a%09%7f', '/users/\n\t\x7f', 404], ['GET', '/users/%c3%a4', '/users/\u00e4', 404],
        ['HEAD', '/healthcheck', '/healthcheck', 200], ['PUT', '/photos', '/photos', 405],
        ['GET', '/buckets/photos/nothing', '/buckets/photos/nothing', 403], ['GET', '/nowhere', '/nowhere', 404]];
    for (const [method, target, path, code] of rows)
        it(`has one line for ${method} ${target}, with the id that went back`, async () => {
            const answer = await server.ask(method, target);
            assert.equal(answer.code, code);
            const line = await logged(answer.headers['x-request-id']);
            assert.deepEqual(Object.keys(line), ['time', 'level', 'event', 'request_id', 'method', 'path', 'client', 'code',
                'bytes_in', 'bytes_out', 'ms']);
            assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
            assert.deepEqual([line.level, line.method, line.path, line.client, line.code, line.bytes_in, line.bytes_out],
                ['info', method, path, '127.0.0.1', code, 0, answer.body.length]);
            assert.ok(line.ms >= 0 && line.ms < 60_000);
            assert.equal(server.lines.filter((one) => one.request_id === line.request_id).length, 1);
        });

    it('counts the bytes of an upload', async () => {
        const answer = await server.upload('ann', picture);
        const line = await logged(answer.headers['x-request-id']);
        assert.ok(line.bytes_in > picture.length && line.bytes_in < picture.length + 1000);
        assert.equal(line.bytes_out, answer.body.length);
    });

    it('takes bytes that are no UTF-8, and stays JSON', async () => {
        const answer = await server.get('/users/%ff%c0%80%ed%a0%80');
        assert.equal(answer.code, 404);
        JSON.parse(answer.text);
        assert.ok((await logged(answer.headers['x-request-id'])).path.startsWith('/users/'));
    });

    it('has a line for a request that was refused before it was understood', async () => {
        const [answer] = await exchange(server, lines('GET /healthcheck HTTP/1.1', 'Host: a', 'Host: b'));
        assert.equal(answer.code, 400);
        assert.equal((await logged(answer.headers['x-request-id'])).code, 400);
    });

    it('has no word of who logs in, and none of keys', async () => {
        await server.upload('secretive', picture, { headers: { 'Idempotency-Key': 'a-key-that-nobody-should-see' } });
        const { headers } = await server.get('/healthcheck');
        await logged(headers['x-request-id']);
        assert.doesNotMatch(JSON.stringify(server.lines), /secretive|nobody-should-see/);
    });

    it('of level error has no requests, and of level warning has what to know at the start', async () => {
        for (const [level, events] of [['warning', ['login', 'moderation']], ['error', []]]) {
            // Without its first line a server does not tell its address: so it is told where to listen.
            const probe = await startServer();
            const { port } = probe;
            await probe.stop();
            const quiet = await startServer({ flags: ['--log-level', level, '--listen', `127.0.0.1:${port}`], isQuiet: true });
            assert.equal((await quiet.get('/healthcheck')).code, 200);
            await quiet.stop();
            assert.deepEqual(quiet.lines.map(({ event }) => event), events);
        }
    });
});
