// Servers and workers on PostgreSQL that Patroni and etcd watch: the machine of the primary dies, and nobody promotes by hand. In `make fault` alone,
// because each round waits until the primary has been silent for the ttl of 8 s.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { startPostgresPair } from '../http/postgres.mjs';
import { startS3 } from '../http/s3.mjs';
import { describeRound, family, signalAll, startTrial } from './engines.mjs';
import { overload, randomFrom, waitFor } from './wait.mjs';

const FAULT_ROUNDS = Number(process.env.FAULT_ROUNDS ?? 50), IS_LONG = FAULT_ROUNDS > 50;
const ROUNDS = Math.ceil(FAULT_ROUNDS / 200);
const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const PROMOTION_MS = 3000; // the aim: from the promotion to the first upload that is taken
const PATRONI_MS = 20_000; // ttl, and what a busy machine adds

const s3 = IS_LONG ? await startS3() : { skip: 'a promotion by Patroni is part of make fault' };
after(() => s3.stop?.());

describe(`two servers and two workers, FAULT_SEED=${SEED}`, { skip: s3.skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-patroni-'));
    after(() => rmSync(folder, { recursive: true }));

    for (let round = 0; round < ROUNDS; round++)
        it(`lose nothing when the primary dies and Patroni promotes the standby (${round})`, async (t) => {
            const postgres = await startPostgresPair(['patroni-cluster']);
            if (postgres.skip) return t.skip(postgres.skip);
            let trial;
            t.after(async () => {
                await trial?.stop();
                await postgres.stop();
            });
            trial = await startTrial({ folder, prefix: `round-${round}`, postgres, s3, way: s3.way, random: randomFrom(SEED + round) });
            let took_ms;
            const seen = await trial.under(async ({ mark }) => {
                const begin = performance.now();
                signalAll(family(postgres.primary), 'SIGKILL');
                await waitFor('the promotion', () => postgres.standby.query('postgres', 'SELECT pg_is_in_recovery()') === 'f', PATRONI_MS * (1 + overload()));
                took_ms = performance.now() - begin;
                mark();
            });
            t.diagnostic(describeRound(`Patroni has promoted after ${(took_ms / 1000).toFixed(1)} s`, seen));
            assert.ok(seen.first_ms < PROMOTION_MS * (1 + overload()), `the first upload was taken ${seen.first_ms.toFixed()} ms after the promotion`);
        });
});
