// `make experiments`: repeats the experiments of the original's report on this machine, and writes docs/experiments/.
// Usage: node experiments/run.mjs [--paper] [--refused SHARE] [--plan] [WORD]. --paper takes the original's lengths, well over an hour; SHARE of the
// uploaded pictures are such as must be refused (0.3); --plan only prints what would be run, and how long it takes. With a word only the experiments
// with it in their name run, and nothing is written.
//
// An experiment is experiments/NAME.experiment.mjs and exports `title`, `about` (a paragraph), `lengths` ({ quick, paper }), `commands(length, names)`, which
// says what is run ({ NAME: { seconds, words } }), and `async function perform(context)`, which resolves to
//   { figures: [{ what, ours, paper, differs }], runs: [paths of JSON lines], tables: [{ caption, head, rows }] }
// context: { folder, length, refused, serve, tool }. `folder` is a temporary one of its own; `length` one of the lengths; `serve()` starts a server that is
// ended afterwards; `tool(command)` runs the program on the cores of the load and resolves to its output.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer, stop } from '../bench/server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'build', 'cloudphotos');
const documents = join(root, 'docs', 'experiments');
const words = process.argv.slice(2);
const isPaper = words.includes('--paper'), isPlan = words.includes('--plan');
const refused = Number(words[words.indexOf('--refused') + 1 || words.length] ?? 0.3);
const only = words.filter((word, i) => !word.startsWith('--') && words[i - 1] !== '--refused')[0] ?? '';
if (!(refused >= 0 && refused <= 1)) {
    console.error('experiments: --refused is a share from 0 to 1');
    process.exit(2);
}
const unknown = words.find((word) => word.startsWith('--') && !['--paper', '--plan', '--refused'].includes(word));
if (unknown) {
    console.error(`experiments: there is no option ${unknown}; there are --paper, --plan and --refused SHARE`);
    process.exit(2);
}

/* Server and load stay out of each other's way: half of the cores each, if there are two. */
const many = cpus().length > 1;
const half = Math.floor(cpus().length / 2);
const cores = many ? { server: `0-${half - 1}`, load: `${half}-${cpus().length - 1}` } : {};

function tool({ words: command }) {
    const all = many ? ['taskset', '-c', cores.load, program, ...command] : [program, ...command];
    const child = spawn(all[0], all.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of Object.keys(output)) child[name].setEncoding('utf8').on('data', (piece) => { output[name] += piece; });
    child.stderr.pipe(process.stderr);
    return new Promise((done, fail) => {
        child.on('error', fail);
        child.on('close', (code) => (code === 0 ? done(output) : fail(new Error(`${command.join(' ')}: ${output.stderr}`))));
    });
}

/* With its name, and the length that was asked for. */
async function load(name) {
    const experiment = await import(join(root, 'experiments', `${name}.experiment.mjs`));
    return { name, ...experiment, length: experiment.lengths[isPaper ? 'paper' : 'quick'] };
}

function printPlan(experiments) {
    const all = experiments.flatMap(({ title, length, commands }) => Object.values(commands(length, { url: 'http://SERVER', folder: 'FOLDER', knee: NaN }))
        .map((command) => ({ title, ...command })));
    for (const { title, seconds, words: command } of all) console.log(`${String(seconds).padStart(5)} s  ${title}: cloudphotos ${command.join(' ').replaceAll('NaN', 'RATE')}`);
    console.log(`${String(all.reduce((sum, { seconds }) => sum + seconds, 0)).padStart(5)} s  in all, without the making of users and reports`);
}

async function perform(experiment) {
    const { name, title, length } = experiment;
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-experiment-'));
    const servers = [];
    const serve = async (...options) => {
        const server = await startServer(program, join(folder, `data-${servers.length}`), ['--moderator', 'none', ...options], { cores: cores.server, log: join(folder, 'log') });
        servers.push(server);
        return server;
    };
    console.log(`${title}: begun ${new Date().toISOString()}`);
    const begin = Date.now();
    try {
        const result = await experiment.perform({ folder, length, refused, serve, tool });
        const page = join(only ? tmpdir() : documents, `${name}.html`);
        mkdirSync(dirname(page), { recursive: true });
        execFileSync(program, ['report', '--title', title, '--out', page, ...result.runs]);
        if (only) console.log(`plots: ${page}`);
        return { seconds: (Date.now() - begin) / 1000, ...experiment, ...result };
    } finally {
        for (const server of servers) await stop(server.child);
        rmSync(folder, { recursive: true, force: true });
    }
}

// ---- The page ----

const FLEET = [
    ['when a server is added and removed', 'above 2,400 requests per minute and server for one minute; below 1,200 for two; 1 to 4 servers'],
    ['how soon after the load rose a server was added', 'about three and a half minutes, twice'],
    ['how soon after the load fell one was removed', 'about six minutes'],
    ['requests per minute and server at the peak, with three', '1,900 of 5,500'],
    ['failed, and time, while servers were added', '5–10%, from 20 ms to over 3 s'],
    ['a server that was stopped', 'another was healthy in its place; how soon is not given'],
];

const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

function chapter({ name, title, about, figures, tables = [] }) {
    return `## ${title}

${about} Plots: [${name}.html](${name}.html).

${table(['figure', 'here', 'in the paper', 'what differs'], figures.map(({ what, ours, paper, differs }) => [what, ours, paper, differs]))}
${tables.map(({ caption, head, rows }) => `\n${caption}\n\n${table(head, rows)}\n`).join('')}`;
}

function writeDocument(chapters) {
    const minutes = Math.ceil(chapters.reduce((sum, { seconds }) => sum + seconds, 0) / 60);
    writeFileSync(join(documents, 'README.md'), `# Experiments

Written by \`make experiments${isPaper ? ' PAPER=yes' : ''}\` on ${new Date().toISOString().slice(0, 10)}, in ${minutes} minutes. Machine: a shared machine with ${cpus().length} cores and
${Math.round(totalmem() / 2 ** 30)} GiB of memory; the server and the load generator share it${many ? ', on cores of their own' : ''}. The paper's servers were virtual machines behind a load
balancer, with the database, buckets and workflow as separate services, and its load came from other machines. Here, photos are checked and resized, but not moderated.
The paper is the report of [Cloud Photos App](https://github.com/simonesestito/cloud-photos-app) by S. Sestito and A. Scifoni, 2024; values that it only plots were read off
the plots, and its JMeter results come from the result file next to it (its table shows those times and rates ten times too small).

${chapters.map(chapter).join('\n')}
## Not repeated yet

These need a fleet.

${table(['in the paper', 'its figure'], FLEET)}

How the tools measure: [load.md](../load.md).
`);
}

const names = readdirSync(join(root, 'experiments')).filter((file) => file.endsWith('.experiment.mjs')).map((file) => file.replace('.experiment.mjs', '')).sort();
const experiments = await Promise.all(names.filter((one) => one.includes(only)).map(load));
if (isPlan) {
    printPlan(experiments);
} else {
    const chapters = [];
    for (const experiment of experiments) chapters.push(await perform(experiment));
    if (only) console.log(chapters.map(chapter).join('\n'));
    else writeDocument(chapters);
}
