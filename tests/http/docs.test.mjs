// What docs/operations.md and README.md say is what the program does, as far as a machine can tell.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { png } from './pictures.mjs';
import { readMetrics } from './prometheus.mjs';
import { listFiles, runProgram, startServer } from './server.mjs';

const place = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name) => readFileSync(place(name), 'utf8');

describe('docs/operations.md', () => {
    const text = read('docs/operations.md');
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    it('has the settings of --help, word for word', async () => {
        const { stdout } = await runProgram(['serve', '--help']);
        const rows = stdout.slice(stdout.indexOf('  --'));
        assert.equal(text.match(/```\n([^]*?)```/)[1], rows);
    });

    it('has every metric and no others', async () => {
        const section = text.slice(text.indexOf('## Metrics'), text.indexOf('## Log'));
        const documented = [...section.matchAll(/`(cloudphotos_\w+)`/g)].map(([, name]) => name);
        assert.deepEqual(documented.sort(), [...readMetrics(await server.metrics()).keys()].sort());
    });

    it('has every event of the log of an ordinary day', async () => {
        const id = await server.publish('ann', png(20, 20));
        assert.deepEqual(listFiles(server.data).filter((file) => file.includes(id)).map((file) => file.replace(/\/[0-9a-f]{2}\//,
            '/XX/').replace(id, 'ID')),
            ['buckets/photos/XX/ID-comp.webp', 'buckets/thumbnails/XX/ID-thumb.webp']);
        const section = text.slice(text.indexOf('## Log'), text.indexOf('## Limits'));
        for (const { event } of server.lines) assert.ok(section.includes(`\`${event}\``), event);
    });
});

for (const name of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/operations.md'])
    describe(name, () => {
        it('links to what is there', () => {
            const folder = name.includes('/') ? 'docs/' : '';
            for (const [, target] of read(name).matchAll(/\]\(([^)]+)\)/g)) {
                if (/^https?:/.test(target)) continue;
                const [file, section] = target.split('#');
                assert.ok(existsSync(place(folder + file)), target);
                const titles = [...read(folder + file).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
                    title.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'));
                if (section) assert.ok(titles.includes(section), target);
            }
        });
    });
