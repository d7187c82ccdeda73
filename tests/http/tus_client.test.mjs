// A stranger's client, tus-js-client from npm, uploads in pieces, goes on after it was cut, and ends what it has begun.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { heavyPng } from './pictures.mjs';
import { startServer } from './server.mjs';

const { Upload } = await import('tus-js-client').catch((error) => {
    throw new Error('tus-js-client is not installed: run tools/install-modules tests/http', { cause: error });
});
const photo = heavyPng(1 << 20);

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

/* Resolves to { url, photoId, offsets } when it is uploaded; `control` may stop it at each piece that is there. */
function send(content, { control = () => {}, ...options } = {}) {
    return new Promise((done, fail) => {
        const seen = { offsets: [] };
        const upload = new Upload(content, {
            endpoint: `${server.url}/uploads`, headers: { Authorization: 'ann' }, chunkSize: 128 << 10, retryDelays: null,
            metadata: { filename: 'photo.png', caption: 'By a stranger' }, ...options,
            onAfterResponse: (_, answer) => { seen.photoId = answer.getHeader('Photo-Id') ?? seen.photoId; },
            onChunkComplete: (_, there) => { seen.offsets.push(there); control(upload, there, done, seen); },
            onSuccess: () => done({ ...seen, url: upload.url }),
            onError: fail,
        });
        upload.start();
    });
}

describe('tus-js-client', () => {
    it('uploads a photo', async () => {
        const { photoId, offsets } = await send(photo);
        assert.equal(offsets.length, 8);
        assert.equal((await server.ended_photo(photoId)).data.status, 'SUCCESS');
        const { caption, original } = (await server.get(`/photos/${photoId}`)).json;
        assert.deepEqual([caption, original.bytes], ['By a stranger', photo.length]);
    });

    it('goes on with another run where it was stopped', async () => {
        const stopped = await send(photo, { control: (upload, there, done, seen) => {
            if (there > photo.length / 2) upload.abort().then(() => done({ ...seen, url: upload.url }));
        } });
        const { photoId, offsets } = await send(photo, { uploadUrl: stopped.url });
        assert.ok(offsets[0] > photo.length / 2, `it began at ${offsets[0]}`);
        assert.equal((await server.ended_photo(photoId)).data.status, 'SUCCESS');
        assert.equal((await server.get(`/photos/${photoId}`)).json.original.bytes, photo.length);
    });

    it('uploads by POST alone, where the network lets no PATCH through', async () => {
        const { photoId, offsets } = await send(photo, { overridePatchMethod: true });
        assert.equal(offsets.length, 8);
        assert.equal((await server.ended_photo(photoId)).data.status, 'SUCCESS');
    });

    it('ends an upload, of which nothing stays', async () => {
        const path = join(server.data, 'buckets', 'originals', '.parts');
        const before = readdirSync(path).length;
        await send(photo, { control: (upload, there, done) => { upload.abort(true).then(done); } });
        assert.equal(readdirSync(path).length, before);
    });

    it('is told why a file is refused', async () => {
        await assert.rejects(send(Buffer.alloc(200 << 10, 'x')), /415.*isn't a photo in a supported format/s);
        await assert.rejects(send(Buffer.alloc(65 << 20, 'x')), /413.*the limit is/s);
    });
});
