// What the tests of moderation share: the models that `make models` obtains, and photographs whose verdict is known. These stand beside
// the project, never in it. Without either, the tests that need them are skipped, with the reason.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isSanitized, newFolder } from '../http/server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const models = join(root, 'models');
export const manifest = JSON.parse(readFileSync(join(models, 'manifest.json'), 'utf8'));
export const suite = join(process.env.CLOUDPHOTOS_SHARED ?? join(root, '..', 'shared'), 'suites', 'moderation');

const files = [manifest.runtime, ...manifest.models].map(({ file }) => file);
export const skip = isSanitized ? 'ONNX Runtime needs more address space than a sanitizer leaves'
    : !files.every((file) => existsSync(join(models, file))) ? 'the models are not there: make models'
        : !existsSync(suite) ? `the photographs are not there: ${suite}` : false;
/* Skipped describes count for nothing: this one test says what is missing. */
if (skip) test('what models on this machine see', { skip });
export const flags = ['--moderator', 'onnx', '--models', models];

const walk = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)]).sort();
/* Every photograph of accept/ or refuse/. */
export const photographs = (verdict) => (skip ? [] : walk(join(suite, verdict)));
export const gun = join(suite, 'refuse', 'weapons', 'revolver.jpg');
export const kitten = join(suite, 'accept', 'tabby.jpg');

export const vips = (...words) => execFileSync('vips', words);

/* Uploads, and resolves to what GET /photos/ID says when it has ended. */
export async function judge(server, path) {
    const answer = await server.upload('ann', readFileSync(path));
    assert.equal(answer.code, 200, answer.text);
    await server.ended_photo(answer.json.photo_id);
    return (await server.get(`/photos/${answer.json.photo_id}`)).json;
}

/* A folder of the same models with other labels. */
export function modelsWith(labels) {
    const folder = newFolder();
    for (const file of files) symlinkSync(join(models, file), join(folder, file));
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, labels }));
    return folder;
}

/* The moderator's processes, the first one first. */
export const moderatorsOf = (server) => server.descendants().filter((pid) => {
    try { return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('cloudphotos-mod'); } catch { return false; }
});
