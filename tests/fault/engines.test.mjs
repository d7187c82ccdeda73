// Two servers on one PostgreSQL and one S3, as on two machines, while these fail: see engines.mjs. A round of FAULT_ROUNDS is one of
// fifty, because engines need long to start. FAULT_SEED repeats the choices of an earlier run.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPostgresPair } from '../http/postgres.mjs';
import { startS3 } from '../http/s3.mjs';
import { Trial, describeRound } from './engines.mjs';
import { startFaultyWay } from './faulty_way.mjs';
import { Ledger } from './ledger.mjs';
import { makeSamples } from './photos.mjs';
import { children, signal } from './processes.mjs';
import { Server } from './server.mjs';
import { overload, randomFrom, sleep } from './wait.mjs';

const ROUNDS = Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 50);
const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const PROMOTION_MS = 3000; // the aim: from the promotion to the first upload that is taken
const MOMENT_MS = 500;
const STOPPED_MS = 7000; // longer than a server waits for an answer

const s3 = await startS3();
after(() => s3.stop?.());
const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-engines-'));
after(() => rmSync(folder, { recursive: true }));

/* All processes of a server of PostgreSQL. */
const family = (pid) => [pid, ...children(pid)];
const signalAll = (pids, name) => { for (const pid of pids) signal(pid, name); };

describe(`two servers, FAULT_SEED=${SEED}`, { skip: s3.skip }, () => {
    for (let round = 0; round < ROUNDS; round++)
        describe(`round ${round}`, () => playRound(round));
});

function playRound(round) {
    const random = randomFrom(SEED + round), prefix = `round-${round}`;
    const samples = makeSamples().filter(({ name }) => !/large|HEIC|AVIF/.test(name)); // which are quick to make
    let postgres, way, servers, trial;

    before(async () => {
        postgres = await startPostgresPair();
        if (postgres.skip) return;
        way = await startFaultyWay(s3.endpoint);
        s3.makeBuckets(prefix);
        postgres.primary.query('postgres', 'CREATE DATABASE photos TEMPLATE template0');
        const options = ['--store', postgres.address('photos'), '--buckets', s3.address(prefix, way)];
        servers = [0, 1].map((number) => new Server(join(folder, `${prefix}-${number}`), { options, env: { ...process.env, ...s3.environment } }));
        await Promise.all(servers.map((server) => server.start()));
        trial = new Trial({ servers, ledger: new Ledger(servers[0]), samples, random, s3, prefix });
        await trial.prepare();
    });
    after(async () => {
        for (const server of servers ?? []) if (!server.exit) await server.stop();
        way?.close();
        await postgres.stop?.();
    });

    /* What servers say while an engine is away. */
    const isAboutEngines = (line) => line.code === 503 || /database|buckets? /.test(line.message ?? '');

    function fault(name, strike, check = () => {}) {
        it(name, async (t) => {
            if (postgres.skip) return t.skip(postgres.skip);
            const seen = await trial.under(strike);
            t.diagnostic(describeRound(name, seen));
            for (const server of servers) assert.deepEqual(server.takeComplaints(isAboutEngines), [], 'complaints');
            return check(seen);
        });
    }

    const behaving = (one) => async () => {
        way.struck = 0;
        way.behave(one);
        await sleep(one.lasts_ms);
        way.heal();
        assert.ok(way.struck > 0, 'the fault has struck');
    };
    /* The kernel still takes connections and bytes for it: a black hole. */
    const stopping = (find) => async () => {
        const pids = find();
        signalAll(pids, 'SIGSTOP');
        await sleep(STOPPED_MS);
        signalAll(pids, 'SIGCONT');
    };
    const broken = [{ name: 'answer', code: 500 }, { name: 'answer', code: 503 }, { name: 'cutSent', after: 2000 }, { name: 'cutReceived', after: 1000 },
        { name: 'cutReceived', after: 100 }, { name: 'refuse' }];
    fault('S3 fails half of the requests: 500, 503 SlowDown, bodies cut both ways, refused', behaving({ oneOf: broken, share: 0.5, random, lasts_ms: 2500 }));
    fault('S3 answers 503 SlowDown to all', behaving({ name: 'answer', code: 503, lasts_ms: 1500 }));

    /* Nobody waits until it goes on. */
    const isNoticed = ({ uploads, reads }) => assert.ok(uploads.refused > 0 && reads.refused > 0, 'uploads and reads were refused');
    fault('S3 is stopped (SIGSTOP), and goes on', stopping(() => [s3.pid]), isNoticed);

    fault('PostgreSQL is stopped (SIGSTOP), and goes on', stopping(() => family(postgres.primary.pid)), isNoticed);
    fault('kill -9 of the primary, and the synchronous standby is promoted', async ({ mark }) => {
        signalAll(family(postgres.primary.pid), 'SIGKILL');
        await sleep(random() * MOMENT_MS);
        mark();
        postgres.standby.query('postgres', 'SELECT pg_promote()');
    }, ({ first_ms }) => assert.ok(first_ms < PROMOTION_MS * (1 + overload()), `the first upload was taken ${first_ms.toFixed()} ms after the promotion`));
}
