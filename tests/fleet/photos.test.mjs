// Real servers on one data folder: uploads go on while servers die, hang and leave. Each that was answered is published or refused
// exactly once, and nobody who looks at pictures notices anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../fault/client.mjs';
import { Ledger } from '../fault/ledger.mjs';
import { makeSamples } from '../fault/photos.mjs';
import { pick, randomFrom, sleep } from '../fault/wait.mjs';
import { Fleet, signal } from './fleet.mjs';

const RECOVERY_MS = 60_000, EVERY_MS = 5000, RETRY_MS = 100, PACE_MS = 100;
const rounds = Math.max(3, Math.round(Number(process.env.FAULT_ROUNDS ?? 50) / 8) - 3);
const seed = Number(process.env.SEED ?? Date.now() % 1e6);

const troubles = [
    ['killed', ({ pid }) => signal(pid, 'SIGKILL')],
    ['stopped', ({ pid }) => signal(pid, 'SIGSTOP')],
    ['drained', async (one, fleet) => assert.equal((await fleet.command('drain', one.name)).code, 0)],
];

/* A client as the app is one: it sends again, under the same key, what was not answered. */
async function upload(ledger, client, author, key, sample) {
    ledger.authors.add(author);
    for (let tries = 0; ; tries++) {
        assert.ok(tries < 200, `${key} was never answered`);
        const answer = await client.upload(author, key, sample.bytes).catch(() => null);
        if (answer && answer.status < 500) return ledger.recordAnswer({ author, key, sample }, answer);
        await sleep(RETRY_MS);
    }
}

async function look(fleet, state) {
    const client = new Client(fleet), [known] = state.ids;
    while (!state.isOver) {
        for (const path of ['/users?username=still', '/users/still', `/photos/${known}`, `/buckets/photos/${known}-comp.webp`]) {
            const { status } = await client.get(path);
            assert.equal(status, 200, path);
            state.looks++;
        }
        await sleep(PACE_MS / 4);
    }
    client.close();
}

test(`${rounds} servers die, hang or leave under uploads (SEED=${seed})`, async (t) => {
    const random = randomFrom(seed), samples = makeSamples();
    const fleet = await Fleet.start('--moderator', 'none', '--minimum', '2', '--maximum', '3', '--warm', '1', '--slow-start', '1s', '--check-timeout', '1s',
        '--target-concurrency', '64', '--request-timeout', '5s', '--darkrooms', '1', '--instance-drain-timeout', '10s');
    await fleet.settled();
    const ledger = new Ledger(fleet), state = { isOver: false, ids: [], looks: 0 };
    const first = new Client(fleet);
    await upload(ledger, first, 'still', 'still', samples.find(({ end }) => end === 'SUCCESS'));
    first.close();
    await ledger.followToTheEnd(RECOVERY_MS);
    state.ids = ledger.published('still');
    let uploads = 0;
    const sending = ['ann', 'bert'].map(async (author) => {
        for (const client = new Client(fleet); !state.isOver; uploads++) {
            await upload(ledger, client, author, `${author}-${uploads}`, pick(random, samples));
            await sleep(PACE_MS);
        }
    });
    const looking = look(fleet, state);
    const all = Promise.all([...sending, looking]);
    all.catch(() => { state.isOver = true; });
    for (let round = 0; round < rounds && !state.isOver; round++) {
        await sleep(EVERY_MS);
        const [one] = await fleet.instances('in service');
        await troubles[round % troubles.length][1](one, fleet);
    }
    await fleet.settled();
    state.isOver = true;
    await all;
    await ledger.followToTheEnd(RECOVERY_MS);
    await ledger.awaitRest();
    await ledger.checkLists();
    await ledger.checkImages();
    t.diagnostic(`${uploads} uploads, ${state.looks} looks, ${rounds} servers replaced`);
    await fleet.stop();
});
