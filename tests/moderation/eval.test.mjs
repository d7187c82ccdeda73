// cloudphotos admin moderation eval: what it counts, and which of the verdicts --when-unsure would decide.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newFolder, runProgram } from '../http/server.mjs';
import { gun, kitten, modelsWith, skip } from './photographs.mjs';

/* A folder for eval: what must be published, and what must be refused as kittens. */
function makeFolder(accept, refuse) {
    const folder = newFolder();
    for (const [name, photos] of [['accept', accept], ['refuse/kittens', refuse]]) {
        mkdirSync(join(folder, name), { recursive: true });
        photos.forEach((path, i) => copyFileSync(path, join(folder, name, `${i}.jpg`)));
    }
    return folder;
}

describe('an evaluation of the moderator', { skip }, () => {
    // The kitten's score is about 0.9: with a curve of 10 that is about 60 % confidence, with 1 more than 90.
    const cases = [
        ['a false alarm of which it is sure', { accept: [kitten, gun], refuse: [] }, 1, { 'false alarms': '1 of 2', 'below': '0 of 2' }],
        ['a false alarm of which it is not', { accept: [kitten, gun], refuse: [] }, 10, { 'false alarms': '1 of 2', 'below': '1 of 2' }],
        ['a hit of which it is not, and a miss', { accept: [], refuse: [kitten, gun] }, 10, { 'hits: kittens': '1 of 2', 'below': '1 of 2' }],
        ['a hit of which it is sure', { accept: [], refuse: [kitten] }, 1, { 'hits: kittens': '1 of 1', 'below': '0 of 1' }],
    ];
    for (const [what, { accept, refuse }, curve, expected] of cases)
        it(`counts ${what}`, async () => {
            const folder = makeFolder(accept, refuse);
            const models = modelsWith([{ name: 'Kittens', parent: 'Animals', action: 'refuse', threshold: 0.3, curve,
                evidence: [{ model: 'imagenet-lite2', outputs: [281, 282, 285] }] }]);
            const { code, stdout, stderr } = await runProgram(['admin', 'moderation', 'eval', folder, '--models', models]);
            assert.equal(code, 0, stderr);
            for (const [name, count] of Object.entries(expected))
                assert.match(stdout.replace(/ +/g, ' '), new RegExp(`^ ?${name === 'below' ? 'below 75% confidence' : name} ${count} `, 'm'));
            for (const one of [folder, models]) rmSync(one, { recursive: true });
        });
});
