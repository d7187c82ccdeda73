// kill -9 of the server or of its darkroom at random moments while clients upload, FAULT_ROUNDS times. Whatever dies, every
// upload that was answered is published or refused, none twice, none half, and nothing is left over.
//
// FAULT_SEED repeats the choices of an earlier run, but not the machine's own timing. FAULT_LANES servers work side by side:
// most of a round is waiting for the leases of the dead one to run out.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, answerOf, uploadBody, uploadHeaders } from './client.mjs';
import { Ledger } from './ledger.mjs';
import { makeSamples } from './photos.mjs';
import { processesOfSession, signal } from './processes.mjs';
import { Server } from './server.mjs';
import { overload, pick, randomFrom, sleep } from './wait.mjs';

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 50);
const LANES = Math.min(ROUNDS, Number(process.env.FAULT_LANES ?? 2));
const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const RECOVERY_MS = 5000; // the promise: from serving again to the end of all that was answered
const WORK_MS = 2000; // what is left of it for work, when the leases of the dead server have run out
const MOMENT_MS = 400; // the fault strikes within this time after the first request
const AUTHORS = ['ann', 'bob', 'cid'];
const FLOOD = 12; // answered uploads a round, after which clients look on: so many photos are done within the promise

const samples = makeSamples();

// ---- What clients do until the fault: each returns when it may not go on ----

/* A client whose requests may fail once the fault has struck, and not before. */
function guard(round, work) {
    return async () => {
        const client = new Client(round.server);
        try {
            while (!round.isOver) await work(round, client);
        } catch (error) {
            if (!round.hasStruck || error.name === 'AssertionError') throw error;
        } finally {
            client.close();
        }
    };
}

async function uploadWithKey(round, client) {
    const { random, ledger } = round;
    if (round.answered >= FLOOD) return sleep(5);
    const upload = { author: `${pick(random, AUTHORS)}_${round.lane}`, key: `${round.number}-${round.keys++}`, sample: pick(random, samples) };
    ledger.authors.add(upload.author);
    await send(round, client, upload);
}

async function uploadWithoutKey(round, client) {
    if (round.answered >= FLOOD) return sleep(5);
    const author = `stranger_${round.lane}`;
    round.ledger.expectStranger(author);
    await send(round, client, { author, key: null, sample: pick(round.random, samples) });
}

async function send(round, client, upload) {
    let answer;
    try {
        answer = await client.upload(upload.author, upload.key, upload.sample.bytes, round.random());
    } catch (error) {
        round.ledger.recordSilence(upload);
        throw error;
    }
    round.ledger.recordAnswer(upload, answer);
    round.answered++;
    round.onAnswer?.();
}

/* Sends half of a body and then nothing, so that there is always a file under way. After SIGTERM it sends the rest. */
async function stall(round) {
    const client = new Client(round.server);
    const body = uploadBody(samples[0].bytes), half = body.length >> 1;
    const upload = { author: `stranger_${round.lane}`, key: null, sample: samples[0] };
    round.ledger.expectStranger(upload.author);
    const request = client.open('POST', '/photos', { ...uploadHeaders(upload.author), 'Content-Length': body.length });
    const answered = answerOf(request).then((answer) => round.ledger.recordAnswer(upload, answer), () => {}); // it may be cut
    request.write(body.subarray(0, half));
    while (!round.isOver && !round.isDraining) await sleep(5);
    if (round.isDraining) {
        request.end(body.subarray(half));
        await answered;
    }
    client.close();
}

/* Deletes photos that were published in earlier rounds. */
async function remove(round, client) {
    const { ledger } = round;
    const id = ledger.published().find((one) => !ledger.photos.get(one).deleting && ledger.photos.get(one).upload);
    if (!id) return sleep(5);
    const photo = ledger.photos.get(id);
    const entry = { id, answered: false };
    photo.deleting = true;
    ledger.deletes.push(entry);
    const { status } = await client.request('DELETE', `/photos/${id}`, { Authorization: photo.author });
    assert.equal(status, 204, `the answer to deleting ${id}`);
    entry.answered = true;
    return sleep(40);
}

// ---- The faults: each strikes, and leaves a server that serves ----

const strikeAt = async (round) => {
    await sleep(round.random() * MOMENT_MS);
    round.hasStruck = true;
};

async function killServer(round) {
    await strikeAt(round);
    await round.server.kill();
    await round.server.start();
}

/* Between the answer and the next step. */
async function killServerAtAnswer(round) {
    const nth = 1 + Math.floor(round.random() * 8);
    await Promise.race([sleep(2 * MOMENT_MS), new Promise((done) => {
        round.onAnswer = () => {
            if (round.answered !== nth) return;
            round.hasStruck = true;
            signal(round.server.pid, 'SIGKILL');
            done();
        };
    })]);
    round.hasStruck = true;
    await round.server.kill();
    await round.server.start();
}

/* Once more while it comes up or has just begun to mend. */
async function killServerTwice(round) {
    await strikeAt(round);
    await round.server.kill();
    round.isOver = true;
    round.server.launch();
    await sleep(round.random() * MOMENT_MS);
    await round.server.kill();
    await round.server.start();
}

async function killDarkroom(round) {
    const times = 1 + Math.floor(round.random() * 3);
    for (let i = 0; i < times; i++) {
        await sleep(round.random() * MOMENT_MS);
        const { first, workers } = round.server.darkroom();
        const victims = round.random() < 0.25 ? first : workers;
        if (victims.length > 0) signal(pick(round.random, victims), 'SIGKILL');
    }
    await sleep(round.random() * 100);
}

async function terminate(round) {
    await strikeAt(round);
    round.isDraining = true;
    await round.server.stop();
    await round.server.start();
}

const FAULTS = [
    { name: 'kill -9 of the server', strike: killServer },
    { name: 'kill -9 of a darkroom process', strike: killDarkroom },
    { name: 'kill -9 of the server right after an answer', strike: killServerAtAnswer },
    { name: 'SIGTERM', strike: terminate },
    { name: 'kill -9 of the server, and again while it comes up', strike: killServerTwice },
];

// ---- A round ----

async function play(lane, number) {
    const { server, ledger } = lane;
    const round = { server, ledger, lane: lane.number, number, random: randomFrom(SEED + number), keys: 0, answered: 0 };
    const fault = FAULTS[number % FAULTS.length];
    const clients = [uploadWithKey, uploadWithKey, uploadWithKey, uploadWithoutKey, remove].map((work) => guard(round, work));
    const working = Promise.all([...clients.map((work) => work()), stall(round)]);
    const failing = new Promise((_, fail) => { working.catch(fail); });
    try {
        await Promise.race([fault.strike(round), failing]);
    } finally {
        round.isOver = true;
    }
    await working;
    await check(lane, fault, round.answered);
}

async function check(lane, fault, answered) {
    const { server, ledger, record } = lane;
    const took = await ledger.followToTheEnd(4 * RECOVERY_MS);
    const allowed = RECOVERY_MS + WORK_MS * overload();
    record.push({ fault, answered, took });
    assert.ok(took < allowed, `the last of ${answered} answered uploads ended after ${took.toFixed()} ms, not ${allowed.toFixed()}`);
    await ledger.sendAgain();
    await ledger.followToTheEnd();
    await ledger.settleDeletes();
    await ledger.awaitRest();
    await ledger.checkLists();
    await ledger.checkImages();
    await ledger.checkFolder();
    const isOurKill = (line) => line.event === 'trouble' && /killed from outside|processes ended while/.test(line.message);
    assert.deepEqual(server.takeComplaints(isOurKill), [], 'what the server complained of');
}

async function checkAtTheEnd({ server, ledger }) {
    const running = await server.admin('executions', '--status', 'RUNNING');
    assert.equal(running.code, 0, running.stderr);
    assert.equal(running.stdout.trim().split('\n').length, 1, `executions that still run:\n${running.stdout}`);
    await ledger.checkImages([...ledger.photos.keys()]);
    await server.stop();
    await server.start(); // which removes the strays
    await ledger.checkFolder();
    await server.stop();
    assert.deepEqual(processesOfSession(server.pid), []);
}

async function runLane(number, folder, record) {
    const server = new Server(join(folder, `lane-${number}`));
    const lane = { number, server, ledger: new Ledger(server), record };
    let round = number;
    try {
        await server.start();
        for (; round < ROUNDS && !record.hasFailed; round += LANES) await play(lane, round);
        await checkAtTheEnd(lane);
    } catch (error) {
        record.hasFailed = true;
        await server.kill().catch(() => {});
        const where = `lane ${number}, round ${round} (${FAULTS[round % FAULTS.length].name}), FAULT_SEED=${SEED}`;
        error.message = `${where}; data and log stay in ${folder}:\n${error.message}`;
        throw error;
    }
}

function report(t, record) {
    for (const fault of FAULTS) {
        const rounds = record.filter((one) => one.fault === fault);
        if (rounds.length === 0) continue;
        const answered = rounds.reduce((sum, one) => sum + one.answered, 0);
        const times = rounds.map((one) => one.took).sort((a, b) => a - b);
        t.diagnostic(`${fault.name}: ${rounds.length} rounds, ${answered} answered uploads, recovery `
            + `${times[times.length >> 1].toFixed()} ms in the middle, ${times.at(-1).toFixed()} ms at worst`);
    }
}

test(`uploads survive ${ROUNDS} rounds of kill -9 and SIGTERM`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-fault-'));
    const record = [];
    t.diagnostic(`FAULT_SEED=${SEED}`);
    try {
        const lanes = await Promise.allSettled(Array.from({ length: LANES }, (_, number) => runLane(number, folder, record)));
        for (const { reason } of lanes) if (reason) throw reason;
    } finally {
        report(t, record);
    }
    rmSync(folder, { recursive: true });
});
