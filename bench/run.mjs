// `make bench` and `make bench-web`: run every *.bench.mjs of bench/ or bench/web/, one after the other, and write a document.
// Usage: node bench/run.mjs bench|bench-web [WORD]. With a word only the benchmarks with it in their name run, and nothing is written.
//
// A benchmark exports `async function measure(context)`, which resolves to rows:
//   { what, value, unit, most | least, note }   value: the figure; most or least: what it has to reach; note: how it came about
// context: { root, build, program, folder } — paths; `folder` is a temporary one of its own.
// Rows are ratios wherever they can be, of two things measured in turns in one run on the same machine; what a person sees
// of the app has limits of its own.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SETS = {
    'bench': { folder: join(root, 'bench'), document: 'benchmarks.md', title: 'Benchmarks' },
    'bench-web': { folder: join(root, 'bench', 'web'), document: 'benchmarks-web.md', title: 'Benchmarks of the app' },
};
const [target, word = ''] = process.argv.slice(2);
const set = SETS[target];
if (!set) {
    console.error(`usage: node bench/run.mjs SET [WORD]; SET is ${Object.keys(SETS).join(' or ')}`);
    process.exit(2);
}

const number = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3))));
const isMet = ({ value, most = Infinity, least = -Infinity }) => value <= most && value >= least;
const reach = ({ most, least, unit = '' }) =>
    (most !== undefined ? `at most ${number(most)} ${unit}` : least !== undefined ? `at least ${number(least)} ${unit}` : '').trim();
const verdict = (row) => (row.error ? 'FAILED' : reach(row) === '' ? '' : isMet(row) ? 'met' : 'NOT MET');

function asCells(row) {
    return [row.what, row.error ?? `${number(row.value)} ${row.unit ?? ''}`.trim(), reach(row), verdict(row)];
}

function printTable(lines) {
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    for (const line of lines) console.log(line.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd());
}

function machine() {
    const system = readFileSync('/etc/os-release', 'utf8').match(/^PRETTY_NAME="(.*)"/m)?.[1] ?? '';
    const memory = Math.round(totalmem() / 2 ** 30);
    return `${cpus()[0].model}, ${cpus().length} cores, ${memory} GiB, Linux ${release()}, ${system}`;
}

function writeDocument(rows) {
    const table = rows.map((row) => `| ${asCells(row).join(' | ')} |`).join('\n');
    const notes = rows.filter((row) => row.note).map((row) => `- **${row.what}**: ${row.note}`).join('\n');
    writeFileSync(join(root, 'docs', set.document), `# ${set.title}

Written by \`make ${target}\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}.

| what | measured | target | verdict |
|---|---|---|---|
${table}

## How each was measured

${notes}
`);
}

async function runFile(file) {
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-bench-'));
    const build = join(root, 'build');
    try {
        const { measure } = await import(join(set.folder, file));
        return await measure({ root, build, program: join(build, 'cloudphotos'), folder });
    } catch (error) {
        console.error(`${file}: ${error.stack}`);
        return [{ what: file, error: error.message.split('\n')[0] }];
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

const files = readdirSync(set.folder).filter((name) => name.endsWith('.bench.mjs') && name.includes(word)).sort();
if (files.length === 0) {
    console.error(`bench: no benchmark has "${word}" in its name`);
    process.exit(2);
}
if (loadavg()[0] > 0.5) console.log(`This machine is busy (load ${loadavg()[0].toFixed(1)}), so the figures may be worse than usual.`);
const rows = [];
for (const file of files) {
    console.log(`measuring ${file}`);
    for (const row of await runFile(file)) {
        rows.push(row);
        if (row.note) console.log(`  ${row.what}: ${row.note}`);
    }
}
console.log();
printTable([['what', 'measured', 'target', 'verdict'], ...rows.map(asCells)]);
if (!word) {
    mkdirSync(join(root, 'docs'), { recursive: true });
    writeDocument(rows);
}
process.exitCode = rows.some((row) => ['FAILED', 'NOT MET'].includes(verdict(row))) ? 1 : 0;
