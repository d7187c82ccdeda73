// Clients that are slow, stuck, greedy or sly, and a server that is told to end while it has work to do.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rmSync } from 'node:fs';
import { heavyPng, png } from './pictures.mjs';
import { formBody, listFiles, newFolder, startServer, until } from './server.mjs';
import { connect, exchange, lines } from './wire.mjs';

const boundary = 'a-boundary-of-the-tests';
const picture = png(24, 16);
const uploadHead = (...more) => lines('POST /photos HTTP/1.1', 'Host: a', 'Authorization: ann',
    `Content-Type: multipart/form-data; boundary=${boundary}`, ...more);
const uploadBody = (content) => formBody(boundary, [{ field: 'photo', filename: 'a.png', content }]);
const gauge = async (server, name) => Number((await server.metrics()).match(new RegExp(`^${name} (\\d+)$`, 'm'))[1]);

/* Sends one byte after the other, as slowly as that, until the server has had enough. */
function drip(wire, bytes, pause_ms) {
    let at = 0;
    const timer = setInterval(() => {
        if (wire.isEnded || at >= bytes.length) clearInterval(timer);
        else wire.socket.write(bytes.subarray(at, ++at));
    }, pause_ms);
    return wire.closed().finally(() => clearInterval(timer));
}

/* Asks again and again, each time on a new connection, until the work is done; every answer must be there and good. Resolves to how
 * many there were. */
async function servedMeanwhile(server, work) {
    let isDone = false, served = 0;
    const asking = (async () => {
        while (!isDone) {
            const answers = await exchange(server, lines('GET /healthcheck HTTP/1.1', 'Host: a', 'Connection: close'));
            assert.deepEqual(answers.map(({ code }) => code), [200]);
            served++;
        }
    })();
    try { await Promise.race([work(), asking]); } finally { isDone = true; }
    await asking;
    assert.ok(served > 0);
    return served;
}

describe('slow clients', () => {
    let server;
    before(async () => { server = await startServer({ flags: ['--header-timeout', '700ms', '--idle-timeout', '700ms',
        '--darkrooms', '1'] }); });
    after(() => server.stop());

    const headers = [
        ['never say a word', Buffer.alloc(0)],
        ['drip the request line', Buffer.from(`GET /${'x'.repeat(4000)} HTTP/1.1\r\n`)],
        ['drip a header that has no end', Buffer.from(`GET /healthcheck HTTP/1.1\r\nHost: a\r\nX-Slow: ${'x'.repeat(4000)}`)],
        ['stop within the header', Buffer.from('GET /healthcheck HTTP/1.1\r\nHost: a\r\n')],
    ];
    for (const [says, bytes] of headers)
        it(`that ${says} are sent away, and others are served meanwhile`, async () => {
            const served = await servedMeanwhile(server, async () => {
                const wires = await Promise.all(Array.from({ length: 100 }, () => connect(server)));
                await Promise.all(wires.map((wire) => (says.startsWith('drip')
                    ? drip(wire, bytes, 40) : wire.send(bytes).then(() => wire.closed()))));
                for (const wire of wires) wire.leave();
            });
            assert.ok(served >= 10, `only ${served} were served: they waited for the slow ones`); // even a busy machine has time for 80
        });

    it('that keep a connection and say no more are sent away after their answer', async () => {
        const wire = await connect(server);
        await wire.send(lines('GET /healthcheck HTTP/1.1', 'Host: a'));
        assert.equal((await wire.answer()).code, 200);
        await wire.closed();
        assert.equal(wire.bytes.length, 0);
    });

    it('that stop in the middle of an upload, and those that do not read their answers, are sent away; nothing stays of it', async () => {
        const id = await server.publish('ann', png(1440, 1440,
            { value: (x, y, channel) => (x * y * (channel + 1) * 2654435761) >>> 13 & 255 }));
        const path = `/buckets/photos/${id}-comp.webp`;
        const size = (await server.get(path)).body.length;
        const files = listFiles(server.data);
        const content = uploadBody(heavyPng(1 << 20));
        await servedMeanwhile(server, async () => {
            const halves = await Promise.all(Array.from({ length: 20 }, () => connect(server)));
            await Promise.all(halves.map((wire) => wire.send(Buffer.concat([uploadHead(`Content-Length: ${content.length}`),
                content.subarray(0, 100_000)])))); // at 4 KB a second they are late after 24 s
            await until('the halves are being written', () => listFiles(server.data).length === files.length + 20);
            const stuck = await Promise.all(Array.from({ length: 20 }, () => connect(server)));
            for (const wire of stuck) {
                wire.socket.pause();
                // As many answers as never fit into the sockets' buffers on both sides.
                wire.socket.write(Buffer.concat(Array(Math.ceil((16 << 20) / size)).fill(lines(`GET ${path} HTTP/1.1`,
                    'Host: a'))));
            }
            await Promise.all(halves.map((wire) => wire.closed()));
            await until('only the connection that asks is left',
                async () => await gauge(server, 'cloudphotos_http_connections') <= 2);
            for (const wire of [...halves, ...stuck]) wire.leave();
        });
        await until('nothing of the halves stays', () => listFiles(server.data).length === files.length);
        assert.ok(await gauge(server, 'cloudphotos_http_connections_reaped_total') >= 40);
    });
});

describe('greedy clients', () => {
    it('with 2,000 idle connections take nothing from others, who are served on new connections and on kept ones', async () => {
        const server = await startServer({ flags: ['--connections', '500'] });
        const kept = await connect(server);
        const idle = [];
        await servedMeanwhile(server, async () => {
            for (let i = 0; i < 2000; i++) {
                idle.push(await connect(server));
                if (i % 50) continue;
                await kept.send(lines('GET /healthcheck HTTP/1.1', 'Host: a'));
                assert.equal((await kept.answer()).code, 200);
            }
        });
        assert.ok(await gauge(server, 'cloudphotos_http_connections_reaped_total') >= 1500);
        await until('those that were sent away are closed', async () => await gauge(server, 'cloudphotos_http_connections') <= 500);
        for (const wire of [...idle, kept]) wire.leave();
        await server.stop();
    });

    it('with uploads on all connections but a few leave those to others', async () => {
        const server = await startServer({ flags: ['--connections', '64'] });
        const content = uploadBody(heavyPng(300_000));
        const wires = await Promise.all(Array.from({ length: 50 }, () => connect(server)));
        await servedMeanwhile(server, async () => {
            await Promise.all(wires.map((wire) => wire.send(Buffer.concat([uploadHead(`Content-Length: ${content.length}`),
                content.subarray(0, 100_000)]))));
            await until('all are under way', () => listFiles(server.data).filter((file) =>
                file.includes('incoming')).length === 50);
            for (let i = 0; i < 100; i++) assert.equal((await exchange(server,
                lines('GET /healthcheck HTTP/1.1', 'Host: a', 'Connection: close')))[0].code, 200);
            await Promise.all(wires.map(async (wire) => {
                await wire.send(content.subarray(100_000));
                assert.equal((await wire.answer()).code, 200);
                wire.leave();
            }));
        });
        await server.stop();
    });

    it('with more to do than the pool has threads wait for each other, and get their answers', async () => {
        const server = await startServer({ flags: ['--pool-threads', '1'] });
        const codes = await Promise.all(Array.from({ length: 60 },
            async (_, i) => (await server.upload(`user_${i}`, picture)).code));
        assert.deepEqual(codes, Array(60).fill(200));
        await server.stop();
    });
});

describe('ambiguous requests', () => {
    let server, id, hidden;
    before(async () => {
        server = await startServer();
        id = await server.publish('ann', picture);
        hidden = `DELETE /photos/${id} HTTP/1.1\r\nHost: a\r\nAuthorization: ann\r\n\r\n`;
    });
    after(() => server.stop());

    /* Each carries a request inside, in what one reader takes for the body and another for the next request. 0: libmicrohttpd 1.0
     * closes the connection without an answer. */
    const form = (...head) => Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
    const requests = [
        ['two lengths', () => form('POST /photos HTTP/1.1', 'Host: a', 'Content-Length: 0', `Content-Length: ${hidden.length}`)],
        ['two lengths that are the same', () => form('POST /photos HTTP/1.1', 'Host: a', 'Content-Length: 0',
            'Content-Length: 0')],
        ['a length and chunks', () => form('POST /photos HTTP/1.1', 'Host: a', `Content-Length: ${hidden.length + 5}`,
            'Transfer-Encoding: chunked', '', '0')],
        ['chunks and a length', () => form('POST /photos HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', 'Content-Length: 5',
            '', '0')],
        ['two encodings', () => form('POST /photos HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked',
            'Transfer-Encoding: identity', '', '0')],
        ['an encoding before chunks', () => form('POST /photos HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked', '',
            '0')],
        ['an encoding behind chunks', () => form('POST /photos HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked, identity', '',
            '0')],
        ['an encoding that nobody knows', () => form('POST /photos HTTP/1.1', 'Host: a', 'Transfer-Encoding: xchunked', '', '0')],
        ['chunks in HTTP/1.0', () => form('POST /photos HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked', '', '0')],
        ['a blank before the colon', () => form('POST /photos HTTP/1.1', 'Host: a', 'Content-Length : 0')],
        ['a tab before the colon', () => form('POST /photos HTTP/1.1', 'Host: a', 'Transfer-Encoding\t: chunked', '', '0')],
        ['a blank before the name', () => form('GET /healthcheck HTTP/1.1', ' Content-Length: 0', 'Host: a')],
        ['a folded header', () => form('GET /healthcheck HTTP/1.1', 'Host: a', 'X-Folded: one', ' Content-Length: 5')],
        ['bare line feeds', () => Buffer.from('GET /healthcheck HTTP/1.1\nHost: a\n\n')],
        ['one bare line feed', () => Buffer.from('GET /healthcheck HTTP/1.1\r\nHost: a\nX-More: b\r\n\r\n')],
        ['a bare line feed at the end', () => Buffer.from('GET /healthcheck HTTP/1.1\r\nHost: a\r\n\n')],
        ['a bare carriage return', () => Buffer.from('GET /healthcheck HTTP/1.1\r\nHost: a\r\nX-More: b\rContent-Length: 5\r\n\r\n')],
        ['a NUL in a header', () => form('GET /healthcheck HTTP/1.1', 'Host: a', 'X-More: b\0c')],
        ['a NUL in the path', () => form('GET /healthcheck\0 HTTP/1.1', 'Host: a'), 0],
        ['no host', () => form('GET /healthcheck HTTP/1.1', 'X-More: a')],
        ['two hosts', () => form('GET /healthcheck HTTP/1.1', 'Host: a', 'Host: b')],
        ['a host with a path', () => form('GET /healthcheck HTTP/1.1', 'Host: a/b')],
        ['two blanks in the request line', () => form('GET  /healthcheck HTTP/1.1', 'Host: a')],
        ['a tab in the request line', () => form('GET\t/healthcheck HTTP/1.1', 'Host: a'), 0],
        ['a blank in the path', () => form('GET /health check HTTP/1.1', 'Host: a')],
        ['a header without a colon', () => form('GET /healthcheck HTTP/1.1', 'Host: a', 'Nonsense')],
        ['a header without a name', () => form('GET /healthcheck HTTP/1.1', 'Host: a', ': nonsense')],
        ['a method that is no word', () => form('GE(T /healthcheck HTTP/1.1', 'Host: a')],
    ];
    for (const [says, make, fewest = 1] of requests)
        it(`are refused and the connection is closed: ${says}`, async () => {
            const answers = await exchange(server, Buffer.concat([make(), Buffer.from(hidden)]));
            assert.ok(answers.length === 1 || answers.length === fewest, `it got ${answers.map(({ code }) => code)}`);
            for (const { code, text } of answers) assert.equal(code, 400, text);
            assert.equal((await server.get(`/photos/${id}`)).code, 200, 'the hidden request was carried out');
        });

    /* What libmicrohttpd refuses by itself, before we see it; 0.9.75 sends the header of its answer twice. */
    for (const length of ['0, 5', '+0', '0x0', '0 0', '-0', '', '99999999999999999999999'])
        it(`are refused and the connection is closed: the length "${length}"`, async () => {
            const wire = await connect(server);
            await wire.send(Buffer.concat([form('POST /photos HTTP/1.1', 'Host: a', `Content-Length: ${length}`),
                Buffer.from(hidden)]));
            await wire.closed();
            wire.leave();
            assert.match(wire.bytes.toString(), /^HTTP\/1\.1 4(00|13) /);
            assert.doesNotMatch(wire.bytes.toString(), /^HTTP\/1\.1 (?!4(00|13))/m);
            assert.equal((await server.get(`/photos/${id}`)).code, 200, 'the hidden request was carried out');
        });

    const oldOnes = [
        ['a request of HTTP/0.9', 'GET /healthcheck\r\n\r\n'],
        ['a version of tomorrow', 'GET /healthcheck HTTP/3.0\r\nHost: a\r\n\r\n'],
        ['a word instead of a version', 'GET /healthcheck FTP/1.1\r\nHost: a\r\n\r\n'],
        ['a TLS hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'.padEnd(200, 'x') + '\r\n\r\n'],
        ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ];
    for (const [says, text] of oldOnes)
        it(`that this server does not speak are refused: ${says}`, async () => {
            const answers = await exchange(server, Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(hidden)]));
            assert.ok(answers.length <= 1, `it got ${answers.map(({ code }) => code)}`);
            for (const { code } of answers) assert.ok(code === 400 || code === 505, `code ${code}`);
            assert.equal((await server.get(`/photos/${id}`)).code, 200);
        });

    it('are not those that come one behind the other: all are answered, in their order', async () => {
        const wire = await connect(server);
        await wire.send(Buffer.concat([lines('GET /users?username=ann HTTP/1.1', 'Host: a'),
            uploadHead(`Content-Length: ${uploadBody(picture).length}`), uploadBody(picture),
            lines('HEAD /healthcheck HTTP/1.1', 'Host: a'), lines('GET /nowhere HTTP/1.1', 'Host: a', 'Connection: close')]));
        assert.equal((await wire.answer()).text, '[{"username":"ann","posts_count":1}]');
        assert.equal((await wire.answer()).code, 200);
        assert.equal((await wire.answer('HEAD')).code, 200);
        assert.equal((await wire.answer()).code, 404);
        assert.equal(await wire.answer(), null);
    });

    it('of a body that nobody asked for leave no request behind', async () => {
        const answers = await exchange(server, Buffer.concat([form('GET /healthcheck HTTP/1.1', 'Host: a',
            `Content-Length: ${hidden.length}`), Buffer.from(hidden),
            lines('GET /nowhere HTTP/1.1', 'Host: a', 'Connection: close')]));
        assert.deepEqual(answers.map(({ code }) => code), [200, 404]);
        assert.equal((await server.get(`/photos/${id}`)).code, 200);
    });

    it('of a header larger than the server keeps are refused', async () => {
        for (const bytes of [form('GET /healthcheck HTTP/1.1', 'Host: a', `X-Long: ${'x'.repeat(100_000)}`),
            form(`GET /${'x'.repeat(100_000)} HTTP/1.1`, 'Host: a'),
            form('GET /healthcheck HTTP/1.1', 'Host: a', ...Array.from({ length: 20_000 }, (_, i) => `X-${i}: y`))]) {
            const answers = await exchange(server, bytes);
            assert.equal(answers.length, 1);
            assert.ok([414, 431].includes(answers[0].code), `code ${answers[0].code}`);
        }
        assert.equal((await server.get('/healthcheck')).code, 200);
    });
});

describe('SIGTERM', () => {
    /* One request of an open loop: what came of it, and whether it was with the kernel before the signal. */
    async function request(server, name, bytes, signal, kept) {
        const result = { name };
        try {
            const wire = kept ?? await connect(server);
            await wire.send(bytes);
            result.wasSentBefore = !signal.isSent && !wire.error;
            const answer = await wire.answer().catch((error) => ({ cut: error.message }));
            Object.assign(result, answer ? { code: answer.code, cut: answer.cut, id: answer.headers?.['x-request-id'],
                text: answer.text } : {});
            if (!kept) wire.leave();
        } catch (error) { result.refused = error.code; }
        return result;
    }

    it('under load cuts no request that was accepted; photos that were answered are published by the next server', async () => {
        const data = newFolder();
        const server = await startServer({ data });
        const id = await server.publish('ann', picture);
        const signal = { isSent: false };
        const content = uploadBody(picture);
        const head = (line, name) => lines(line, 'Host: a', `X-Request-Id: ${name}`);
        const kinds = [
            (name) => head('GET /users?username=ann HTTP/1.1', name),
            (name) => head(`GET /buckets/photos/${id}-comp.webp HTTP/1.1`, name),
            (name) => head('GET /users/ann HTTP/1.1', name), (name) => head('GET /metrics HTTP/1.1', name),
            (name) => Buffer.concat([uploadHead(`Content-Length: ${content.length}`, `X-Request-Id: ${name}`), content]),
        ];
        // Uploads that are half done when the signal comes: they are accepted, so they must be finished.
        const large = uploadBody(heavyPng(500_000));
        const slow = await Promise.all(Array.from({ length: 10 }, async (_, i) => {
            const wire = await connect(server);
            await wire.send(Buffer.concat([uploadHead(`Content-Length: ${large.length}`, `X-Request-Id: slow-${i}`),
                large.subarray(0, 300_000)]));
            return wire;
        }));
        await until('the slow uploads are under way',
            () => listFiles(data).filter((file) => file.includes('incoming')).length === 10);

        const requests = 400, span_ms = 2000;
        const results = [];
        await new Promise((done) => {
            for (let i = 0; i < requests; i++)
                setTimeout(async () => {
                    results.push(await request(server, `load-${i}`, kinds[i % kinds.length](`load-${i}`), signal));
                    if (results.length === requests) done();
                }, i * span_ms / requests);
            setTimeout(() => { signal.isSent = true; server.signal('SIGTERM'); }, span_ms / 2);
        });
        for (const wire of slow) await wire.send(large.subarray(300_000));
        const slowAnswers = await Promise.all(slow.map((wire) => wire.answer()));
        assert.deepEqual(slowAnswers.map((answer) => answer?.code), Array(10).fill(200), 'uploads that were half done');
        server.agent.destroy();
        await server.checkEnd();

        const cut = results.filter((result) => result.cut);
        assert.deepEqual(cut, [], 'answers that ended in their middle');
        const unanswered = results.filter((result) => result.wasSentBefore && !result.code);
        assert.deepEqual(unanswered, [], 'requests that were sent before the signal and got no answer');
        const byName = new Map(results.map((result) => [result.name, result]));
        const served = server.lines.filter((line) => line.event === 'request' && line.request_id.startsWith('load-'));
        for (const line of served) assert.equal(byName.get(line.request_id).code, line.code,
            `the log says ${JSON.stringify(line)}, the client got ${JSON.stringify(byName.get(line.request_id))}`);
        assert.equal(served.length, results.filter((result) => result.code).length);
        assert.ok(served.length >= requests / 3 && served.length < requests,
            `${served.length} of ${requests} were served: the signal came in the middle`);
        const drained = server.lines.find((line) => line.event === 'drained');
        assert.equal(drained.requests_cut, 0);

        const uploads = [...results.filter(({ code, name }) => code === 200
            && Number(name.slice(5)) % kinds.length === 4).map(({ text }) => text), ...slowAnswers.map(({ text }) => text)]
            .map((text) => JSON.parse(text).photo_id);
        assert.ok(uploads.length > 20);
        const next = await startServer({ data });
        for (const photo of uploads) assert.equal((await next.ended_photo(photo)).data.status, 'SUCCESS');
        await next.stop();
        rmSync(data, { recursive: true });
    });

    it('ends idle connections and event streams, and takes no new connection', async () => {
        const server = await startServer({ flags: ['--darkrooms', '1', '--darkroom-timeout', '10m', '--drain-timeout', '20s'] });
        for (const pid of server.descendants()) process.kill(pid, 'SIGSTOP');
        const { json } = await server.upload('ann', picture);
        const events = await server.watch(json.photo_id);
        assert.equal((await events.next()).name, 'stage');
        const idle = await Promise.all(Array.from({ length: 20 }, () => connect(server)));
        const kept = await connect(server);
        await kept.send(lines('GET /healthcheck HTTP/1.1', 'Host: a'));
        await kept.answer();
        server.signal('SIGTERM');
        await server.logged('draining', (line) => line.event === 'draining');
        await events.rest();
        await Promise.all([...idle, kept].map((wire) => wire.closed()));
        await assert.rejects(connect(server), { code: 'ECONNREFUSED' });
        for (const pid of server.descendants()) process.kill(pid, 'SIGCONT');
        await server.stop();
        assert.equal(server.lines.find((line) => line.event === 'drained').requests_cut, 0);
    });

    it('waits for a stuck client no longer than --drain-timeout', async () => {
        // Then it ends at once, and joins no thread: ThreadSanitizer would call that a leak.
        const environment = { TSAN_OPTIONS: `${process.env.TSAN_OPTIONS ?? ''}:report_thread_leaks=0` };
        const server = await startServer({ flags: ['--drain-timeout', '1s'], environment });
        const wire = await connect(server);
        await wire.send(Buffer.concat([uploadHead('Content-Length: 500000'),
            uploadBody(heavyPng(500_000)).subarray(0, 100_000)]));
        await until('it is under way', () => listFiles(server.data).some((file) => file.includes('incoming')));
        const start = Date.now(); // the client itself is sent away after 24 s
        await server.stop();
        assert.ok(Date.now() - start < 20_000);
        assert.equal(server.lines.find((line) => line.event === 'drained').requests_cut, 1);
        wire.leave();
    });

    for (const name of ['SIGINT', 'SIGTERM'])
        it(`or SIGINT begins a drain, which a second one does not cut short: ${name}`, async () => {
            const server = await startServer();
            const content = uploadBody(heavyPng(500_000));
            const wire = await connect(server);
            await wire.send(Buffer.concat([uploadHead(`Content-Length: ${content.length}`), content.subarray(0, 100_000)]));
            await until('it is under way', () => listFiles(server.data).some((file) => file.includes('incoming')));
            server.signal(name);
            await server.logged('draining', (line) => line.event === 'draining');
            for (const again of ['SIGTERM', 'SIGINT', 'SIGTERM']) server.signal(again);
            await wire.send(content.subarray(100_000));
            assert.equal((await wire.answer())?.code, 200);
            wire.leave();
            await server.stop();
        });
});
