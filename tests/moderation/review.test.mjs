// Photos that wait for a person.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runProgram, startServer, until } from '../http/server.mjs';
import { gun, manifest, modelsWith, skip } from './photographs.mjs';

describe('a label that asks for a person', { skip }, () => {
    const decisions = [['approve', 'SUCCESS', null], ['refuse', 'ERROR', 'Refused by a person who reviewed it']];
    for (const [verb, status, message] of decisions)
        it(`holds the photo back until it is decided: ${verb}`, async () => {
            const folder = modelsWith(manifest.labels.map((label) => ({ ...label, action: 'hold' })));
            const server = await startServer({ flags: ['--moderator', 'onnx', '--models', folder] });
            const { json: { photo_id: id } } = await server.upload('ann', readFileSync(gun));
            const admin = (...words) => runProgram(['admin', 'moderation', 'review', ...words, '--data', server.data]);
            await until('the photo to wait for a person', async () => (await admin('list')).stdout.includes(id));
            assert.equal((await server.get(`/photos/${id}`)).json.status, 'PENDING');
            assert.equal((await server.get(`/buckets/photos/${id}-comp.webp`)).code, 403);
            const decided = await admin(verb, id);
            assert.equal(decided.code, 0, decided.stderr);
            await server.ended_photo(id);
            const photo = (await server.get(`/photos/${id}`)).json;
            assert.deepEqual([photo.status, photo.error_message], [status, message]);
            assert.equal(photo.labels[0].name, 'Weapons');
            assert.equal((await admin(verb, id)).code, 1, 'what is decided is decided');
            await server.stop();
            rmSync(folder, { recursive: true });
        });
});
