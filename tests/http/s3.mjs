// A real S3 server on the loopback for tests: tests/s3-server, with buckets that botocore makes.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 's3-server');

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

/* { endpoint, environment, address(prefix), stop() }, or { skip: why not }. */
export async function startS3() {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => ['failed'])]);
    const [word, endpoint, accessKey, secretKey] = line.split(' ');
    if (word === 'skip') return { skip: line.slice('skip '.length) };
    if (word !== 'ready') throw new Error(`s3-server: ${line}`);
    const environment = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_EC2_METADATA_DISABLED: 'true',
                          no_proxy: '127.0.0.1' };
    return {
        endpoint, environment,
        address: (prefix) => `s3://${prefix}?endpoint=${encodeURIComponent(endpoint)}&path-style=yes`,
        makeBuckets(prefix) {
            for (const name of ['originals', 'photos', 'thumbnails', 'site'])
                callBotocore(this, 'create_bucket', { Bucket: `${prefix}-${name}` });
        },
        keys(bucket) {
            return (callBotocore(this, 'list_objects_v2', { Bucket: bucket }).Contents ?? []).map((one) => one.Key).sort();
        },
        async stop() {
            child.stdin.end();
            await ended;
        },
    };
}
