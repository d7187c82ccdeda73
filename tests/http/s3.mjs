// A real S3 server on the loopback for tests: tests/s3-server, with buckets that botocore makes.
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { startScript } from './server_script.mjs';

/* What botocore, which Amazon's own tools are made of, makes of an operation: callBotocore(s3, 'create_bucket', { Bucket: 'a' }). */
export function callBotocore({ endpoint, environment }, operation, input) {
    const script = 'import botocore.session, json, sys\n'
        + 'client = botocore.session.Session().create_client("s3", endpoint_url=sys.argv[1], region_name="us-east-1")\n'
        + 'answer = getattr(client, sys.argv[2])(**json.loads(sys.argv[3]))\n'
        + 'print(json.dumps(answer, default=str))';
    const output = execFileSync('/usr/bin/python3', ['-c', script, endpoint, operation, JSON.stringify(input)],
        { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
    return JSON.parse(output);
}

/* A way to the server that can be cut: { endpoint, refused, asked, cut(), heal(), close() }; refused counts connections while it was;
 * asked has the requests that went along it: "GET /bucket/key". */
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
        one.on('data', (data) => way.asked.push(...data.toString('latin1').match(/^(?:GET|HEAD|PUT|POST|DELETE) [^ ?]+/) ?? []));
        one.pipe(other).pipe(one);
    });
    await new Promise((done) => { listener.listen(0, '127.0.0.1', done); });
    const cut = () => { isCut = true; for (const socket of sockets) socket.destroy(); };
    return Object.assign(way, { endpoint: `http://127.0.0.1:${listener.address().port}`, cut, heal: () => { isCut = false; },
                                close: () => { cut(); listener.close(); } });
}

/* { endpoint, environment, other, way, address(prefix), makeBuckets(prefix), keys(bucket), stop() }, or { skip: why not }. Addresses lead over the
 * way; `other` is the environment of a second user. */
export async function startS3() {
    const script = await startScript('s3-server');
    if (script.skip) return script;
    const [endpoint, accessKey, secretKey, otherKey, otherSecret] = script.words;
    const environment = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_EC2_METADATA_DISABLED: 'true',
                          no_proxy: '127.0.0.1' };
    const way = await startWay(endpoint);
    return {
        endpoint, environment, way,
        other: { ...environment, AWS_ACCESS_KEY_ID: otherKey, AWS_SECRET_ACCESS_KEY: otherSecret },
        address: (prefix) => `s3://${prefix}?endpoint=${encodeURIComponent(way.endpoint)}&path-style=yes`,
        makeBuckets(prefix) {
            for (const name of ['originals', 'photos', 'thumbnails', 'site'])
                callBotocore(this, 'create_bucket', { Bucket: `${prefix}-${name}` });
        },
        keys(bucket) {
            return (callBotocore(this, 'list_objects_v2', { Bucket: bucket }).Contents ?? []).map((one) => one.Key).sort();
        },
        async stop() {
            way.close();
            await script.stop();
        },
    };
}
