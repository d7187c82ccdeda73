// Three processes on one data folder, two that take requests and one that works, under upload load: each is killed, all are, and the
// index of the database is cut under them. Whoever is left goes on; every upload that was answered is published or refused, none
// twice, none half, and nothing is left over. A round of FAULT_ROUNDS is one of five, because three processes need longer to start.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client } from './client.mjs';
import { Ledger } from './ledger.mjs';
import { makeSamples } from './photos.mjs';
import { Server } from './server.mjs';
import { pick, randomFrom, sleep, waitFor } from './wait.mjs';

const ROUNDS = Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 50);
const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const MOMENT_MS = 400, RECOVERY_MS = 30000, RESTART_PAUSE_MS = 2000, CLIENTS = 6, FLOOD = 24;

describe(`three processes on one folder (FAULT_SEED=${SEED})`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-together-')), data = join(folder, 'data');
    const make = (name, command, options) => new Server(data, { command, options, log: join(folder, `${name}.log`) });
    const first = make('first', 'serve', ['--workers', '0']), second = make('second', 'serve', ['--workers', '0']);
    const worker = make('worker', 'worker', []);
    const apis = [first, second], all = [first, second, worker];
    const ledger = new Ledger(first, all.length), samples = makeSamples(), random = randomFrom(SEED);
    let keys = 0;

    before(async () => {
        await first.start(); // it makes the folder
        await Promise.all([second.start(), worker.start()]);
    });
    after(async () => {
        for (const one of all) if (!one.exit) await one.stop();
        rmSync(folder, { recursive: true });
    });

    /* Sends to both in turn until the round is over. Only the requests of those who are struck may get no answer. */
    async function send(round, number) {
        for (let i = number; !round.isOver; i++) {
            if (round.answered >= FLOOD) { await sleep(5); continue; }
            const server = apis[i % 2], client = new Client(server);
            const upload = { author: `author_${number % 3}`, key: `key-${keys++}`, sample: pick(random, samples) };
            ledger.authors.add(upload.author);
            try {
                ledger.recordAnswer(upload, await client.upload(upload.author, upload.key, upload.sample.bytes, random()));
                round.answered++;
            } catch (error) {
                if (error.name === 'AssertionError' || !round.struck.has(server)) throw error;
                ledger.recordSilence(upload);
                await sleep(100);
            } finally { client.close(); }
        }
    }

    const kill = (...victims) => async (round) => {
        for (const one of victims) round.struck.add(one);
        await Promise.all(victims.map((one) => one.kill()));
        round.answered = 0; // and then the others go on alone
        await sleep(MOMENT_MS);
        await Promise.all(victims.map((one) => one.start()));
    };
    /* Whoever touches the index next starts anew; the others may never notice. */
    async function cut(round) {
        await sleep(RESTART_PAUSE_MS * 1.5); // since the last start
        for (const one of all) round.struck.add(one);
        const starts = () => all.flatMap((one) => one.lines).filter((line) => line.event === 'serving' || line.event === 'working').length;
        const had = starts();
        round.answered = 0;
        truncateSync(join(data, 'photos.db-shm'), 0);
        await waitFor('one to start anew', () => starts() > had, RECOVERY_MS);
        await sleep(MOMENT_MS);
    }

    const faults = [
        { says: 'kill -9 of one that takes requests', strike: kill(first) },
        { says: 'kill -9 of the other', strike: kill(second) },
        { says: 'kill -9 of the worker', strike: kill(worker) },
        { says: 'kill -9 of all three', strike: kill(first, second, worker) },
        { says: 'a cut of the index of the database', strike: cut, isExpected: (line) => line.event === 'stderr' && /Restarting/.test(line.message) },
    ];
    for (let round = 0; round < ROUNDS; round++)
        for (const { says, strike, isExpected } of faults)
            it(`lose nothing and do nothing twice after ${says}`, async () => {
                const state = { isOver: false, answered: 0, struck: new Set() };
                const sending = Promise.all(Array.from({ length: CLIENTS }, (_, i) => send(state, i)));
                const failing = new Promise((_, fail) => { sending.catch(fail); });
                try {
                    await Promise.race([sleep(random() * MOMENT_MS).then(() => strike(state)), failing]);
                } finally { state.isOver = true; }
                await sending;
                await ledger.followToTheEnd(RECOVERY_MS);
                await ledger.sendAgain();
                await ledger.followToTheEnd(RECOVERY_MS);
                await ledger.awaitRest();
                await ledger.checkLists();
                await ledger.checkImages();
                await ledger.checkFolder();
                for (const one of all) assert.deepEqual(one.takeComplaints(isExpected), [], 'complaints');
            });

    it('leave a database without damage', async () => {
        for (const one of all) await one.stop();
        await first.start(); // which refuses a damaged one
        await ledger.checkLists();
    });
});
