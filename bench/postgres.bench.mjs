// PostgreSQL as the store: searches of one server process against pgbench with the same prepared statement, executions a second, and photos a
// second with S3 beside it against a data folder. The database writes durably; it, the server and the load share the machine.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startS3 } from '../tests/http/s3.mjs';
import { startScript } from '../tests/http/server_script.mjs';
import { makePhoto } from './pictures.mjs';
import { buildProgram, median, output, published, start, startServer, stop, upload, uploadBody, wrk } from './server.mjs';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 16; // of a server process to its database, and of pgbench
const USERS = 1e6;
const PREFIXES = 8; // a script of pgbench each, which each of its connections prepares for itself
const PAGE = 20;
const EXECUTIONS = 6000;
const RUNNER_THREADS = 64;
const PHOTOS = 24;
const CLIENTS = 8;

const psql = (address, ...words) => execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...words, address], { encoding: 'utf8' }).trim();

function makeDatabase(server, name) {
    psql(`${server}/postgres`, '-c', `CREATE DATABASE ${name} TEMPLATE template0`);
    return `${server}/${name}`;
}

// ---- Search ----

/* SplitMix32: the same names on every run. */
function chance() {
    let state = 1;
    return (limit) => {
        state = (state + 0x9e3779b9) | 0;
        let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
        mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
        return ((mixed ^ (mixed >>> 15)) >>> 0) % limit;
    };
}

function makeNames() {
    const below = chance();
    const pick = (list) => list[below(list.length)];
    const syllable = () => pick(['b', 'br', 'c', 'ch', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 'st', 't', 'tr', 'v', 'z', ''])
        + pick(['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'ou']) + pick(['', '', 'n', 'r', 'l', 's']);
    const names = new Set();
    while (names.size < USERS) names.add(`${syllable()}${syllable()}${pick(['', '_'])}${syllable()}${below(2) ? below(2000) : ''}`);
    return [...names];
}

function fillUsers(context, address, names) {
    const file = join(context.folder, 'users.tsv');
    writeFileSync(file, names.map((name, i) => `${name}\t${1 + (i % 50)}`).join('\n'));
    psql(address, '-c', `\\copy users (name, posts_count) FROM '${file}'`, '-c', 'VACUUM ANALYZE users');
    rmSync(file);
}

/* The statement is that of src/store/postgres/users.c, with the same values. */
function writeScripts(folder, prefixes) {
    mkdirSync(folder, { recursive: true });
    const variables = prefixes.flatMap((prefix, i) => ['-D', `p${i}=${prefix}`, '-D', `e${i}=${prefix}${'\u{10ffff}'.repeat(17)}`]);
    const files = prefixes.map((_, i) => {
        const file = join(folder, `search-${i}.sql`);
        writeFileSync(file, `SELECT name, posts_count FROM users WHERE name >= :p${i} AND name > :none AND name < :e${i} ORDER BY name LIMIT :most;\n`);
        return ['-f', file];
    });
    return [...variables, '-D', 'none=!', '-D', `most=${PAGE + 1}`, ...files.flat()];
}

async function pgbench(folder, address, words, { rate } = {}) {
    const log = join(folder, 'times');
    const limit = rate ? ['--rate', String(Math.round(rate)), '--log', '--log-prefix', log] : [];
    const text = await output(['pgbench', '-n', '-M', 'prepared', '-c', String(CONNECTIONS), '-j', '1', '-T', String(SECONDS), ...limit, ...words, address]);
    const found = Number(text.match(/tps = ([\d.]+)/)[1]);
    if (!rate) return { rate: found };
    const files = readdirSync(folder).filter((name) => name.startsWith('times.'));
    const times = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n').map((line) => Number(line.split(' ')[2])));
    for (const name of files) rmSync(join(folder, name));
    times.sort((a, b) => a - b);
    return { rate: found, p99_us: times[Math.floor(times.length * 0.99)] };
}

const UNITS_US = { us: 1, ms: 1000, s: 1e6 };

/* At a rate of its own, whatever the answers take. The p99 is the sixth time in the line of all requests. */
function load({ program, folder }, url, prefixes, rate) {
    const urls = prefixes.map((prefix) => `${url}/users?username=${prefix}&limit=${PAGE}`);
    const text = execFileSync(program, ['load', '--rate', `${Math.round(rate)}/s`, '--arrivals', 'poisson', '--duration', `${SECONDS}s`, '--threads', '1',
        '--connections', '64', '--out', join(folder, 'load.jsonl'), ...urls], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const times = [...text.match(/^all .*$/m)[0].matchAll(/([\d.]+) (us|ms|s)\b/g)].map(([, value, unit]) => Number(value) * UNITS_US[unit]);
    return { p99_us: times[5] };
}

async function measureSearch(context, engine) {
    const address = makeDatabase(engine, 'search');
    const options = ['--store', address, '--moderator', 'none', '--log-level', 'warning'];
    const server = await startServer(context.program, join(context.folder, 'search'), options);
    try {
        const names = makeNames();
        fillUsers(context, address, names);
        const below = chance();
        const prefixes = Array.from({ length: PREFIXES }, () => names[below(names.length)].slice(0, 3 + below(6)));
        const folder = join(context.folder, 'pgbench');
        const words = writeScripts(folder, prefixes);
        const paths = prefixes.map((prefix) => `/users?username=${prefix}&limit=${PAGE}`);
        const rounds = [];
        for (let round = 0; round < ROUNDS; round++) {
            const theirs = await pgbench(folder, address, words);
            const ours = await wrk(folder, server.url, paths, { seconds: SECONDS, connections: CONNECTIONS });
            const rate = ours.requests / ours.seconds;
            const theirHalf = await pgbench(folder, address, words, { rate: theirs.rate / 2 });
            const ourHalf = load(context, server.url, prefixes, rate / 2);
            rounds.push({ rate, theirs: theirs.rate, p99: ourHalf.p99_us, theirP99: theirHalf.p99_us });
        }
        const middle = (field) => Math.round(median(rounds.map((round) => round[field])));
        const note = `${USERS / 1e6} million users, pages of ${PAGE}, ${PREFIXES} prefixes of 3 to 8 letters; ${CONNECTIONS} connections each; medians of ${ROUNDS} `
            + `alternating rounds of ${SECONDS} s`;
        return [
            { what: 'searches a second of one server process on PostgreSQL, against pgbench with the same prepared statement',
              value: median(rounds.map((round) => round.rate / round.theirs)), least: 0.7, note: `${note}: ${middle('rate')} against ${middle('theirs')}` },
            { what: 'p99 of a search at half of that load, against pgbench at half of its own',
              value: median(rounds.map((round) => round.p99 / round.theirP99)), most: 3, note: `${middle('p99')} µs against ${middle('theirP99')} µs` },
        ];
    } finally {
        await stop(server.child);
    }
}

// ---- Executions ----

async function measureExecutions(context, engine) {
    const program = buildProgram(context, 'store_executions');
    const rounds = [];
    for (let round = 0; round < 3; round++) {
        const address = makeDatabase(engine, `executions_${round}`);
        rounds.push(JSON.parse(await output([program, address, String(EXECUTIONS), String(RUNNER_THREADS)])));
    }
    const rate = (field) => EXECUTIONS / median(rounds.map((round) => round[field]));
    return {
        what: 'executions of three tasks that do nothing, durable on PostgreSQL', value: rate('run_s'), unit: 'a second', least: 3000,
        note: `${EXECUTIONS} executions of 1,000 authors, made before at ${Math.round(rate('created_s'))} a second; a runner with ${RUNNER_THREADS} threads; `
            + 'each is claimed once and saved four times, with 17 rows of history; median of 3 rounds',
    };
}

// ---- Photos ----

async function photosPerSecond(server, body) {
    let left = PHOTOS;
    const ids = [];
    const began = performance.now();
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
        while (left-- > 0) ids.push(await upload(server.url, body));
    }));
    await Promise.all(ids.map((id) => published(server.url, id)));
    return PHOTOS / ((performance.now() - began) / 1000);
}

async function measurePhotos(context, engine, s3) {
    const body = uploadBody(readFileSync(makePhoto(context, 4000, 3000)));
    s3.makeBuckets('bench');
    Object.assign(process.env, s3.environment);
    const servers = {
        embedded: await startServer(context.program, join(context.folder, 'embedded'), []),
        engines: await startServer(context.program, join(context.folder, 'engines'),
            ['--store', makeDatabase(engine, 'photos'), '--buckets', s3.address('bench')]),
    };
    try {
        const rounds = [];
        for (let round = -1; round < 3; round++) {
            const embedded = await photosPerSecond(servers.embedded, body);
            const engines = await photosPerSecond(servers.engines, body);
            if (round >= 0) rounds.push({ embedded, engines, ratio: engines / embedded }); // the first one warms up
        }
        const middle = (field) => median(rounds.map((round) => round[field]));
        return {
            what: 'photos a second with PostgreSQL and S3 on the same machine, against a data folder', value: middle('ratio'), least: 0.7,
            note: `${PHOTOS} uploads of a 4000x3000 JPEG by ${CLIENTS} clients until the last is published, medians of 3 rounds in turns: `
                + `${middle('engines').toFixed(2)} against ${middle('embedded').toFixed(2)}; S3 is Ceph's radosgw`,
        };
    } finally {
        for (const server of Object.values(servers)) await stop(server.child);
    }
}

/* Two processes of one worker each, of which the second comes later, on a folder that a third serves. */
async function measureWorkers(context) {
    const body = uploadBody(readFileSync(makePhoto(context, 4000, 3000)));
    const data = join(context.folder, 'workers');
    const server = await startServer(context.program, data, ['--workers', '0']);
    const startWorker = () => start([context.program, 'worker', '--data', data, '--workers', '1', '--darkrooms', '1', '--moderator', 'none']);
    const workers = [startWorker()];
    try {
        await photosPerSecond(server, body);
        const one = await photosPerSecond(server, body);
        workers.push(startWorker());
        await photosPerSecond(server, body);
        const two = await photosPerSecond(server, body);
        return {
            what: 'photos a second of two worker processes against one', value: two / one, least: 1.8,
            note: `${PHOTOS} uploads as above, each worker with one thread and one darkroom: ${two.toFixed(2)} against ${one.toFixed(2)}`,
        };
    } finally {
        for (const child of [...workers, server.child]) await stop(child);
    }
}

export async function measure(context) {
    const engine = await startScript('postgres-server', 'durable');
    if (engine.skip) throw new Error(engine.skip);
    const rows = [];
    try {
        const [address] = engine.words;
        rows.push(...await measureSearch(context, address), await measureExecutions(context, address));
        const s3 = await startS3();
        if (s3.skip) throw new Error(s3.skip);
        try {
            rows.push(await measurePhotos(context, address, s3));
        } finally {
            await s3.stop();
        }
        rows.push(await measureWorkers(context));
    } finally {
        await engine.stop();
    }
    return rows;
}
