// Faults of the engines below: servers of several machines on one PostgreSQL and one S3, clients who upload, readers, a fault, and the
// account after it. A server may say that it can't (503 with Retry-After) while an engine is away. It may not be wrong, hang, or forget:
// every upload that was answered is published or refused, once, and nothing is left over.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { clockAhead } from '../http/services.mjs';
import { runProgram } from '../http/server.mjs';
import { Client } from './client.mjs';
import { Ledger } from './ledger.mjs';
import { makeSamples } from './photos.mjs';
import { sendInPieces } from './pieces.mjs';
import { children, signal } from './processes.mjs';
import { Server } from './server.mjs';
import { pick, sleep, waitFor } from './wait.mjs';

const CLIENTS = 2, READERS = 1; // of each server
const PACE_MS = 50, RETRY_PAUSE_MS = 100;
const FLOOD = 20, FLOODED_PACE_MS = 500; // after so many answered uploads, because all photos are to be done soon
const RECOVERY_MS = 30_000, PIECES_MS = 60_000;
/* Within this time each request has an answer, whatever becomes of the engines. */
export const ANSWER_MS = 10_000;

/* How long nobody had what he asked for: from the first refusal, or from the begin of a request that took long, if others had nothing either. */
class Outages {
    longest_ms = 0;
    slowest_ms = 0;
    refused = 0;
    #since = null;
    #lastGood = 0;

    note(begin, isGood) {
        const now = performance.now();
        this.slowest_ms = Math.max(this.slowest_ms, now - begin);
        if (isGood) {
            this.longest_ms = Math.max(this.longest_ms, now - Math.max(this.#lastGood, Math.min(begin, this.#since ?? begin)));
            this.#lastGood = now;
        } else {
            this.refused++;
        }
        this.#since = isGood ? null : this.#since ?? begin;
    }
}

/* A 503 says when to come again. Gives whether it is one. */
function isCleanRefusal(what, answer) {
    if (answer.status !== 503) return false;
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/, `${what}: a 503 without Retry-After`);
    return true;
}

/* Photos that stay as they are, and what each request for them is to be answered with. */
async function takeStill(client, ids, author) {
    const expected = new Map();
    for (const path of [`/users?username=${author}`, `/users/${author}`,
        ...ids.flatMap((id) => [`/photos/${id}`, `/uploadStatus/${id}`, `/buckets/photos/${id}-comp.webp`, `/buckets/thumbnails/${id}-thumb.webp`])]) {
        const answer = await client.get(path);
        assert.equal(answer.status, 200, path);
        expected.set(path, answer.bytes);
    }
    expected.set('/buckets/photos/none.webp', null); // 403
    return expected;
}

/* All processes of one of startPostgresPair. */
export const family = ({ pids }) => pids.flatMap((pid) => [pid, ...children(pid)]);
export const signalAll = (pids, name) => { for (const pid of pids) signal(pid, name); };

/* Two processes that take requests and two that work, as on four machines whose clocks are minutes apart, on `postgres` and on new buckets of
 * `s3` over `way`, with a few photos: a Trial. far: a place for half of them, { wrapper, listen, options, store(database), way }. */
export async function startTrial({ folder, prefix, postgres, s3, way, random, far = {} }) {
    const samples = makeSamples().filter(({ name }) => !/large|HEIC|AVIF/.test(name)); // which are quick to make
    s3.makeBuckets(prefix);
    postgres.primary.query('postgres', 'CREATE DATABASE photos TEMPLATE template0');
    const make = (name, command, place, clock, more) => {
        const options = ['--store', (place.store ?? postgres.address)('photos'), '--buckets', s3.address(prefix, place.way ?? way), ...more, ...place.options ?? []];
        const server = new Server(join(folder, `${prefix}-${name}`),
            { command, options, wrapper: place.wrapper, env: { ...process.env, ...s3.environment, no_proxy: '*', ...clock } });
        return Object.assign(server, { listen: place.listen ?? server.listen });
    };
    const servers = [far, {}].map((place, number) => make(`server-${number}`, 'serve', place, number ? {} : clockAhead(300), ['--workers', '0']));
    const workers = [far, {}].map((place, number) => make(`worker-${number}`, 'worker', place, number ? clockAhead(-300) : {}, []));
    await Promise.all([...servers, ...workers].map((server) => server.start()));
    const engines = ['--store', postgres.address('photos'), '--buckets', s3.address(prefix, way)];
    const trial = new Trial({ servers, workers, engines, ledger: new Ledger(servers[0]), samples, random, s3, prefix });
    await trial.prepare();
    return trial;
}

export class Trial {
    /* engines: flags that name them; s3: of startS3; prefix: of its buckets. samples: what clients send. */
    constructor({ servers, workers, engines, ledger, samples, random, s3, prefix }) {
        Object.assign(this, { servers, workers, all: [...servers, ...workers], engines, ledger, samples, random, s3, prefix, keys: 0, mayFail: new Set() });
    }

    /* Publishes a few photos that readers look at. */
    async prepare(author = 'still') {
        const { ledger, servers: [server] } = this, client = new Client(server);
        const [sample] = this.samples.filter((one) => one.end === 'SUCCESS');
        ledger.authors.add(author);
        for (let i = 0; i < 3; i++) {
            const upload = { author, key: `still-${i}`, sample };
            ledger.recordAnswer(upload, await client.upload(author, upload.key, sample.bytes));
        }
        await ledger.followToTheEnd(RECOVERY_MS);
        this.still = await takeStill(client, ledger.published(author), author);
        client.close();
    }

    /* Strikes while clients upload and read. `strike` returns when the engines are whole again; it may call `mark()`, from where on
     * the time to the first accepted upload counts. Returns { answered, uploads, reads, first_ms }. */
    async under(strike) {
        const round = { isOver: false, answered: 0, uploads: new Outages(), reads: new Outages(), pieces: new Outages(), inPieces: 0, first_ms: null };
        const working = Promise.all(this.servers.flatMap((server) => [
            ...Array.from({ length: CLIENTS }, (_, i) => this.#guarded(round, server, (client) => this.#send(round, client, i))),
            ...Array.from({ length: READERS }, () => this.#guarded(round, server, (client) => this.#read(round, client)))]).concat(this.#sendPieces(round)));
        const failing = new Promise((_, fail) => { working.catch(fail); });
        const mark = () => { round.marked = performance.now(); round.answered = 0; };
        try {
            await Promise.race([failing, (async () => {
                await waitFor('uploads to be taken', () => round.answered > 4, RECOVERY_MS);
                await strike({ mark });
                if (!round.marked) mark();
                await waitFor('uploads to be taken again', () => round.answered > 4, RECOVERY_MS);
            })()]);
        } finally { round.isOver = true; }
        await working;
        this.mayFail.clear();
        for (const kind of ['uploads', 'reads', 'pieces'])
            assert.ok(round[kind].slowest_ms < ANSWER_MS, `an answer to ${kind} took ${round[kind].slowest_ms.toFixed()} ms`);
        await this.#account();
        return round;
    }

    /* The client's connection may fail only where its server is struck itself. */
    async #guarded(round, server, work) {
        let client = new Client(server);
        while (!round.isOver)
            try {
                await work(client);
            } catch (error) {
                if (error.name === 'AssertionError' || !this.mayFail.has(server)) throw error;
                client.close();
                client = new Client(server);
                await sleep(RETRY_PAUSE_MS);
            }
        client.close();
    }

    async #send(round, client, number) {
        const { ledger, random } = this;
        const upload = { author: `author_${number}`, key: `key-${this.keys++}`, sample: pick(random, this.samples) };
        ledger.authors.add(upload.author);
        const begin = performance.now();
        const answer = await client.upload(upload.author, upload.key, upload.sample.bytes, random()).catch((error) => {
            ledger.recordSilence(upload);
            round.uploads.note(begin, false);
            throw error;
        });
        const isRefused = isCleanRefusal('an upload', answer);
        if (isRefused || answer.status === 200) round.uploads.note(begin, !isRefused); // what is no photo needs no engine
        if (isRefused) {
            ledger.recordSilence(upload);
            return sleep(RETRY_PAUSE_MS);
        }
        ledger.recordAnswer(upload, answer);
        if (answer.status === 200) round.answered++;
        if (answer.status === 200 && round.marked) round.first_ms ??= performance.now() - round.marked;
        return sleep(round.answered < FLOOD ? PACE_MS : FLOODED_PACE_MS);
    }

    /* Small pieces, or of the size that S3 takes as parts. */
    async #sendPieces(round) {
        const { ledger, random } = this, author = 'in_pieces';
        ledger.authors.add(author);
        while (!round.isOver) {
            const sample = pick(random, this.samples.filter((one) => one.end === 'SUCCESS'));
            const upload = { author, key: null, sample };
            ledger.silences++; // one more session may be begun than was answered
            const id = await sendInPieces({ servers: this.servers, author, bytes: sample.bytes, pieces: 3, limit_ms: PIECES_MS,
                mayFail: () => this.mayFail.size > 0, note: (begin, isGood) => round.pieces.note(begin, isGood) });
            ledger.addPhoto(id, upload);
            round.inPieces++;
            await sleep(FLOODED_PACE_MS);
        }
    }

    async #read(round, client) {
        const [path, bytes] = pick(this.random, [...this.still]);
        await this.#ask(round, client, path, (answer) => {
            assert.equal(answer.status, bytes ? 200 : 403, path);
            if (bytes) assert.ok(answer.bytes.equals(bytes), `${path} is as it was: ${answer.bytes.length} bytes of ${bytes.length}`);
        });
        const ids = [...this.ledger.photos.keys()], id = pick(this.random, ids.slice(-FLOOD));
        const { author } = this.ledger.photos.get(id);
        await this.#ask(round, client, `/uploadStatus/${id}`, (answer) => {
            assert.equal(answer.status, 200, `the state of a photo that was answered: ${id}`);
            assert.equal(answer.json.author_username, author);
        });
        return sleep(PACE_MS);
    }

    async #ask(round, client, path, check) {
        const begin = performance.now();
        const answer = await client.get(path).catch((error) => {
            round.reads.note(begin, false);
            throw error;
        });
        const isRefused = isCleanRefusal(path, answer);
        if (!isRefused) check(answer);
        round.reads.note(begin, !isRefused);
    }

    /* kill -9 of processes, which are started again. */
    async kill(victims, pause_ms) {
        for (const victim of victims) this.mayFail.add(victim);
        await Promise.all(victims.map((victim) => victim.kill()));
        await sleep(pause_ms);
        await Promise.all(victims.map((victim) => victim.start()));
    }

    async stop() {
        for (const one of this.all) if (!one.exit) await one.stop();
    }

    async #account() {
        const { ledger } = this;
        await ledger.followToTheEnd(RECOVERY_MS);
        await ledger.sendAgain();
        await ledger.followToTheEnd(RECOVERY_MS);
        await ledger.awaitRest();
        await ledger.checkLists();
        await ledger.checkImages();
        await ledger.checkBuckets(this.s3, this.prefix);
        const { code, stdout, stderr } = await runProgram(['admin', 'verify', ...this.engines, '--grace', '0'], { environment: this.s3.environment });
        assert.equal(code, 0, `admin verify: ${stdout}${stderr}`);
        const isAboutEngines = (line) => line.code === 503 || /database|buckets? /.test(line.message ?? '');
        for (const one of this.all) assert.deepEqual(one.takeComplaints(isAboutEngines), [], 'complaints');
    }
}

/* One line of what was seen. */
export function describeRound(name, { answered, uploads, reads, pieces, inPieces, first_ms }) {
    const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
    return `${name}: longest outage of uploads ${seconds(uploads.longest_ms)} (${uploads.refused} refused), of reads ${seconds(reads.longest_ms)} `
        + `(${reads.refused} refused), slowest answer ${seconds(Math.max(uploads.slowest_ms, reads.slowest_ms, pieces.slowest_ms))}, ${inPieces} uploads in pieces `
        + `(${pieces.refused} requests refused), `
        + `first upload after it ${seconds(first_ms)}; ${answered} after it`;
}
