// A server whose moderator can't see: it says so, and goes on. What models see is tested in tests/moderation/.
import assert from 'node:assert/strict';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { png } from './pictures.mjs';
import { newFolder, startServer } from './server.mjs';

const models = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', 'models');

describe('without models', () => {
    it('the server starts, says what it can\'t see in log, health and metrics, and publishes', async () => {
        const folder = newFolder();
        copyFileSync(join(models, 'manifest.json'), join(folder, 'manifest.json'));
        const server = await startServer({ flags: ['--moderator', 'onnx', '--models', folder] });
        const line = await server.logged('moderation', (one) => one.event === 'moderation');
        assert.match(line.cannot_see, /Explicit Nudity.*Weapons.*make models/);
        assert.equal((await server.get('/healthcheck')).json.moderation_cannot_see, line.cannot_see);
        assert.match(await server.metrics(), /^cloudphotos_moderation_blind 1$/m);
        await server.publish('ann', png(24, 16));
        await server.stop();
        rmSync(folder, { recursive: true });
    });

    it('a manifest that is wrong is refused, with the entry and the reason', async () => {
        const folder = newFolder();
        const label = { name: 'Ghosts', action: 'refuse', threshold: 0.5, evidence: [{ model: 'no such', outputs: [0] }] };
        writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ models: [], labels: [label] }));
        await assert.rejects(startServer({ flags: ['--moderator', 'onnx', '--models', folder] }),
            /Ghosts: its evidence names a model that is not listed above/);
        rmSync(folder, { recursive: true });
    });
});
