// Moderation on this machine: the cascade against every net on every place, what its processes need, and what it adds to an upload.
// CLOUDPHOTOS_PHOTOGRAPHS names a folder with accept/ and refuse/LABEL/ for the first; without it the suite beside the project serves.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makePhoto } from './pictures.mjs';
import { cpuSeconds, median, memory, published, startServer, stop, tree, upload, uploadBody } from './server.mjs';

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

async function measureStart({ program, folder }) {
    const seconds = { onnx: [], none: [] };
    for (let i = 0; i < STARTS; i++)
        for (const moderator of Object.keys(seconds)) {
            const begin = performance.now();
            const server = await startServer(program, join(folder, 'starts'), ['--moderator', moderator]);
            seconds[moderator].push((performance.now() - begin) / 1000);
            await stop(server.child);
        }
    return {
        what: 'moderator start to ready', value: median(seconds.onnx) - median(seconds.none), unit: 's', most: 1.5,
        note: `the server ready with moderation after ${median(seconds.onnx).toFixed(2)} s, without after ${median(seconds.none).toFixed(2)} s, `
            + `medians of ${STARTS}, alternating`,
    };
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
    return [...(existsSync(photographs) ? [measureCascade(context, photographs)] : []), await measureStart(context), ...await measureUploads(context)];
}
