// A server and a worker on a host whose line to PostgreSQL and S3 is cut, beside two whose isn't: see engines.mjs. In `make fault` alone.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPostgresPair } from '../http/postgres.mjs';
import { startS3 } from '../http/s3.mjs';
import { describeRound, startTrial } from './engines.mjs';
import { makeFarHost } from './far_host.mjs';
import { startFaultyWay } from './faulty_way.mjs';
import { randomFrom, sleep } from './wait.mjs';

const FAULT_ROUNDS = Number(process.env.FAULT_ROUNDS ?? 50), ROUNDS = Math.ceil(FAULT_ROUNDS / 100);
const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const CUT_MS = [1000, 4000, 12_000]; // less than a lease, more, and longer than anybody waits
const OUTAGE_MS = 6000; // the others wait for the locks of those who are cut off, and no longer

const host = FAULT_ROUNDS > 50 ? makeFarHost() : { skip: 'a network that is cut is part of make fault' };
after(() => host.remove?.());
const engines = host.skip ? [] : await Promise.all([startPostgresPair(), startS3()]);
after(() => Promise.all(engines.map((engine) => engine.stop?.())));
const [postgres, s3] = engines;

describe(`a host that is cut off, FAULT_SEED=${SEED}`, { skip: host.skip ?? postgres.skip ?? s3.skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-network-'));
    let trial, ways;
    before(async () => {
        ways = await Promise.all([`http://${postgres.primary.host}`, `http://${postgres.standby.host}`, s3.endpoint].map((endpoint) => startFaultyWay(endpoint, host.ours)));
        const [primary, standby] = ways.map((way) => new URL(way.endpoint).host);
        const far = { wrapper: host.wrapper, listen: `${host.its}:0`, options: ['--open-login'], way: ways[2],
                      store: (database) => `postgresql://test@${primary},${standby}/${database}` };
        trial = await startTrial({ folder, prefix: 'network', postgres, s3, way: s3.way, random: randomFrom(SEED), far });
    });
    after(async () => {
        await trial?.stop();
        for (const way of ways ?? []) way.close();
        rmSync(folder, { recursive: true });
    });

    for (let round = 0; round < ROUNDS; round++)
        for (const cut_ms of CUT_MS)
            it(`loses nothing when the line is cut for ${cut_ms} ms (${round})`, async (t) => {
                const seen = await trial.under(async () => {
                    host.cut();
                    await sleep(cut_ms);
                    host.heal();
                });
                t.diagnostic(describeRound(`cut for ${cut_ms} ms`, seen));
                assert.ok(seen.uploads.longest_ms < OUTAGE_MS, `nobody could upload for ${seen.uploads.longest_ms.toFixed()} ms`);
            });
});
