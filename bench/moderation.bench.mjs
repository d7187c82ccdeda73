// Moderation on this machine: the cascade against every net on every region; the models against those of 23 November 2026, in turns; what
// its processes need, and what it adds to an upload.
// CLOUDPHOTOS_PHOTOGRAPHS names a folder with accept/ and refuse/LABEL/ for the first; without it the suite beside the project serves.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makePhoto } from './pictures.mjs';
import { cpuSeconds, median, memory, published, startServer, stop, tree, upload, uploadBody } from './server.mjs';

const ROUNDS = 3;
const STARTS = 7;
const UPLOADS = 40;
const CLIENTS = 4;
const MEGABYTE = 2 ** 20;

const moderatorsOf = (pid) => tree(pid).filter((one) => {
    try { return readFileSync(`/proc/${one}/comm`, 'utf8').startsWith('cloudphotos-mod'); } catch { return false; }
});

/* What eval finds, without what it cost. */
function evaluate(program, folder, words) {
    const { stdout, stderr, status } = spawnSync(program, ['admin', 'moderation', 'eval', folder, ...words], { encoding: 'utf8', maxBuffer: 64 * MEGABYTE });
    if (status !== 0) throw new Error(`eval: ${stderr}`);
    const verdicts = stdout.split('\n').filter((line) => /^(missed|false alarm|not looked at)/.test(line)).map((line) => line.replace(/ +\d+\.\d /, ' '));
    return { milliseconds: Number(stdout.match(/([\d.]+) ms of CPU time/)[1]), verdicts: verdicts.join('\n') };
}

function measureCascade({ program }, photographs) {
    const count = Number(execFileSync('sh', ['-c', 'find "$1" -type f | wc -l', 'sh', photographs]));
    const every = evaluate(program, photographs, ['--everything']), cascade = evaluate(program, photographs, []);
    if (every.verdicts !== cascade.verdicts)
        throw new Error(`the cascade's verdicts are others: ${cascade.verdicts}; with every net everywhere: ${every.verdicts}`);
    return {
        what: 'CPU time to moderate a photo, cascade against every network on every tile', value: cascade.milliseconds / every.milliseconds,
        most: 0.5, note: `${count} photographs, the same ${count} verdicts: ${cascade.milliseconds} ms against ${every.milliseconds} ms a photo, `
            + 'each with its share of loading the models (`cloudphotos admin moderation eval`, with and without `--everything`)',
    };
}

/* The folder of the models before: downloaded once, as `make models` does it. */
function obtainEarlier({ root, build }) {
    const folder = join(build, 'models-before');
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(root, 'bench', 'moderation-before.json'), join(folder, 'manifest.json'));
    execFileSync(process.execPath, [join(root, 'tools', 'models', 'obtain.mjs'), folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    const { runtime, models } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const missing = [runtime, ...models].filter(({ file }) => !existsSync(join(folder, file)));
    if (missing.length) throw new Error(`of the models before, ${missing.map(({ file }) => file).join(', ')} couldn't be downloaded`);
    return folder;
}

function compareTimes({ program }, folders, photographs) {
    const times = folders.map(() => []);
    for (let round = 0; round < ROUNDS; round++)
        folders.forEach((folder, i) => times[i].push(evaluate(program, photographs, ['--models', folder]).milliseconds));
    const [now, before] = times.map(median);
    return {
        what: 'CPU time to moderate a photo, models of today against those of 23 November 2026', value: now / before, most: 1.4,
        note: `${now} ms against ${before} ms a photo, medians of ${ROUNDS}, in turns, each with its share of loading the models `
            + '(`make bench TEST=moderation`)',
    };
}

/* Seconds until a server with these options is ready, and the memory of its largest moderator process then. */
async function startOnce({ program, folder }, options) {
    const begin = performance.now();
    const server = await startServer(program, join(folder, 'starts'), options);
    const seconds = (performance.now() - begin) / 1000;
    const bytes = Math.max(0, ...moderatorsOf(server.pid).map((pid) => memory(pid, 'VmRSS')));
    await stop(server.child);
    return { seconds, bytes };
}

async function measureStarts(context, [now, before]) {
    const contestants = { now: ['--moderator', 'onnx', '--models', now], before: ['--moderator', 'onnx', '--models', before],
        none: ['--moderator', 'none'] };
    const found = { now: [], before: [], none: [] };
    for (let i = 0; i < STARTS; i++)
        for (const [name, options] of Object.entries(contestants)) found[name].push(await startOnce(context, options));
    const seconds = (name) => median(found[name].map((one) => one.seconds)), bytes = (name) => median(found[name].map((one) => one.bytes));
    return [{
        what: 'moderator start to ready', value: seconds('now') - seconds('none'), unit: 's', most: 1.5,
        note: `the server ready with moderation after ${seconds('now').toFixed(2)} s, with the models of 23 November after `
            + `${seconds('before').toFixed(2)} s, without any after ${seconds('none').toFixed(2)} s, medians of ${STARTS}, alternating`,
    }, {
        what: 'memory of the loaded models, today against 23 November 2026', value: bytes('now') / bytes('before'), most: 0.8,
        note: `VmRSS of the moderator's largest process when the server is ready: ${(bytes('now') / MEGABYTE).toFixed(0)} MB against `
            + `${(bytes('before') / MEGABYTE).toFixed(0)} MB, medians of ${STARTS}`,
    }];
}

/* CPU seconds of the server and its processes, a photo, while both cores have more to do than they can. */
async function measureLoad({ program, folder }, body, moderator) {
    const server = await startServer(program, mkdtempSync(join(folder, 'load-')), ['--moderator', moderator]);
    let left = UPLOADS;
    const before = cpuSeconds(server.pid), begin = performance.now();
    try {
        await Promise.all(Array.from({ length: CLIENTS }, async () => {
            while (left-- > 0) await published(server.url, await upload(server.url, body));
        }));
        return { cpu: (cpuSeconds(server.pid) - before) / UPLOADS, seconds: (performance.now() - begin) / 1000,
            memory: Math.max(0, ...moderatorsOf(server.pid).map((pid) => memory(pid, 'VmHWM'))) };
    } finally {
        await stop(server.child);
    }
}

async function measureUploads(context) {
    const body = uploadBody(readFileSync(makePhoto(context, 4000, 3000)));
    const without = await measureLoad(context, body, 'none'), moderated = await measureLoad(context, body, 'onnx');
    const milliseconds = ({ cpu }) => (cpu * 1000).toFixed(0);
    return [{
        what: 'CPU time from upload to SUCCESS, with moderation against without', value: moderated.cpu / without.cpu, most: 1.5,
        note: `${UPLOADS} uploads of a 4000x3000 JPEG by ${CLIENTS} clients: ${milliseconds(moderated)} ms of CPU time per photo against `
            + `${milliseconds(without)} ms, ${moderated.seconds.toFixed(1)} s against ${without.seconds.toFixed(1)} s in all`,
    }, {
        what: 'memory of a moderator process', value: moderated.memory / MEGABYTE, unit: 'MB', most: 320,
        note: `the maximum of all of them (VmHWM) after ${UPLOADS} photos; nearly all of it is shared among them`,
    }];
}

export async function measure(context) {
    const models = join(context.root, 'models');
    if (!readdirSync(models).some((name) => name.endsWith('.onnx'))) throw new Error('the models are not there: make models');
    const photographs = process.env.CLOUDPHOTOS_PHOTOGRAPHS
        ?? join(process.env.CLOUDPHOTOS_SHARED ?? join(context.root, '..', 'shared'), 'suites', 'moderation');
    const folders = [models, obtainEarlier(context)];
    return [
        ...(existsSync(photographs) ? [measureCascade(context, photographs), compareTimes(context, folders, photographs)] : []),
        ...await measureStarts(context, folders), ...await measureUploads(context),
    ];
}
