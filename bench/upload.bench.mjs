// Uploading: how soon after its answer a photo is published, and how many are published a second, both against the bare
// pipeline: the same decoding, resizing and encoding called directly, without server, store, workflow or sandbox.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds, median, published, startServer, stop, upload, uploadBody } from './server.mjs';
import { barePipeline, makePhoto } from './pictures.mjs';

const LATENCY_ROUNDS = 20;
const LOAD_PHOTOS = 120;
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
        what: 'from the answer of an upload to SUCCESS, idle server, against the bare pipeline',
        value: median(served) / median(bare), most: 1.15,
        note: `median of ${LATENCY_ROUNDS} in turns, 4000x3000 JPEG: ${median(served).toFixed(1)} ms served, `
            + `${median(bare).toFixed(1)} ms bare`,
    };
}

async function measureLoad(context, photo, server) {
    const body = uploadBody(readFileSync(photo));
    const bare = barePipeline(context, photo, 10);
    const client = process.cpuUsage();
    const cpuBefore = cpuSeconds(server.pid);
    const start = performance.now();
    let left = LOAD_PHOTOS;
    const ids = [];
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
        while (left-- > 0) ids.push(await upload(server.url, body));
    }));
    const uploaded = (performance.now() - start) / 1000;
    await Promise.all(ids.map((id) => published(server.url, id)));
    const seconds = (performance.now() - start) / 1000;
    const spent = cpuSeconds(server.pid) - cpuBefore;
    const { user, system } = process.cpuUsage(client);
    const rate = LOAD_PHOTOS / seconds;
    const possible = cpus().length / bare.cpu_s;
    return {
        what: 'photos published a second at full load, against cores / CPU seconds of the bare pipeline',
        value: rate / possible, least: 0.9,
        note: `${LOAD_PHOTOS} uploads of a 4000x3000 JPEG by ${CLIENTS} clients in ${uploaded.toFixed(1)} s, all published after `
            + `${seconds.toFixed(1)} s: ${rate.toFixed(2)} a second; the bare pipeline takes ${(bare.cpu_s * 1000).toFixed(0)} CPU ms a photo, `
            + `so ${cpus().length} cores could do ${possible.toFixed(2)}. The server spent ${(spent / LOAD_PHOTOS * 1000).toFixed(0)} CPU ms a photo, `
            + `the client on the same cores ${((user + system) / 1000 / LOAD_PHOTOS).toFixed(1)}`,
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
