// docs/openapi.yaml and the server, held together both ways: routes, methods, and every example request with its answer.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { gif, png } from './pictures.mjs';
import { readMetrics } from './prometheus.mjs';
import { faults, resolve } from './schema.mjs';
import { formBody, startServer, tinySite } from './server.mjs';
import { readYaml } from './yaml.mjs';

const document = readYaml(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'));
const methods = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head'];
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).filter(([method]) => methods.includes(method)).map(([method, operation]) =>
        ({ path, method, operation })));
/* Only when something of the server's own fails, when it is crowded, or somebody else writes at the same moment: examples can't bring that about. */
const ownFaults = ['500', '503', '507', '423', '429'];
/* Only with settings that the server of the examples doesn't have: s3.test.mjs has them. */
const ownSettings = { 'get /buckets/{bucket}/{key}': ['307'], 'post /uploads/presigned': ['201'] };

describe('the document', () => {
    it('is one of OpenAPI 3.1, and every reference in it leads somewhere', () => {
        assert.match(document.openapi, /^3\.1\.\d+$/);
        const walk = (node) => {
            if (node?.$ref) resolve(document, node);
            if (node && typeof node === 'object') Object.values(node).forEach(walk);
        };
        walk(document);
    });

    it('names every operation differently, and describes every answer', () => {
        const isShared = (one) => operations.filter(({ operation }) => operation === one).length > 1;
        const ids = operations.filter(({ operation }) => !isShared(operation)).map(({ operation }) => operation.operationId);
        assert.ok(ids.every((id) => id) && new Set(ids).size === ids.length, ids.join(' '));
        for (const { path, method, operation } of operations) {
            assert.match(operation.summary, /\w+ \w+/, `${method} ${path}`);
            for (const [code, answer] of Object.entries(operation.responses)) assert.ok(resolve(document, answer).description,
                `${method} ${path} ${code}`);
        }
    });

    it('declares every part of its paths', () => {
        for (const [path, item] of Object.entries(document.paths)) {
            const declared = (item.parameters ?? []).map((one) => resolve(document, one)).filter((one) => one.in === 'path'
                && one.required).map(({ name }) => name);
            assert.deepEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name), declared, path);
        }
    });

    it('has an example for each code of each operation', () => {
        for (const { path, method, operation } of operations) {
            const codes = new Set(operation['x-examples'].map(({ code }) => String(code)));
            const missing = Object.keys(operation.responses).filter((code) => !codes.has(code) && ![...ownFaults, ...ownSettings[`${method} ${path}`] ?? []].includes(code));
            assert.deepEqual(missing, [], `${method} ${path}`);
        }
    });

    it('has no part that nobody refers to', () => {
        const text = JSON.stringify(document);
        for (const kind of ['parameters', 'responses', 'schemas'])
            for (const name of Object.keys(document.components[kind])) assert.ok(text.includes(`"#/components/${kind}/${name}"`),
                `${kind}/${name}`);
    });
});

describe('the server', () => {
    let server;
    const ids = { file: 'sw.js' };
    before(async () => {
        server = await startServer({ flags: ['--max-pixels', '1000000'], executable: tinySite });
        ids.published = await server.publish('ann', png(600, 400));
        await server.publish('ann', gif(20, 20, 3));
        await server.publish('anna', png(20, 20));
        ids.content = createHash('sha256').update(png(600, 400)).digest('hex');
        for (const [name, length] of [['upload', 9], ['spareUpload', 9], ['broken', 40]]) {
            const { headers } = await server.ask('POST', '/uploads', { headers: { 'Tus-Resumable': '1.0.0', Authorization: 'ann', 'Upload-Length': length } });
            ids[name] = headers.location.slice('/uploads/'.length);
        }
        ids.origin = server.url;
        ids.large = await server.publish('ann', png(1050, 700));
        ids.spare = await server.publish('ann', png(20, 20));
        const broken = Buffer.from(png(400, 300));
        broken.fill(0x55, 60, broken.length - 30);
        ids.refused = (await server.upload('ann', broken)).json.photo_id;
        assert.equal((await server.ended_photo(ids.refused)).data.status, 'ERROR');
    });
    after(() => server.stop());

    const fill = (path) => path.replace('{id}', ids.published).replace('{name}', 'ann').replace('{hex}', ids.content).replace('{bucket}',
        'photos').replace('{key}', 'unknown')
        .replace(/\{(\w+)\}/g, (_, name) => ids[name] ?? assert.fail(`no ${name} for ${path}`));

    it('has the routes of the document and no others', async () => {
        const families = readMetrics(await server.metrics());
        const routes = new Set(families.get('cloudphotos_http_request_duration_seconds').samples.map(({ labels }) =>
            labels.route));
        routes.delete(''); // requests that matched none
        assert.deepEqual([...routes].map((route) => route.replace('*}', '}')).sort(), Object.keys(document.paths).sort());
    });

    it('has the methods of the document and no others', async () => {
        for (const [path, item] of Object.entries(document.paths)) {
            const documented = Object.keys(item).filter((name) => methods.includes(name)).map((name) => name.toUpperCase());
            if (documented.includes('GET')) documented.push('HEAD');
            const answer = await server.ask('PUT', fill(path));
            if (path.startsWith('/buckets/')) { // all are there, to be forbidden as S3 does
                assert.equal(answer.code, 403, path);
                continue;
            }
            assert.equal(answer.code, 405, path);
            assert.deepEqual(answer.headers.allow.split(', ').sort(), documented.sort(), path);
        }
    });

    it('asks who it is where the document says so, before it looks at anything else', async () => {
        for (const { path, method, operation } of operations) {
            assert.equal('401' in operation.responses, 'security' in operation, `${method} ${path}`);
            if (!operation.security) continue;
            const headers = { 'Tus-Resumable': '1.0.0', 'Content-Type': 'text/plain' };
            const answer = await server.ask(method.toUpperCase(), path.replace('{id}', 'unknown'), { headers });
            assert.equal(answer.code, 401, `${method} ${path}`);
        }
    });

    const photos = {
        good: () => png(20, 20), empty: () => Buffer.alloc(0),
            text: () => Buffer.from('a text, and not a photo at all'.padEnd(99)),
        huge: () => png(8, 8, { claims: { width: 30000, height: 30000 } }), half: () => png(100, 100).subarray(0, 300),
    };
    const send = (example, method, path) => {
        const headers = { ...(example.login ? { Authorization: example.login } : {}),
            ...(example.key ? { 'Idempotency-Key': example.key } : {}), ...example.send };
        if (example.form) {
            headers['Content-Type'] = 'multipart/form-data; boundary=XX';
            return server.ask(method, path, { headers, body: formBody('XX', Object.entries(example.form).map(([field, content]) => ({ field, filename: null, content }))) });
        }
        return example.photo ? server.upload(undefined, photos[example.photo](), { headers }) : server.ask(method, path,
            { headers, body: example.body ?? (example.fill && ' '.repeat(example.fill)) });
    };

    function check(operation, example, answer) {
        assert.equal(answer.code, example.code, answer.text);
        const documented = resolve(document, operation.responses[answer.code]);
        assert.ok(documented, `the code ${answer.code} is not in the document`);
        for (const name of example.headers ?? []) assert.ok(answer.headers[name], `the header ${name}`);
        for (const [name, header] of Object.entries(documented.headers ?? {}))
            if (answer.headers[name.toLowerCase()] !== undefined)
                assert.deepEqual(faults(document, header.schema, answer.headers[name.toLowerCase()], name), []);
        if (example.request.startsWith('HEAD')) return;
        const type = answer.headers['content-type'];
        if (!documented.content) {
            assert.deepEqual([type, answer.body.length], [undefined, 0]);
            return;
        }
        assert.ok(documented.content[type], `the type ${type} is not in the document`);
        const value = type.endsWith('json') ? answer.json : answer.text;
        assert.deepEqual(faults(document, documented.content[type].schema, value), []);
    }

    for (const { path, method, operation } of operations)
        for (const example of operation['x-examples'])
            it(`answers ${method.toUpperCase()} ${path} as documented: ${example.says}`, async () => {
                const [verb, target = path] = example.request.split(' ');
                assert.equal(verb, method.toUpperCase());
                const pattern = new RegExp(`^${path.replace(/\{key\}/, '.+').replace(/\{\w+\}/g, '[^/]+')}(\\?|$)`);
                if (method !== 'options') assert.match(target, pattern, 'the example belongs to this path');
                const answer = await send(example, verb, fill(target));
                check(operation, example, answer);
                if (verb !== 'GET' || path === '/metrics' || path === '/events') return;
                const head = await server.ask('HEAD', fill(target), { headers: example.send });
                assert.equal(head.code, answer.code, 'HEAD');
            });
});

describe('the reader of YAML', () => {
    it('reads what it says it reads', () => {
        const text = ["# a comment", "a: 1", "b: 'it''s: #1'", "c: [x, 'y, z', {d: null, e: -2.5}]", "f: {g: [], h: {},",
            "    i: true}", "'200':", "  - one", "  - j: k",
            "    l: m", "n: &anchor", "  o: p", "q: *anchor", "r: >", "  folded", "  text", "/s/{t}:", "  u: v w"].join('\n');
        assert.deepEqual(readYaml(text), { a: 1, b: "it's: #1", c: ['x', 'y, z', { d: null, e: -2.5 }],
            f: { g: [], h: {}, i: true }, 200: ['one', { j: 'k', l: 'm' }],
            n: { o: 'p' }, q: { o: 'p' }, r: 'folded text\n', '/s/{t}': { u: 'v w' } });
    });

    for (const text of ['a: 1\na: 2', 'a: {b: 1, b: 2}', 'a: [1', 'a: "x"', 'a: x: y', 'a: *nothing', 'a:\nb: 1', 'a: 1\n  b: 2',
        'a: |\n  x', 'word', 'a: [1] 2'])
        it(`refuses what it does not: ${JSON.stringify(text)}`, () => { assert.throws(() => readYaml(text)); });
});
