// What clients were told about their uploads, and the checks that the server kept its word: every answered upload is
// published or refused, none twice, none half, and nothing is left over.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Client, endOf } from './client.mjs';
import { metric } from './server.mjs';
import { waitFor } from './wait.mjs';

const SETTLE_MS = 10000; // for what is cleaned up in the background: by the next server when one died cleaning up
const STRAY_MS = 26 * 3600 * 1000; // originals without a photo are removed when they are 25 hours old
const DATABASE = /^photos\.db(-wal|-shm)?$/;

/* An upload: { author, key, sample, id } with the id once it was answered with 200. A client without a key never learns the
 * fate of a photo that was not answered: its author is a stranger, and `sent` bounds what he may own. */
export class Ledger {
    constructor(server, processes = 1) {
        this.server = server;
        this.processes = processes; // that use the data folder
        this.photos = new Map(); // id: { author, sample, end, gone }
        this.unanswered = [];
        this.sent = new Map(); // author without keys: uploads sent
        this.fresh = []; // ids whose end is not known yet
        this.unchecked = []; // ids that ended and whose images nobody has fetched yet
        this.withMedium = new Set(); // ids of those that say so, among the checked
        this.deletes = []; // { id, answered }
        this.authors = new Set();
        this.strays = new Map(); // id of an original without a photo: the server that it was left to
        this.silences = 0;
    }

    /* What the answer to an upload has to be, and what it tells. */
    recordAnswer(upload, answer) {
        const { sample, author } = upload;
        assert.equal(answer.status, sample.answer, `the answer to an upload of ${sample.name}: ${answer.bytes}`);
        if (answer.status !== 200) {
            assert.ok(answer.json?.detail?.length > 10, `a refusal says why: ${answer.bytes}`);
            return;
        }
        const id = answer.json.photo_id;
        assert.match(id, /^[0-9a-f]{32}$/);
        assert.equal(answer.json.author_username, author);
        this.addPhoto(id, upload);
    }

    addPhoto(id, upload) {
        const known = this.photos.get(id);
        assert.ok(!known || known.upload === upload, `one photo for two uploads: ${id}`);
        if (known) return;
        this.photos.set(id, { upload, author: upload.author, sample: upload.sample, end: null });
        this.fresh.push(id);
    }

    /* An author without keys sends another upload. */
    expectStranger(author) {
        this.authors.add(author);
        this.sent.set(author, (this.sent.get(author) ?? 0) + 1);
    }

    recordSilence(upload) {
        this.unanswered.push(upload);
        this.silences++;
    }

    /* The end of every photo that was answered; resolves to the milliseconds until the last came. */
    async followToTheEnd(limit_ms) {
        const begin = performance.now();
        const ids = this.fresh.splice(0);
        await Promise.all(ids.map(async (id) => this.checkEnd(id, await endOf(this.server, id, limit_ms))));
        this.unchecked.push(...ids);
        return ids.length > 0 ? performance.now() - begin : 0;
    }

    checkEnd(id, event) {
        const photo = this.photos.get(id);
        if (event.name === 'deleted' && photo.deleting) return;
        assert.equal(event.name, 'end', `the end of photo ${id}`);
        photo.end = event.status;
        if (photo.sample)
            assert.equal(event.status, photo.sample.end, `photo ${id}, ${photo.sample.name}: ${event.error_message}`);
        if (event.status === 'ERROR') assert.ok(event.error_message?.length > 10, `photo ${id} has no reason: ${event.error_message}`);
        else assert.equal(event.error_message, null);
    }

    /* A client that got no answer sends again, with the same key. */
    async sendAgain() {
        const client = new Client(this.server);
        for (const upload of this.unanswered.splice(0)) {
            if (!upload.key) continue;
            const answer = await client.upload(upload.author, upload.key, upload.sample.bytes);
            this.recordAnswer(upload, answer);
            const again = await client.upload(upload.author, upload.key, upload.sample.bytes);
            assert.equal(again.json.photo_id, answer.json.photo_id, 'the same key gives the same photo');
        }
        client.close();
    }

    /* Deletes that got no answer have happened or not; sending them again settles that. */
    async settleDeletes() {
        const client = new Client(this.server);
        for (const { id, answered } of this.deletes.splice(0)) {
            const photo = this.photos.get(id);
            const { status } = await client.request('DELETE', `/photos/${id}`, { Authorization: photo.author });
            assert.ok(status === 404 || (status === 204 && !answered), `${status} for a second delete of ${id}, answered: ${answered}`);
            photo.end = 'deleted';
        }
        client.close();
    }

    /* No execution is under way: also those of photos that nobody was told of have ended. */
    async awaitRest() {
        const client = new Client(this.server);
        await waitFor('all executions to end', async () =>
            (await metric(client, 'cloudphotos_executions{status="RUNNING"}')) === 0, SETTLE_MS);
        client.close();
    }

    published(author) {
        return [...this.photos].filter(([, photo]) => photo.end === 'SUCCESS' && (!author || photo.author === author)).map(([id]) => id);
    }

    /* Each published photo stands once in its author's list, the count agrees, and nothing else is there. */
    async checkLists() {
        const client = new Client(this.server);
        for (const author of this.authors) {
            const { status, json } = await client.get(`/users/${author}`);
            const ids = status === 404 ? [] : json.post_ids;
            assert.equal(new Set(ids).size, ids.length, `${author} has a photo twice`);
            await this.meetStrangers(client, author, ids);
            const expected = this.published(author);
            assert.deepEqual([...ids].sort(), expected.sort(), `the photos of ${author}`);
            const found = await client.get(`/users?username=${author}`);
            assert.equal(found.json.find((user) => user.username === author)?.posts_count ?? 0, expected.length, `posts_count of ${author}`);
        }
        client.close();
    }

    /* Photos of an author without keys that were made although nobody got an answer. */
    async meetStrangers(client, author, ids) {
        if (!this.sent.has(author)) return;
        for (const id of ids.filter((one) => !this.photos.has(one))) {
            const { json } = await client.get(`/uploadStatus/${id}`);
            assert.equal(json.author_username, author);
            this.photos.set(id, { author, end: json.status });
            this.unchecked.push(id);
        }
        assert.ok(ids.length <= this.sent.get(author), `${author} has ${ids.length} photos of ${this.sent.get(author)} uploads`);
    }

    /* Fetches the images of what ended since the last time, or of every photo. */
    async checkImages(ids = this.unchecked.splice(0)) {
        const client = new Client(this.server);
        for (const id of ids) {
            const { end } = this.photos.get(id);
            const { medium } = end === 'SUCCESS' ? (await client.get(`/photos/${id}`)).json : {};
            if (medium) this.withMedium.add(id);
            for (const path of [`/buckets/photos/${id}-comp.webp`, `/buckets/thumbnails/${id}-thumb.webp`, medium?.url].filter(Boolean)) {
                const { status, bytes } = await client.get(path);
                assert.equal(status, end === 'SUCCESS' ? 200 : 403, `${path} of a photo that is ${end}`);
                if (status === 200) checkWebp(path, bytes);
            }
        }
        client.close();
    }

    /* A kill between an original and its photo leaves the original, and nobody was told of it. Makes those old, so that the next
     * server removes them, and returns those that this one may leave. */
    async ageStrays() {
        const folder = join(this.server.data, 'buckets/originals'), then = new Date(Date.now() - STRAY_MS);
        const client = new Client(this.server);
        for (const id of listBucket(folder).objects) {
            if (this.photos.has(id) || this.strays.has(id) || (await client.get(`/uploadStatus/${id}`)).status !== 404) continue;
            for (const shard of readdirSync(folder).filter((name) => /^[0-9a-f]{2}$/.test(name) && existsSync(join(folder, name, id))))
                utimesSync(join(folder, shard, id), then, then);
            this.strays.set(id, this.server.pid);
        }
        client.close();
        return [...this.strays].filter(([, pid]) => pid === this.server.pid).map(([id]) => id);
    }

    /* What the buckets have to hold. */
    wantedObjects() {
        const ids = this.published();
        return {
            originals: [], site: [],
            photos: ids.map((id) => `${id}-comp.webp`).sort(), thumbnails: [...ids.map((id) => `${id}-thumb.webp`),
                ...ids.filter((id) => this.withMedium.has(id)).map((id) => `${id}-medium.webp`)].sort(),
        };
    }

    /* Buckets of S3 hold the images of published photos and nothing else; but originals without a photo of uploads that were not
     * answered, which the janitor removes when they are a day old. */
    async checkBuckets(s3, prefix) {
        await waitFor('the buckets to be clean', async () => {
            const found = s3.allKeys(prefix);
            for (const [bucket, wanted] of Object.entries(this.wantedObjects())) {
                const keys = found[bucket];
                const others = bucket === 'originals' ? keys.filter((id) => this.photos.has(id)) : keys;
                assert.deepEqual(others, wanted, `objects in ${bucket}`);
                assert.ok(keys.length - others.length <= this.silences, `${keys.length} originals of ${this.silences} uploads without an answer`);
            }
            return true;
        }, SETTLE_MS);
    }

    /* The data folder holds the images of published photos and the metadata, and nothing else but strays. */
    async checkFolder() {
        const strays = await this.ageStrays(), wanted = this.wantedObjects();
        await waitFor('the data folder to be clean', () => {
            for (const bucket of Object.keys(wanted)) {
                const { objects, others } = listBucket(join(this.server.data, 'buckets', bucket), strays);
                assert.deepEqual(others, [], `files in ${bucket} that are no objects`);
                assert.deepEqual(objects, wanted[bucket], `objects in ${bucket}`);
            }
            const names = readdirSync(this.server.data).filter((name) => !DATABASE.test(name));
            assert.deepEqual(names.sort(), ['buckets']);
            const buckets = join(this.server.data, 'buckets');
            assert.deepEqual(readdirSync(buckets).sort(), ['.lock', '.processes', ...Object.keys(wanted)].sort());
            assert.equal(readdirSync(join(buckets, '.processes')).length, this.processes, 'processes that use the folder');
            return true;
        }, SETTLE_MS);
    }
}

/* RFC 9649: "RIFF", the length of what follows, "WEBP". */
function checkWebp(path, bytes) {
    assert.ok(bytes.length > 12, `${path} has ${bytes.length} bytes`);
    assert.equal(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 12), 'RIFFWEBP', path);
    assert.equal(bytes.readUInt32LE(4) + 8, bytes.length, `${path} is complete`);
}

/* Files of a bucket: objects, in folders of two hex digits, and whatever else there is. */
export function listBucket(folder, without = []) {
    const objects = [], others = [];
    for (const shard of readdirSync(folder)) {
        const names = statSync(join(folder, shard)).isDirectory() ? readdirSync(join(folder, shard)) : [''];
        for (const name of names)
            if (/^[0-9a-f]{2}$/.test(shard) && name && !name.startsWith('.')) objects.push(name);
            else others.push(join(shard, name));
    }
    return { objects: objects.filter((name) => !without.includes(name)).sort(), others };
}
