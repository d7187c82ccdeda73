// A real S3 server on the loopback for tests: tests/s3-server, with buckets that botocore makes.
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { startScript } from './server_script.mjs';

/* What botocore, which Amazon's own tools are made of, makes of operations: [['create_bucket', { Bucket: 'a' }], …]. */
function callAll({ endpoint, environment }, calls) {
    const script = 'import botocore.session, json, sys\n'
        + 'client = botocore.session.Session().create_client("s3", endpoint_url=sys.argv[1], region_name="us-east-1")\n'
        + 'answers = [getattr(client, name)(**input) for name, input in json.loads(sys.argv[2])]\n'
        + 'print(json.dumps(answers, default=str))';
    const output = execFileSync('/usr/bin/python3', ['-c', script, endpoint, JSON.stringify(calls)],
        { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
    return JSON.parse(output);
}
export const callBotocore = (s3, operation, input) => callAll(s3, [[operation, input]])[0];

const BUCKETS = ['originals', 'photos', 'thumbnails', 'site'];
const keysOf = (listing) => (listing.Contents ?? []).map((one) => one.Key).sort();

/* A way to the server that can be cut: { endpoint, refused, asked, cut(), heal(), close() }; refused counts connections while it was;
 * asked has the requests that went along it: "GET /bucket/key"; onRequest, if it is set, is called for each, before it goes on. */
async function startWay(endpoint) {
    const { hostname: host, port } = new URL(endpoint);
    const sockets = new Set();
    let isCut = false;
    const way = { refused: 0, asked: [] };
    const listener = net.createServer((one) => {
        if (isCut) { way.refused++; one.destroy(); return; }
        const other = net.connect({ host, port });
        for (const socket of [one, other]) {
            sockets.add(socket);
            socket.on('error', () => {});
            socket.on('close', () => { sockets.delete(socket); one.destroy(); other.destroy(); });
        }
        one.on('data', (data) => {
            const asked = data.toString('latin1').match(/^(?:GET|HEAD|PUT|POST|DELETE) [^ ?]+/) ?? [];
            way.asked.push(...asked);
            if (asked.length) way.onRequest?.();
        });
        one.pipe(other).pipe(one);
    });
    await new Promise((done) => { listener.listen(0, '127.0.0.1', done); });
    const cut = () => { isCut = true; for (const socket of sockets) socket.destroy(); };
    return Object.assign(way, { endpoint: `http://127.0.0.1:${listener.address().port}`, cut, heal: () => { isCut = false; },
                                close: () => { cut(); listener.close(); } });
}

/* { endpoint, environment, other, way, pid, address(prefix), makeBuckets(prefix), keys(bucket), allKeys(prefix), stop() }, or { skip: why not }.
 * Addresses lead over the way; `other` is the environment of a second user. */
export async function startS3() {
    const script = await startScript('s3-server');
    if (script.skip) return script;
    const [endpoint, accessKey, secretKey, otherKey, otherSecret, pid] = script.words;
    const environment = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_EC2_METADATA_DISABLED: 'true',
                          no_proxy: '127.0.0.1' };
    const way = await startWay(endpoint);
    return {
        ...s3At({ endpoint, environment, way }), pid: Number(pid),
        other: { ...environment, AWS_ACCESS_KEY_ID: otherKey, AWS_SECRET_ACCESS_KEY: otherSecret },
        async stop() {
            way.close();
            await script.stop();
        },
    };
}

/* One that is there already. */
export function s3At({ endpoint, environment, way }) {
    return {
        endpoint, environment, way,
        address: (prefix, by = way) => `s3://${prefix}?endpoint=${encodeURIComponent(by.endpoint)}&path-style=yes`,
        makeBuckets(prefix) {
            callAll(this, BUCKETS.map((name) => ['create_bucket', { Bucket: `${prefix}-${name}` }]));
        },
        keys(bucket) {
            return keysOf(callBotocore(this, 'list_objects_v2', { Bucket: bucket }));
        },
        /* Of each bucket: { originals: […], … } */
        allKeys(prefix) {
            const answers = callAll(this, BUCKETS.map((name) => ['list_objects_v2', { Bucket: `${prefix}-${name}` }]));
            return Object.fromEntries(BUCKETS.map((name, i) => [name, keysOf(answers[i])]));
        },
    };
}
