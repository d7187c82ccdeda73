// Proves that the layers hold: with the flags that Meson compiles a folder with, the headers of lower layers that it
// names can be included, and those of its siblings and of higher layers can't. A folder within a folder is of its layer.
// Usage: node tests/layers.mjs BUILD_FOLDER
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const LAYERS = [
    ['base'],
    ['http', 'http_client', 'worker_pool'],
    ['store', 'blob', 'image', 'moderation'],
    ['workflow', 'darkroom', 'moderator'],
    ['photos', 'load', 'fleet'],
    ['uploads', 'pipeline', 'moving'],
    ['api'],
    ['cmd'],
];
// Libraries that only one folder (or two) may know, so that they can be replaced and sandboxed.
const OWNERS = {
    microhttpd: 'http', curl: 'http_client', openssl: ['base', 'http_client'], sqlite3: 'store/sqlite', vips: 'darkroom', webp: 'darkroom',
    jpeglib: 'darkroom', lcms2: 'darkroom', seccomp: 'worker_pool', 'libpq-fe': 'store/postgres',
};

const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..');
const build = resolve(process.argv[2] ?? join(root, 'build'));
const topOf = (folder) => folder.split('/')[0];
const layerOf = (folder) => LAYERS.findIndex((layer) => layer.includes(topOf(folder)));

let count = 0;
let failures = 0;
function report(held, name, details = []) {
    failures += held ? 0 : 1;
    for (const line of details) console.log(`# ${line}`);
    console.log(`${held ? 'ok' : 'not ok'} ${++count} - ${name}`);
}

const filesIn = (folder, ending) =>
    readdirSync(join(root, 'src', folder)).filter((name) => name.endsWith(ending)).sort();

/* The command that compiles one source of the folder, without its input and output: only flags are left. */
function readFlags() {
    const flags = new Map();
    for (const { file, directory, command } of JSON.parse(readFileSync(join(build, 'compile_commands.json')))) {
        const folder = relative(join(root, 'src'), dirname(resolve(directory, file)));
        if (folder.startsWith('..')) continue;
        const words = command.match(/'[^']*'|\S+/g).map((word) => word.replace(/^'|'$/g, ''));
        const kept = words.filter((word, i) =>
            !['-c', '-o', '-MD', '-MQ', '-MF'].includes(word) && !['-c', '-o', '-MQ', '-MF'].includes(words[i - 1]));
        flags.set(folder, { directory, command: kept });
    }
    return flags;
}

/* What a source of `folder` gets by including the header: null when it is the one of `other`, else what comes instead. */
function includeHeader({ directory, command }, folder, header, other) {
    return new Promise((done) => {
        // The source comes from stdin; -iquote is how a real one finds the headers beside it. -H lists what was included.
        const flags = ['-iquote', join(root, 'src', folder), '-fsyntax-only', '-H', '-fdiagnostics-color=never', '-x', 'c', '-'];
        const child = spawn(command[0], [...command.slice(1), ...flags], { cwd: directory });
        let errors = '';
        child.stderr.on('data', (data) => { errors += data; });
        child.on('close', (code) => {
            const path = errors.match(/^\. (.*)$/m)?.[1];
            const error = errors.match(/^.*error: (.*)$/m)?.[1] ?? `exit status ${code}`;
            const is = path && resolve(directory, path) === join(root, 'src', other, header);
            done(is && code === 0 ? null : path && !is ? 'it is another header of that name' : error);
        });
        child.stdin.end(`#include "${header}"\n`);
    });
}

async function checkPair(flags, folder, other) {
    const headers = filesIn(other, '.h');
    if (headers.length === 0 || (folder !== other && topOf(folder) === topOf(other))) return;
    const relation = Math.sign(layerOf(folder) - layerOf(other));
    const declared = flags.command.some((word) => word.startsWith('-I') && word.endsWith(`src/${other}`));
    if (relation > 0 && !declared) return; // it does without that layer
    const expected = folder === other || relation > 0;
    const details = [];
    for (const header of headers) {
        const error = await includeHeader(flags, folder, header, other);
        const absent = error?.includes(`${header}: No such file or directory`) || error?.includes('another header');
        if (expected ? error : !absent) details.push(`src/${folder} including ${header}: ${error ?? 'it compiles'}`);
    }
    const verb = folder === other ? 'finds its own headers' : `${expected ? 'may' : 'can\'t'} include src/${other}`;
    report(details.length === 0, `src/${folder} ${verb}`, details);
}

/* Two headers of one name, both in sight of a third folder, would be taken for each other there. */
function checkNames(flags, folder) {
    const seen = folders.filter((other) => other === folder || flags.command.some((word) => word.startsWith('-I') && word.endsWith(`src/${other}`)));
    const homes = new Map();
    for (const other of seen) for (const header of filesIn(other, '.h')) homes.set(header, [...homes.get(header) ?? [], `src/${other}`]);
    const details = [...homes].filter(([, places]) => places.length > 1).map(([header, places]) => `${header}: ${places.join(', ')}`);
    report(details.length === 0, `src/${folder} sees one header of each name`, details);
}

/* What flags can't see: paths that climb out of the folder, and libraries that belong to another folder. */
function checkIncludes(folder) {
    const details = [];
    for (const name of [...filesIn(folder, '.c'), ...filesIn(folder, '.h')])
        for (const [, path] of readFileSync(join(root, 'src', folder, name), 'utf8').matchAll(/^\s*#\s*include\s*["<]([^">]+)/gm)) {
            const owner = OWNERS[path.split(/[/.]/)[0]];
            if (path.includes('..')) details.push(`src/${folder}/${name} climbs out of its folder: ${path}`);
            if (owner && ![owner].flat().includes(folder)) details.push(`src/${folder}/${name}: ${path} belongs to src/${owner}`);
        }
    report(details.length === 0, `src/${folder} includes no path and no library of another folder`, details);
}

/* Only the rules ask the store: what api calls is photos_*, upload_* and the like. Types of the store come with these. */
const PAST_PHOTOS = /\bstore_(?!\w+_row\b)\w+\s*\(|\bblob_(get|put|copy|delete|list|open|close|upload|parts)\w*\s*\(|#include "(store|blob)\w*\.h"/;
function checkPastPhotos(folder) {
    const details = [];
    for (const name of [...filesIn(folder, '.c'), ...filesIn(folder, '.h')])
        readFileSync(join(root, 'src', folder, name), 'utf8').split('\n').forEach((line, i) => {
            if (PAST_PHOTOS.test(line)) details.push(`src/${folder}/${name}:${i + 1}: ${line.trim()}`);
        });
    report(details.length === 0, `src/${folder} asks for metadata and objects through src/photos alone`, details);
}

const foldersIn = (folder) => readdirSync(join(root, 'src', folder)).filter((name) => statSync(join(root, 'src', folder, name)).isDirectory())
    .map((name) => join(folder, name)).flatMap((name) => [name, ...foldersIn(name)]);
const folders = foldersIn('.');
const allFlags = readFlags();
const work = [];
for (const folder of folders) {
    report(layerOf(folder) >= 0, `src/${folder} is of a layer`);
    const flags = allFlags.get(folder);
    report(flags !== undefined, `src/${folder} is compiled`);
    checkIncludes(folder);
    if (flags) checkNames(flags, folder);
    if (flags) work.push(...folders.map((other) => () => checkPair(flags, folder, other)));
}
checkPastPhotos('api');
const worker = async () => { for (let job; (job = work.shift());) await job(); };
await Promise.all(Array.from({ length: availableParallelism?.() ?? cpus().length }, worker));
console.log(`1..${count}`);
process.exitCode = failures > 0 ? 1 : 0;
