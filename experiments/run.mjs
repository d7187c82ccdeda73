// `make experiments`: repeats the experiments of the original's report on this machine, and writes docs/experiments/.
// Usage: node experiments/run.mjs [--paper] [--refused SHARE] [WORD]. --paper takes the original's lengths, about an hour; SHARE of the uploaded
// pictures are such as must be refused (0.3). With a word only the experiments with it in their name run, and nothing is written.
//
// An experiment is experiments/NAME.experiment.mjs and exports `title`, `about` (a paragraph) and `async function perform(context)`, which resolves to
//   { figures: [{ what, ours, paper, differs }], runs: [paths of JSON lines], tables: [{ caption, head, rows }] }
// context: { program, folder, isPaper, refused, serve, tool }. `folder` is a temporary one of its own; `serve()` starts a server that is ended
// afterwards; `tool(...words)` runs the program on the cores of the load and resolves to its output.
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
const isPaper = words.includes('--paper');
const refused = Number(words[words.indexOf('--refused') + 1 || words.length] ?? 0.3);
const only = words.filter((word, i) => !word.startsWith('--') && words[i - 1] !== '--refused')[0] ?? '';
if (!(refused >= 0 && refused <= 1)) {
    console.error('experiments: --refused is a share from 0 to 1');
    process.exit(2);
}

/* Server and load stay out of each other's way: half of the cores each, if there are two. */
const many = cpus().length > 1;
const half = Math.floor(cpus().length / 2);
const cores = many ? { server: `0-${half - 1}`, load: `${half}-${cpus().length - 1}` } : {};

function tool(...command) {
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

async function perform(name) {
    const experiment = await import(join(root, 'experiments', `${name}.experiment.mjs`));
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-experiment-'));
    const servers = [];
    const serve = async (...options) => {
        const server = await startServer(program, join(folder, `data-${servers.length}`), ['--moderator', 'none', ...options], { cores: cores.server, log: join(folder, 'log') });
        servers.push(server);
        return server;
    };
    console.log(`${experiment.title}: begun ${new Date().toISOString()}`);
    const begin = Date.now();
    try {
        const result = await experiment.perform({ program, folder, isPaper, refused, serve, tool });
        const page = join(only ? tmpdir() : documents, `${name}.html`);
        mkdirSync(dirname(page), { recursive: true });
        execFileSync(program, ['report', '--title', experiment.title, '--out', page, ...result.runs]);
        if (only) console.log(`plots: ${page}`);
        return { name, seconds: (Date.now() - begin) / 1000, ...experiment, ...result };
    } finally {
        for (const server of servers) await stop(server.child);
        rmSync(folder, { recursive: true, force: true });
    }
}

// ---- The page ----

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
${Math.round(totalmem() / 2 ** 30)} GiB of memory; server and load run on it together${many ? ', on cores of their own' : ''}. The paper's servers were virtual machines behind a load
balancer, with database, buckets and workflow as services beside them, and its load came from other machines. Photos are checked and resized here, and not moderated.

${chapters.map(chapter).join('\n')}
Scaling and availability join when there is a fleet. How the tools measure: [load.md](../load.md).
`);
}

const names = readdirSync(join(root, 'experiments')).filter((file) => file.endsWith('.experiment.mjs')).map((file) => file.replace('.experiment.mjs', '')).sort();
const chapters = [];
for (const name of names.filter((one) => one.includes(only))) chapters.push(await perform(name));
if (only) console.log(chapters.map(chapter).join('\n'));
else writeDocument(chapters);
