// Servers and workers on one PostgreSQL and one S3, as on four machines, while these fail: see engines.mjs. `make test` plays a round of the faults that
// say most, `make fault` one of all for every 50 of FAULT_ROUNDS, because engines need long to start. FAULT_SEED repeats the choices of an
// earlier run.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPostgresPair } from '../http/postgres.mjs';
import { startS3 } from '../http/s3.mjs';
import { describeRound, family, signalAll, startTrial } from './engines.mjs';
import { startFaultyWay } from './faulty_way.mjs';
import { programOf, signal } from './processes.mjs';
import { overload, pick, randomFrom, sleep } from './wait.mjs';

const ROUNDS = Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 50), IS_LONG = ROUNDS > 1;
const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const PROMOTION_MS = 3000; // the aim: from the promotion to the first upload that is taken
const MOMENT_MS = 500, KILLS = IS_LONG ? 8 : 3;
const STOPPED_MS = 7000; // longer than a server waits for an answer

const s3 = await startS3();
let s3Pid = s3.pid, restarted; // another after each restart
after(() => restarted?.kill('SIGKILL'));
after(() => s3.stop?.());
const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-engines-'));
after(() => rmSync(folder, { recursive: true }));

describe(`two servers and two workers, FAULT_SEED=${SEED}`, { skip: s3.skip }, () => {
    for (let round = 0; round < ROUNDS; round++)
        describe(`round ${round}`, () => playRound(round));
});

function playRound(round) {
    const random = randomFrom(SEED + round);
    let postgres, way, trial;

    before(async () => {
        postgres = await startPostgresPair();
        if (postgres.skip) return;
        way = await startFaultyWay(s3.endpoint);
        trial = await startTrial({ folder, prefix: `round-${round}`, postgres, s3, way, random });
    });
    after(async () => {
        await trial?.stop();
        way?.close();
        await postgres?.stop?.();
    });

    function fault(name, strike, check = () => {}) {
        it(name, async (t) => {
            if (postgres.skip) return t.skip(postgres.skip);
            const seen = await trial.under(strike);
            t.diagnostic(describeRound(name, seen));
            return check(seen);
        });
    }
    const longFault = IS_LONG ? fault : () => {};

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
    /* Nobody waits until it goes on. */
    const isNoticed = ({ uploads, reads }) => assert.ok(uploads.refused > 0 && reads.refused > 0, 'uploads and reads were refused');

    const broken = [{ name: 'answer', code: 500 }, { name: 'answer', code: 503 }, { name: 'cutSent', after: 2000 }, { name: 'cutReceived', after: 1000 },
        { name: 'cutReceived', after: 100 }, { name: 'refuse' }];
    fault('S3 fails half of the requests: 500, 503 SlowDown, bodies cut both ways, refused', behaving({ oneOf: broken, share: 0.5, random, lasts_ms: 2500 }));
    longFault('S3 answers 503 SlowDown to all', behaving({ name: 'answer', code: 503, lasts_ms: 7000 }));
    longFault('S3 is slow', behaving({ name: 'slow', bytes: 2000, pause_ms: 50, lasts_ms: 10_000 }));
    longFault('S3 takes connections and says nothing', behaving({ name: 'hang', lasts_ms: 12_000 }), isNoticed);
    longFault('S3 is away', behaving({ name: 'refuse', lasts_ms: 8000 }), isNoticed);
    longFault('kill -9 of S3, which is started again', async () => {
        const gateway = programOf(s3Pid);
        signal(s3Pid, 'SIGKILL');
        await sleep(random() * MOMENT_MS);
        restarted = gateway.spawned();
        s3Pid = restarted.pid;
    });
    longFault('S3 is stopped (SIGSTOP), and goes on', stopping(() => [s3Pid]), isNoticed);
    longFault('PostgreSQL is stopped (SIGSTOP), and goes on', stopping(() => family(postgres.primary)), isNoticed);
    fault('both are stopped (SIGSTOP), and go on', stopping(() => [s3Pid, ...family(postgres.primary)]), isNoticed);

    fault('kill -9 of processes that take requests and that work, one or two at a time', async ({ mark }) => {
        for (let i = 0; i < KILLS; i++) {
            const victims = new Set([pick(random, trial.all), pick(random, trial.all)]);
            await sleep(random() * MOMENT_MS);
            await trial.kill([...victims], random() * MOMENT_MS);
            mark(); // and more uploads are on their way when the next is killed
        }
    });
    fault('kill -9 of the primary, and the synchronous standby is promoted', async ({ mark }) => {
        signalAll(family(postgres.primary), 'SIGKILL');
        await sleep(random() * MOMENT_MS);
        mark();
        postgres.standby.query('postgres', 'SELECT pg_promote()');
    }, ({ first_ms }) => assert.ok(first_ms < PROMOTION_MS * (1 + overload()), `the first upload was taken ${first_ms.toFixed()} ms after the promotion`));
}
