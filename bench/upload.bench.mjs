// Uploading: how soon after its answer a photo is published, and how many are published a second, both against the bare
// pipeline: the same decoding, resizing and encoding called directly, without server, store, workflow or sandbox.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds, median, ownCpuSeconds, published, startServer, stop, upload, uploadBody } from './server.mjs';
import { barePipeline, barePipelines, makePhoto } from './pictures.mjs';

const LATENCY_ROUNDS = 20;
const LOAD_ROUNDS = 5;
const LOAD_PHOTOS = 40;
const BARE_PHOTOS = 6;
const CLIENTS = 16;

/* An idle server takes one photo at a time; the bare pipeline does the same photo in turn with it. */
async function measureLatency(context, photo, server) {
    const body = uploadBody(readFileSync(photo));
    const served = [];
    const bare = [];
    for (let round = -3; round < LATENCY_ROUNDS; round++) { // the first three warm up
        const id = await upload(server.url, body);
        const answered = performance.now();
        await published(server.url, id);
        const elapsed = performance.now() - answered;
        const alone = barePipeline(context, photo, 3).wall_s * 1000;
        if (round >= 0) served.push(elapsed) && bare.push(alone);
    }
    return {
        what: 'from the response to an upload to SUCCESS, idle server, against the bare pipeline',
        value: median(served) / median(bare), most: 1.15,
        note: `median of ${LATENCY_ROUNDS}, alternating, 4000x3000 JPEG: ${median(served).toFixed(1)} ms served, `
            + `${median(bare).toFixed(1)} ms bare`,
    };
}

/* CPU seconds that the machine has spent on whatever it was. */
function busySeconds() {
    return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}

/* One batch, whole: from the first byte sent until the last photo is published, its start and its tail too. */
async function loadServer(server, body) {
    const cpuBefore = cpuSeconds(server.pid);
    const ownBefore = ownCpuSeconds(server.pid);
    const clientBefore = process.cpuUsage();
    const busyBefore = busySeconds();
    const start = performance.now();
    let left = LOAD_PHOTOS;
    const ids = [];
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
        while (left-- > 0) ids.push(await upload(server.url, body));
    }));
    await Promise.all(ids.map((id) => published(server.url, id)));
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(clientBefore);
    const client = (user + system) / 1e6;
    const cpu = cpuSeconds(server.pid) - cpuBefore;
    return {
        rate: LOAD_PHOTOS / seconds,
        cpu: cpu / LOAD_PHOTOS,
        ownCpu: (ownCpuSeconds(server.pid) - ownBefore) / LOAD_PHOTOS,
        clientCpu: client / LOAD_PHOTOS,
        otherShare: (busySeconds() - busyBefore - cpu - client) / seconds / cpus().length,
    };
}

/* The machine's clock and its neighbours change within seconds, so each batch is held against the bare pipelines that ran right
 * before and right behind it; and they run on all cores at once, for with full load the cores share caches, memory and clock, and a
 * photo costs more CPU time than alone. A batch is timed whole, so its tail counts, when one core has no photo left: half a
 * photo's time on one core, which is little (1 % on two cores) of a batch of that length. */
async function measureLoad(context, photo, server) {
    const body = uploadBody(readFileSync(photo));
    const cores = cpus().length;
    const measureBare = () => barePipelines(context, photo, BARE_PHOTOS, cores);
    const rounds = [];
    let before = await measureBare();
    for (let round = 0; round < LOAD_ROUNDS; round++) {
        const served = await loadServer(server, body);
        const behind = await measureBare();
        const bareCpu = (before + behind) / 2;
        rounds.push({ ...served, bareCpu, possible: cores / bareCpu, ratio: served.rate * bareCpu / cores });
        before = behind;
    }
    const middle = (name) => median(rounds.map((round) => round[name]));
    const milliseconds = (name) => (middle(name) * 1000).toFixed(1);
    const ratios = rounds.map((round) => round.ratio.toFixed(2)).sort();
    return {
        what: 'photos published per second at full load, against cores / CPU seconds of the bare pipeline',
        value: middle('ratio'), least: 0.9,
        note: `median of ${LOAD_ROUNDS} rounds (${ratios[0]} to ${ratios.at(-1)}), each with ${LOAD_PHOTOS} uploads of a 4000x3000 JPEG by ${CLIENTS} clients, `
            + `timed from the first byte sent until the last is published, and the bare pipeline before and after it in ${cores} processes side by side, `
            + `${BARE_PHOTOS} photos each: ${middle('rate').toFixed(2)} a second; the bare pipeline takes ${milliseconds('bareCpu')} CPU ms per photo with all cores at work, `
            + `so ${cores} cores could do ${middle('possible').toFixed(2)}. The server spent ${milliseconds('cpu')} CPU ms per photo, `
            + `${milliseconds('ownCpu')} of them outside its darkroom, the client on the same cores ${milliseconds('clientCpu')}; `
            + `everything else on the machine, kernel threads included, used ${(middle('otherShare') * 100).toFixed(1)}% of its cores meanwhile`,
    };
}

export async function measure(context) {
    const photo = makePhoto(context, 4000, 3000);
    const server = await startServer(context.program, join(context.folder, 'data'), ['--moderator', 'none']);
    try {
        return [await measureLatency(context, photo, server), await measureLoad(context, photo, server)];
    } finally {
        await stop(server.child);
    }
}
