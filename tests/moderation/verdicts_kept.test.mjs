// What was refused once is refused again, whoever sends it in whatever size and coding; what a person approves is not.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { newFolder, runProgram, startServer, until } from '../http/server.mjs';
import * as make from './evasions.mjs';
import { flags, gun, kitten, modelsWith, skip } from './photographs.mjs';

const SIDE = 400;
const BY_A_PERSON = 'Not published: a person has reviewed this photo and refused it.';
const doubtful = { name: 'Kittens', parent: 'Animals', action: 'hold', threshold: 0.2,
    evidence: [{ model: 'imagenet-lite2', outputs: [281, 282, 285] }] };

describe('a picture that was decided before', { skip }, () => {
    const send = async (server, author, bytes) => {
        const { code, text, json } = await server.upload(author, bytes);
        assert.equal(code, 200, text);
        return json.photo_id;
    };
    const read = async (server, id) => (await server.get(`/photos/${id}`)).json;
    const waits = (photo) => photo.status === 'PENDING' && photo.stage === 'Review';
    /* SUCCESS, ERROR, or "waits". */
    const end = async (server, author, bytes) => {
        const id = await send(server, author, bytes);
        let photo;
        await until('a verdict', async () => waits(photo = await read(server, id)) || photo.status !== 'PENDING');
        return { ...photo, verdict: waits(photo) ? 'waits' : photo.status };
    };
    const admin = async (server, ...words) => {
        const ran = await runProgram(['admin', 'moderation', ...words, '--data', server.data]);
        assert.equal(ran.code, 0, ran.stderr);
        return ran.stdout;
    };

    it('by a person is decided for its copies, and for nothing else', async () => {
        const data = newFolder(), models = modelsWith([doubtful]);
        const picture = make.readPicture(kitten, SIDE, SIDE);
        const painted = make.lay(picture, make.plain(60, 60, [0, 0, 0]), 20, 20);
        const server = await startServer({ data, flags: ['--moderator', 'onnx', '--models', models] });
        const [first, second] = [await end(server, 'ann', make.png(picture)), await end(server, 'bob', make.save(picture, 'jpg[Q=90]'))];
        assert.deepEqual([first.verdict, second.verdict], ['waits', 'waits'], 'nobody has decided yet');
        await admin(server, 'review', 'refuse', first.photo_id);
        await server.ended_photo(first.photo_id);
        await server.stop();

        // From now on the nets find nothing in it.
        const later = await startServer({ data, flags: [...flags, '--when-unsure', 'hold'] });
        const copies = { 'the same': make.png(picture), 'as JPEG': make.save(picture, 'jpg[Q=60]'), 'as WebP': make.save(picture, 'webp[Q=70]'),
            'half as large': make.png(make.shrink(picture, SIDE / 2)), 'slightly lighter': make.png(make.map(picture, 3, (pixel) => pixel.map((value) => value + 6))) };
        for (const [name, bytes] of Object.entries(copies)) {
            const copy = await end(later, 'cat', bytes);
            assert.deepEqual([copy.verdict, copy.error_message, copy.labels[0]?.name], ['ERROR', BY_A_PERSON, 'Kittens'], name);
        }
        const alike = await end(later, 'cat', make.png(painted));
        assert.deepEqual([alike.verdict, alike.labels[0].name], ['waits', 'Like a Refused Photo']);
        assert.equal((await end(later, 'cat', readFileSync(kitten.replace('tabby', 'daisy')))).verdict, 'SUCCESS');

        await admin(later, 'review', 'approve', alike.photo_id);
        await later.ended_photo(alike.photo_id);
        assert.equal((await end(later, 'dan', make.save(painted, 'jpg[Q=80]'))).verdict, 'SUCCESS', 'what is approved is not asked about again');
        assert.equal((await end(later, 'dan', copies['as JPEG'])).verdict, 'ERROR', 'what was refused still is');

        await admin(later, 'review', 'approve', second.photo_id);
        await later.ended_photo(second.photo_id);
        assert.equal((await end(later, 'dan', copies['as JPEG'])).verdict, 'SUCCESS', 'an approval undoes a refusal');
        assert.match(await admin(later, 'verdicts'), new RegExp(`^${second.photo_id}  \\S+  approved  -$`, 'm'));
        await later.stop();
        for (const folder of [data, models]) rmSync(folder, { recursive: true });
    });

    it('by the nets, surely, is refused for the same reason until that is forgotten', async () => {
        const server = await startServer({ flags });
        const first = await end(server, 'ann', readFileSync(gun)), again = await end(server, 'bob', make.save(make.readPicture(gun, SIDE, SIDE), 'webp[Q=80]'));
        assert.deepEqual([first.verdict, again.verdict], ['ERROR', 'ERROR']);
        assert.equal(again.error_message, first.error_message);
        assert.deepEqual(again.labels, first.labels);
        assert.match(await admin(server, 'verdicts', 'list'), new RegExp(`^${first.photo_id}  \\S+  refused   Not published: this photo appears`, 'm'));
        await admin(server, 'verdicts', 'forget', first.photo_id);
        assert.doesNotMatch(await admin(server, 'verdicts'), new RegExp(first.photo_id));
        assert.equal((await runProgram(['admin', 'moderation', 'verdicts', 'forget', first.photo_id, '--data', server.data])).code, 1);
        await server.stop();
    });
});
