// `cloudphotos admin verify`: whether photos have their objects, and objects their photos.
import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sql } from './database.mjs';
import { png } from './pictures.mjs';
import { newFolder, runProgram, startServer } from './server.mjs';

const verify = (data, ...flags) => runProgram(['admin', 'verify', '--data', data, ...flags]);
const strict = ['--grace', '0'];

/* Where an object is: src/blob/file/blob_file.h. */
function fileOf(data, bucket, key) {
    let hash = 2166136261;
    for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
    return join(data, 'buckets', bucket, (((hash ^ (hash >>> 16)) >>> 0) % 256).toString(16).padStart(2, '0'), key);
}
const change = (data, id, assignments) => sql(data, `UPDATE photos SET ${assignments} WHERE id = x'${id}'`);
const remove = (data, bucket, key) => rmSync(fileOf(data, bucket, key));
const keysOf = (id) => [['photos', `${id}-comp.webp`], ['thumbnails', `${id}-medium.webp`], ['thumbnails', `${id}-thumb.webp`]];
const withdraw = (data, id) => {
    change(data, id, 'state = 0, review = 1');
    sql(data, `UPDATE executions SET status = 0 WHERE id = x'${id}'`);
};
const quarantine = (data, id) => {
    for (const [bucket, key] of keysOf(id)) renameSync(fileOf(data, bucket, key), fileOf(data, 'originals', key));
};
const fail = (data, id) => { change(data, id, 'state = 2, error_message = \'It was refused.\''); };

// `damage` is done to the first of two published photos; `found`: what is told then, as kind and object; `left`: of that, after --repair.
const cases = [
    { what: 'nothing is wrong', damage: () => {}, found: [] },
    { what: 'a large image is missing', damage: (data, id) => remove(data, 'photos', `${id}-comp.webp`),
      found: [['object-missing', 'photos/ID-comp.webp']], left: 1 },
    { what: 'a medium image is missing', damage: (data, id) => remove(data, 'thumbnails', `${id}-medium.webp`),
      found: [['object-missing', 'thumbnails/ID-medium.webp']], left: 0 },
    { what: 'a thumbnail is cut', damage: (data, id) => truncateSync(fileOf(data, 'thumbnails', `${id}-thumb.webp`), 10),
      found: [['object-size', 'thumbnails/ID-thumb.webp']], left: 1 },
    { what: 'the row of a photo is missing', damage: (data, id) => sql(data, `DELETE FROM photos WHERE id = x'${id}'`),
      found: keysOf('ID').map(([bucket, key]) => ['object-left-over', `${bucket}/${key}`]), left: 0 },
    { what: 'images of a refused photo are left', damage: fail,
      found: keysOf('ID').map(([bucket, key]) => ['object-left-over', `${bucket}/${key}`]), left: 0 },
    { what: 'a photo is deleted, and its objects wait for the clean-up', damage: (data, id) => change(data, id, 'state = 3'), found: [], waits: 3 },
    { what: 'the original of a published photo waits for the clean-up', damage: (data, id) => writeFileSync(fileOf(data, 'originals', id), 'x'), found: [], waits: 1 },
    { what: 'the original of a failed photo is kept for a retry', found: [],
      damage: (data, id) => { for (const [bucket, key] of keysOf(id)) remove(data, bucket, key); fail(data, id); writeFileSync(fileOf(data, 'originals', id), 'x'); } },
    { what: 'an original without a photo may be of an upload',
      damage: (data, id) => writeFileSync(fileOf(data, 'originals', `${id.slice(0, 31)}${id.endsWith('f') ? 'e' : 'f'}`), 'x'), found: [], busy: 1 },
    { what: 'a photo was withdrawn, and its images are public', damage: withdraw, found: [], busy: 3 },
    { what: 'a photo was withdrawn, and its images are in quarantine', damage: (data, id) => { withdraw(data, id); quarantine(data, id); }, found: [] },
    { what: 'an image in quarantine is missing', damage: (data, id) => { withdraw(data, id); quarantine(data, id); remove(data, 'originals', `${id}-thumb.webp`); },
      found: [['object-missing', 'thumbnails/ID-thumb.webp']], left: 1 },
    { what: 'a copy in quarantine is left', damage: (data, id) => cpSync(fileOf(data, 'photos', `${id}-comp.webp`), fileOf(data, 'originals', `${id}-comp.webp`)),
      found: [['object-left-over', 'originals/ID-comp.webp']], left: 0 },
    { what: 'nothing works on a pending photo without an original', damage: (data, id) => change(data, id, 'state = 0, large_width = 0'),
      found: [['photo-stuck', 'ID'], ['object-missing', 'originals/ID']], left: 2, busy: 3 },
    { what: 'an original has another content', found: [['object-sum', 'originals/ID']], left: 1, busy: 3,
      damage: (data, id) => { withdraw(data, id); change(data, id, 'large_width = 0, original_bytes = 3'); writeFileSync(fileOf(data, 'originals', id), 'xyz'); } },
    { what: 'an object has a name of nobody', damage: (data) => writeFileSync(fileOf(data, 'photos', 'holiday.webp'), 'x'),
      found: [['object-unknown', 'photos/holiday.webp']], left: 1 },
];

const sum = (list, key) => list.reduce((all, one) => all + (one[key] ?? 0), 0);
const nameOf = ({ bucket, key }) => `${bucket ? `${bucket}/` : ''}${key}`;

describe('comparing photos with their objects', () => {
    it('names each difference, and repairs what is safe', async () => {
        const server = await startServer({ data: newFolder() }), { data } = server;
        const ids = await Promise.all(cases.map((_, i) => server.publish('ann', png(1200, 30 + i))));
        const whole = await verify(data, ...strict);
        assert.deepEqual([whole.code, whole.stdout, whole.stderr], [0,
            `${cases.length} photos and ${3 * cases.length} objects: 0 in progress, 0 for the server's next clean-up, 0 differences, 0 of them repaired\n`, ''], 'of a running server');
        await server.stop();
        cases.forEach(({ damage }, i) => damage(data, ids[i]));

        const young = await verify(data, '--grace', '1h', '--json');
        assert.deepEqual([young.code, JSON.parse(young.stdout).differences], [0, []], 'what is young is in progress');
        const told = await verify(data, ...strict, '--json'), counts = JSON.parse(told.stdout);
        let left = counts.differences;
        for (const [i, { what, found }] of cases.entries()) {
            const isOurs = (one) => found.some(([, object]) => nameOf(one) === object.replace('ID', ids[i])) || one.key.startsWith(ids[i]);
            assert.deepEqual(left.filter(isOurs).map((one) => [one.kind, nameOf(one).replace(ids[i], 'ID')]).sort(), [...found].sort(), what);
            left = left.filter((one) => !isOurs(one));
        }
        assert.deepEqual(left, []);
        assert.deepEqual([counts.to_clean_up, counts.in_progress, counts.repaired, told.code], [sum(cases, 'waits'), sum(cases, 'busy'), 0, 1], told.stdout);

        const lines = await verify(data, ...strict), all = counts.differences.length, later = sum(cases, 'left');
        for (const [i, { found }] of cases.entries()) for (const [kind, object] of found)
            assert.match(lines.stdout, new RegExp(`^${kind} +${object.replace('ID', ids[i])}  [A-Z].*\\.$`, 'm'));
        assert.deepEqual([lines.code, lines.stderr], [1, `cloudphotos admin: store and buckets differ in ${all} places, which the list names\n`]);
        const repair = await verify(data, ...strict, '--repair', '--json');
        assert.deepEqual([repair.code, JSON.parse(repair.stdout).repaired], [1, all - later], repair.stdout);
        const again = JSON.parse((await verify(data, ...strict, '--json')).stdout).differences;
        for (const [i, { what, found, left: stay = 0 }] of cases.entries())
            assert.equal(again.filter((one) => found.some(([, object]) => nameOf(one) === object.replace('ID', ids[i]))).length, stay, what);
        rmSync(data, { recursive: true });
    });

    it('is clean at any moment of a server that publishes, refuses and deletes', async () => {
        const server = await startServer();
        let isOver = false;
        const load = (async () => {
            for (let i = 0; i < 6; i++) {
                const gone = await server.publish('ann', png(700, 30 + i));
                assert.equal((await server.ask('DELETE', `/photos/${gone}`, { headers: { Authorization: 'ann' } })).code, 204);
                await server.publish('bob', png(800, 30 + i));
            }
            isOver = true;
        })();
        for (let i = 0; !isOver; i++) {
            const { code, stdout } = await verify(server.data, '--json');
            assert.equal(code, 0, stdout);
        }
        await load;
        const { code, stdout } = await verify(server.data, ...strict);
        assert.equal(code, 0, stdout);
        await server.stop();
    });

    it('says what it can\'t work on', async () => {
        const data = newFolder();
        for (const [words, code, sentence] of [[['--data', data], 1, `there is no database at sqlite:${data}/photos.db yet: name the one of the server with --data or --store`],
            [['now', '--data', data], 2, '"now" is not expected after verify']]) {
            const { code: got, stderr } = await runProgram(['admin', 'verify', ...words]);
            assert.deepEqual([got, stderr], [code, `cloudphotos admin: ${sentence}\n`]);
        }
    });
});
