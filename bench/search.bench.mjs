// GET /users?username=PREFIX: what a request costs against nginx answering `return 200`, how many there are a second on one
// core, and how searching bears a large library.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeLibrary, samplePrefixes } from './libraries.mjs';
import { cpuSeconds, get, median, startNginx, startServer, stop, wrk } from './server.mjs';

const ROUNDS = 33; // short and many: the machine changes its pace within seconds, and a pair must have met the same one
const SECONDS = 1;
const CONNECTIONS = 32;
const SERVER_CORE = '0'; // the load comes from the other one
const LOAD_CORE = '1';
const PREFIXES = 5000;
// A name is typed letter by letter, and every letter from the third on asks. Who writes a log is said, for a line of it costs a sixth of
// a request; nginx's lines have the fields of ours.
const WHOLE = { lengths: [5, 6, 7, 8, 9], query: '' };
const PAGES = { lengths: [3, 4, 5, 6, 7, 8, 9], query: '&limit=20' };
const LOADS = [
    { ...WHOLE, label: 'whole answers, prefixes of 5 to 9 letters of a name, both with a log', logs: { ours: true, theirs: true } },
    { ...WHOLE, label: 'the same, neither with a log', logs: {} },
    { ...WHOLE, label: 'the same, ours alone with a log', logs: { ours: true } },
    { ...PAGES, label: 'pages of 20, prefixes of 3 to 9 letters of a name, both with a log', logs: { ours: true, theirs: true } },
];

async function measureRound(context, name, server, paths, connections = CONNECTIONS) {
    const folder = join(context.folder, name);
    mkdirSync(folder, { recursive: true });
    const before = cpuSeconds(server.pid);
    const result = await wrk(folder, server.url, paths, { seconds: SECONDS, connections, cores: LOAD_CORE });
    return { cpu_us: (cpuSeconds(server.pid) - before) / result.requests * 1e6, rate: result.requests / result.seconds, p99_us: result.p99_us };
}

/* The same load on both in turns; medians of each, and of the ratios of the rounds. */
async function compare(context, ours, theirs, paths) {
    const rounds = { ours: [], theirs: [] };
    for (let round = 0; round < ROUNDS; round++) {
        rounds.ours.push(await measureRound(context, 'ours', ours, paths));
        rounds.theirs.push(await measureRound(context, 'theirs', theirs, paths));
    }
    const middle = (who, field) => median(rounds[who].map((round) => round[field]));
    const ratio = (field) => median(rounds.ours.map((round, i) => round[field] / rounds.theirs[i][field]));
    return { middle, ratio };
}

/* What nginx has to answer: the body of middle length among those that the prefixes get. */
async function typicalBody(url, paths) {
    const bodies = [];
    for (const path of paths.slice(0, 1000)) bodies.push(await get(url + path));
    const mean = bodies.reduce((sum, body) => sum + body.length, 0) / bodies.length;
    const nearest = bodies.reduce((best, body) => (Math.abs(body.length - mean) < Math.abs(best.length - mean) ? body : best));
    return { body: nearest, mean, middle: median(bodies.map((body) => body.length)) };
}

async function againstNginx(context, library, { lengths, query, label, logs }) {
    const prefixes = samplePrefixes(library, PREFIXES, lengths);
    const paths = prefixes.map((prefix) => `/users?username=${prefix}${query}`);
    const options = ['--moderator', 'none', '--event-threads', '1', '--log-level', logs.ours ? 'info' : 'warning'];
    const server = await startServer(context.program, library.folder, options,
        { cores: SERVER_CORE, log: join(context.folder, 'log') });
    try {
        const { body, mean, middle } = await typicalBody(server.url, paths);
        const nginx = await startNginx(join(context.folder, 'nginx'), body,
            { cores: SERVER_CORE, log: logs.theirs && join(context.folder, 'nginx.log') });
        try {
            const result = await compare(context, server, nginx, paths);
            const note = `${CONNECTIONS} connections from wrk on the other core, medians of ${ROUNDS} alternating rounds of ${SECONDS} s. `
                + `Answers have ${Math.round(mean)} bytes in the mean (median ${middle}); nginx returns one of ${body.length} bytes. CPU µs per request: `
                + `${result.middle('ours', 'cpu_us').toFixed(2)} against ${result.middle('theirs', 'cpu_us').toFixed(2)}; requests per second: `
                + `${Math.round(result.middle('ours', 'rate'))} against ${Math.round(result.middle('theirs', 'rate'))}`;
            return [
                { what: `CPU time of a search against nginx \`return 200\`, ${label}`, value: result.ratio('cpu_us'), most: 1.5, note },
                { what: `searches per second on one core against nginx, ${label}`, value: result.ratio('rate'), least: 0.8 },
            ];
        } finally {
            await stop(nginx.child);
        }
    } finally {
        await stop(server.child);
    }
}

/* One connection, so that the time is the server's and not that of a queue. */
async function againstSmall(context, large, small) {
    const servers = [];
    try {
        for (const library of [large, small])
            servers.push(await startServer(context.program, library.folder, ['--moderator', 'none', '--event-threads', '1'], { cores: SERVER_CORE }));
        const rounds = { large: [], small: [] };
        for (let round = 0; round < ROUNDS; round++)
            for (const [i, name] of ['large', 'small'].entries()) {
                const library = [large, small][i];
                const paths = samplePrefixes(library, PREFIXES, [3, 4, 5]).map((prefix) => `/users?username=${prefix}&limit=20`);
                rounds[name].push((await measureRound(context, name, servers[i], paths, 1)).p99_us);
            }
        return {
            what: 'p99 of a search, 10 million photos against 10 thousand', value: median(rounds.large) / median(rounds.small), most: 2,
            note: `one connection, prefixes of 3 to 5 characters, 20 names per page: ${median(rounds.large)} µs against ${median(rounds.small)} µs, `
                + `medians of ${ROUNDS} alternating rounds of ${SECONDS} s`,
        };
    } finally {
        for (const server of servers) await stop(server.child);
    }
}

export async function measure(context) {
    const million = makeLibrary(context, 1e6, 1e7);
    const small = makeLibrary(context, 1000, 1e4);
    const rows = [];
    for (const load of LOADS) rows.push(...await againstNginx(context, million, load));
    return [...rows, await againstSmall(context, million, small)];
}
