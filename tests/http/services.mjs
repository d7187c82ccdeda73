// What a test's server is. Usually one process with a data folder. Where CLOUDPHOTOS_TEST_SERVICE names a row below, it is three
// processes, two that take requests in turn and one that works, on those back ends: so what a test file promises of one server is
// asked of them. tests/run.mjs starts the engines, and tells where they are.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { postgresAt } from './postgres.mjs';
import { callBotocore, s3At } from './s3.mjs';

/* On one data folder there is one clock. Elsewhere those of the processes differ by five minutes each. */
const SKEWS_S = [300, 0, -300];
export const SERVICES = {
    'folder': {},
    'postgres-files': { hasPostgres: true },
    'postgres-s3': { hasPostgres: true, hasS3: true },
};

const name = process.env.CLOUDPHOTOS_TEST_SERVICE;
const service = SERVICES[name];
if (name && !service) throw new Error(`CLOUDPHOTOS_TEST_SERVICE: ${name} is none of ${Object.keys(SERVICES).join(', ')}`);

const postgres = service?.hasPostgres && postgresAt(process.env.CLOUDPHOTOS_TEST_POSTGRES);
const s3 = service?.hasS3 && s3At(JSON.parse(process.env.CLOUDPHOTOS_TEST_S3));

export const isShared = Boolean(service);

/* libfaketime, where Debian puts it. */
function findFakeTime() {
    for (const triplet of readdirSync('/usr/lib')) {
        const file = join('/usr/lib', triplet, 'faketime/libfaketimeMT.so.1');
        if (existsSync(file)) return file;
    }
    throw new Error('libfaketime is missing: tools/install-packages test');
}

/* The environment of a process whose clock is so many seconds fast. */
export function clockAhead(seconds) {
    return { LD_PRELOAD: findFakeTime(), FAKETIME: `${seconds < 0 ? '' : '+'}${seconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_DISABLE_SHM: '1' };
}

const made = new Map(); // data folder: flags and environment of its back ends
function makeBackEnds() {
    const id = `t${randomBytes(6).toString('hex')}`;
    const flags = postgres ? ['--store', postgres.makeDatabase(id)] : [];
    if (!s3) return { id, flags, environment: {} };
    s3.makeBuckets(id);
    return { id, flags: [...flags, '--buckets', s3.address(id, s3)], environment: s3.environment };
}

/* What process number N on that data folder is started with, beside what its test gives it: { flags, environment }. The back ends of a
 * folder stay with it, as the folder does. */
export function startedWith(folder, number) {
    if (!service) return { flags: [], environment: {} };
    if (!made.has(folder)) made.set(folder, makeBackEnds());
    const { flags, environment } = made.get(folder);
    return { flags, environment: { ...environment, ...(service.hasPostgres && clockAhead(SKEWS_S[number])) } };
}

/* For tests that look past the server. Rows, each an array, where its database is PostgreSQL; else null. */
export function queryPostgres(folder, statement, values) {
    const { id } = made.get(folder) ?? {};
    if (!postgres || !id) return null;
    const rest = [...values];
    const text = statement.replaceAll('?', () => `'${rest.shift()}'`).replaceAll('hex(id)', "upper(encode(id, 'hex'))");
    const lines = postgres.query(id, text).split('\n').filter(Boolean);
    return lines.map((line) => line.split('|').map((cell) => (/^\d+$/.test(cell) ? Number(cell) : cell)));
}

export const haveFiles = !s3;
/* Names like those of files, of objects that aren't any. Of an object that grows: what grows. */
export function listObjects(folder) {
    const { id } = made.get(folder) ?? {};
    if (!s3 || !id) return [];
    const { originals, ...others } = s3.allKeys(id);
    const growing = (callBotocore(s3, 'list_multipart_uploads', { Bucket: `${id}-originals` }).Uploads ?? []).map(({ Key }) => `.parts/${Key}`);
    return Object.entries({ originals: [...originals, ...growing], ...others }).flatMap(([bucket, keys]) => keys.map((key) => `buckets/${bucket}/${key}`));
}
