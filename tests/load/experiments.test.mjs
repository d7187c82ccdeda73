// What `make experiments` will run: the plan of both lengths, without the waiting.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const experiments = await Promise.all(readdirSync(join(root, 'experiments')).filter((file) => file.endsWith('.experiment.mjs')).sort()
    .map((file) => import(join(root, 'experiments', file))));
const plan = (length) => Object.assign({}, ...experiments.map(({ lengths, commands }) => commands(lengths[length], { url: 'http://127.0.0.1:1', folder: '/nowhere', knee: 1000 })));
const seconds = (commands) => Object.values(commands).reduce((sum, command) => sum + command.seconds, 0);
const valueOf = ({ words }, option) => words[words.indexOf(option) + 1];
const run = (...words) => promisify(execFile)(words[0], words.slice(1), { cwd: root });

test('the quick length leaves room in ten minutes', () => {
    assert.ok(seconds(plan('quick')) < 9 * 60, `${seconds(plan('quick'))} s`);
});

test("the paper's lengths are the original's", () => {
    const { rates, users, uploaders } = plan('paper');
    const minutes = Array.from({ length: 10 }, (_, i) => `${i * 60}s:${(i + 1) * 500}/m`);
    assert.equal(valueOf(rates, '--steps'), minutes.join(), '500 to 5,000 requests in a minute each');
    assert.equal(valueOf(rates, '--duration'), '600s');
    assert.equal(valueOf(users, '--users'), '20,60,100,60,20');
    assert.equal(valueOf(users, '--every'), '720s', 'an hour in all');
    assert.equal(valueOf(users, '--interval'), '60s');
    assert.equal(valueOf(uploaders, '--line'), '0:10,300s:100');
    assert.ok(seconds(plan('paper')) < 90 * 60, `${seconds(plan('paper'))} s`);
});

test('both lengths run the same commands, but for times', () => {
    const shape = (length) => Object.entries(plan(length)).map(([name, { words }]) => [name, words.map((word) => word.replaceAll(/\d+/g, 'N'))]);
    assert.deepEqual(shape('paper'), shape('quick'));
});

test('--plan prints it, and make hands PAPER and REFUSED on', async () => {
    const { stdout } = await run('node', 'experiments/run.mjs', '--plan', '--paper');
    assert.match(stdout, /^ 3600 s {2}Markov users: cloudphotos simulate --users 20,60,100,60,20 --every 720s /m);
    assert.match(stdout, new RegExp(`^ *${seconds(plan('paper'))} s {2}in all`, 'm'));
    assert.match((await run('make', '-n', 'experiments', 'PAPER=yes', 'REFUSED=0.5')).stdout, /^node experiments\/run\.mjs --paper --refused '0\.5'/m);
    assert.match((await run('make', '-n', 'experiments')).stdout, /^node experiments\/run\.mjs +--refused '0\.3'/m);
});

test('a word that is no option is refused', async () => {
    const refusal = (...words) => run('node', 'experiments/run.mjs', ...words).then(() => assert.fail('it was taken'), ({ code, stderr }) => [code, stderr.trim()]);
    assert.deepEqual(await refusal('--papers'), [2, 'experiments: there is no option --papers; there are --paper, --plan and --refused SHARE']);
    assert.deepEqual(await refusal('--refused', '2'), [2, 'experiments: --refused is a share from 0 to 1']);
});
