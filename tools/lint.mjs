// `make lint`: everything that is checked about the text of the project, on all cores at once. Prints what it finds, one
// line a find, and fails if there is any.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const FILE_LINES = 500;
const FUNCTION_LINES = 60;
const LINE_WIDTH = 200, C_WIDTH = 120; // scripts have rows of wide tables
// A file may be longer, or hold a longer function, if one of its first 20 lines says why: /* long: reason */
const LONG = /(?:\/\*|\/\/|#) long: \S/;
const BANNED = {
    strcpy: 'snprintf or struct text', strcat: 'struct text', sprintf: 'snprintf or struct text', vsprintf: 'vsnprintf',
    gets: 'fgets or getline', strtok: 'strspn and strcspn', atoi: 'strtoll, checked', atol: 'strtoll, checked',
    alloca: 'an arena',
};

process.chdir(resolve(dirname(fileURLToPath(import.meta.url)), '..'));
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .split('\n').filter((file) => file && existsSync(file));
const sources = files.filter((file) => /\.[ch]$/.test(file));
const programs = files.filter((file) => /\.(mjs|js)$/.test(file));
const shells = files.filter((file) => !/\.\w+$/.test(file) && /^#!\/bin\/(ba)?sh/.test(readFileSync(file, 'utf8').slice(0, 12)));
// What reads as if translated, and what to write instead. Only patterns that are never right: a doubtful one costs more than it finds.
const STILTED = [
    [/, for (?:it|they|we|there|nobody|he|she|this|these) (?:\w+ )?(?:is|are|was|were|has|have|had|can|can't|could|must|do|does|did|will|would|needs?|knows?|comes?|takes?)\b/, 'because'],
    [/\bfor who(?:ever)? /, 'for anyone who'],
    [/\b(?:one|threads?|process(?:es)?|workers?) a (?:core|thread)\b/, 'one per core'],
    [/\blook(?:s|ed|ing)? at (?:the |a )?(?:photo|picture)s?\b/, 'moderate, decode or check'],
    [/\blet go\b/, 'dropped or freed'],
    [/\b(?:that|which|it|this) is (?:none|no (?:number|name|photo|picture|header|id|hash|region|method|time|rate|form|JSON))\b/, "isn't a …, an invalid …"],
    [/\bprocessor time\b/, 'CPU time'],
    [/\d %%?(?![a-z%])/, '94%, without a space'],
];
const finds = [];

// ---- What this file checks itself ----

function checkSizes(file, lines) {
    if (lines.slice(0, 20).some((line) => LONG.test(line))) return;
    if (lines.length - 1 > FILE_LINES) finds.push(`${file}: ${lines.length - 1} lines, more than ${FILE_LINES}`);
    if (!/\.[ch]$/.test(file)) return;
    let start = -1; // in clang-format's layout only functions have their braces in the first column
    lines.forEach((line, i) => {
        if (line === '{') start = i;
        if (line !== '}' || start < 0) return;
        if (i - start - 1 > FUNCTION_LINES)
            finds.push(`${file}:${start}: a function of ${i - start - 1} lines, more than ${FUNCTION_LINES}: ${lines[start - 1]}`);
        start = -1;
    });
}

function checkBanned(file, lines) {
    lines.forEach((line, i) => {
        for (const [, name] of line.replace(/"(\\.|[^"\\])*"/g, '""').matchAll(/\b(\w+)\s*\(/g))
            if (Object.hasOwn(BANNED, name)) finds.push(`${file}:${i + 1}: ${name} is banned; use ${BANNED[name]}`);
    });
}

/* Documents, the program's strings and the app's English. docs/experiments is written by a program. */
function checkWords() {
    const strings = (line) => [...line.matchAll(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'/g)].map(([, double, single]) => double ?? single).join(' … ');
    const read = (names, words) => names.forEach((file) => readFileSync(file, 'utf8').split('\n').forEach((line, i) => {
        for (const [pattern, better] of STILTED) {
            const found = words(line).match(pattern);
            if (found) finds.push(`${file}:${i + 1}: "${found[0]}": write "${better}"`);
        }
    }));
    read(files.filter((file) => (file.endsWith('.md') && !file.startsWith('docs/experiments/')) || file === 'docs/openapi.yaml'), (line) => line);
    read(files.filter((file) => /^src\/.*\.c$/.test(file) || /^web\/src\/i18n\/(?:reasons\/)?en\.ts$/.test(file)), strings);
}

function checkText() {
    for (const file of [...sources, ...programs, ...shells, ...files.filter((name) => name.endsWith('.S'))]) {
        const lines = readFileSync(file, 'utf8').split('\n');
        checkSizes(file, lines);
        const width = /\.[ch]$/.test(file) ? C_WIDTH : LINE_WIDTH;
        if (/\.[ch]$/.test(file)) checkBanned(file, lines);
        lines.forEach((line, i) => {
            if (line.length > width) finds.push(`${file}:${i + 1}: ${line.length} columns, more than ${width}`);
            if (/\s$/.test(line)) finds.push(`${file}:${i + 1}: white space at the end of the line`);
        });
    }
}

// ---- What other programs check ----

const batch = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
const includes = [...new Set(sources.filter((file) => file.endsWith('.h')).map((file) => `-I${dirname(file)}`))];

function tidyJobs() {
    // clang-tidy takes the flags of the build that clang does; only files that are compiled there have some.
    const compiled = new Set(JSON.parse(readFileSync('build-asan/compile_commands.json'))
        .map(({ directory, file }) => resolve(directory, file)));
    // One process a file: with several, clang-tidy 14 sees uninitialised va_lists in all but the first.
    return sources.filter((file) => compiled.has(resolve(file)))
        .map((file) => ['clang-tidy', '--quiet', '-p', 'build-asan', file]);
}

function jobs() {
    return [
        // readdir is safe on a stream of one's own; an exit status is an int; tests leak and map on purpose, and check with
        // CHECK(file != NULL), which cppcheck does not follow.
        ['cppcheck', '--quiet', '--std=c11', '--library=posix,gnu,tools/cppcheck.cfg', '--enable=warning,performance,portability',
            '--inline-suppr', ...['missingIncludeSystem', 'readdirCalled', 'invalidFunctionArgBool', 'resourceLeak:tests/*',
                'memleak:tests/*', 'leakReturnValNotUsed:tests/*'].map((name) => `--suppress=${name}`),
            '--error-exitcode=1', '-D_GNU_SOURCE', ...includes, ...sources.filter((file) => file.endsWith('.c'))],
        ['node', 'tests/layers.mjs', 'build'],
        ...tidyJobs(),
        ...batch(sources, 40).map((some) => ['clang-format', '--dry-run', '-Werror', ...some]),
        ...programs.map((file) => ['node', '--check', file]),
        ['shellcheck', '-x', ...shells],
    ];
}

function run(command) {
    return new Promise((done) => {
        const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
        let output = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += data; });
        child.on('error', (error) => { finds.push(`${command[0]}: ${error.message}`); done(); });
        child.on('close', (code) => {
            if (code !== 0) finds.push(output.split('\n').filter((line) => !/^ok |warnings? (generated|treated)|^Suppressed/.test(line)).join('\n').trimEnd());
            done();
        });
    });
}

// Configured only, for their flags, and with the headers that are made in the build.
for (const folder of ['build', 'build-asan']) execFileSync('tools/configure', [folder], { stdio: ['ignore', 'ignore', 'inherit'] });
checkText();
checkWords();
const waiting = jobs();
await Promise.all(cpus().map(async () => { for (let job; (job = waiting.shift());) await run(job); }));
for (const find of finds) console.log(find);
console.log(finds.length === 0 ? `${files.length} files are clean` : `${finds.length} findings`);
process.exitCode = finds.length === 0 ? 0 : 1;
