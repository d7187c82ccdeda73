// A PgBouncer before PostgreSQL that dies, is started anew, or stands still: see engines.mjs. In `make fault` alone.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPgbouncer } from '../http/postgres.mjs';
import { startS3 } from '../http/s3.mjs';
import { describeRound, startTrial } from './engines.mjs';
import { programOf, signal } from './processes.mjs';
import { randomFrom, sleep } from './wait.mjs';

const FAULT_ROUNDS = Number(process.env.FAULT_ROUNDS ?? 50), ROUNDS = Math.ceil(FAULT_ROUNDS / 100), IS_LONG = FAULT_ROUNDS > 50;
const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const RESTARTS = 4, MOMENT_MS = 700, STOPPED_MS = 9000;

const shortly = { skip: 'a PgBouncer that is restarted is part of make fault' };
const [pooler, s3] = IS_LONG ? await Promise.all([startPgbouncer(), startS3()]) : [shortly, shortly];
let pid = pooler.pid, restarted; // another after each restart
after(() => restarted?.kill('SIGKILL'));
after(() => Promise.all([pooler, s3].map((engine) => engine.stop?.())));

describe(`behind PgBouncer, FAULT_SEED=${SEED}`, { skip: pooler.skip ?? s3.skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-pgbouncer-')), random = randomFrom(SEED);
    let trial;
    before(async () => { trial = await startTrial({ folder, prefix: 'pooled', postgres: pooler, s3, way: s3.way, random }); });
    after(async () => {
        await trial?.stop();
        rmSync(folder, { recursive: true });
    });

    const restarting = (name) => async () => {
        for (let i = 0; i < RESTARTS; i++) {
            const program = programOf(pid);
            signal(pid, name);
            await sleep(random() * MOMENT_MS);
            restarted = program.spawned();
            pid = restarted.pid;
            await sleep(random() * MOMENT_MS);
        }
    };
    const faults = [
        ['kill -9, and a new one', restarting('SIGKILL')],
        ['an end in order, and a new one', restarting('SIGTERM')],
        ['a stop (SIGSTOP)', async () => {
            signal(pid, 'SIGSTOP');
            await sleep(STOPPED_MS);
            signal(pid, 'SIGCONT');
        }, ({ uploads, reads }) => assert.ok(uploads.refused > 0 && reads.refused > 0, 'uploads and reads were refused')],
    ];
    for (let round = 0; round < ROUNDS; round++)
        for (const [name, strike, check = () => {}] of faults)
            it(`lose nothing after ${name} (${round})`, async (t) => {
                const seen = await trial.under(strike);
                t.diagnostic(describeRound(name, seen));
                check(seen);
            });
});
