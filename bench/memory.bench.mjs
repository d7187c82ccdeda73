// Resident memory: of the idle server, and of a darkroom process at its peak.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memory, published, startServer, stop, tree, upload, uploadBody } from './server.mjs';
import { LARGE_PHOTO, makePhoto } from './pictures.mjs';

const MEGABYTE = 1e6;
const SMALL_PHOTOS = 50;

export async function measure(context) {
    const server = await startServer(context.program, join(context.folder, 'data'), ['--darkrooms', '1', '--moderator', 'none']);
    try {
        const fresh = memory(server.pid, 'VmRSS');
        const small = uploadBody(readFileSync(makePhoto(context, 1600, 1200)));
        for (let i = 0; i < SMALL_PHOTOS; i++) await published(server.url, await upload(server.url, small));
        const idle = memory(server.pid, 'VmRSS');
        await published(server.url, await upload(server.url, uploadBody(readFileSync(LARGE_PHOTO))));
        const peaks = tree(server.pid).slice(1).map((pid) => memory(pid, 'VmHWM'));
        return [
            { what: 'resident memory of the idle server', value: idle / MEGABYTE, unit: 'MB', most: 25,
              note: `VmRSS after ${SMALL_PHOTOS} photos were published; ${(fresh / MEGABYTE).toFixed(1)} MB right after its start` },
            { what: 'resident memory of a darkroom process at its peak', value: Math.max(...peaks) / MEGABYTE, unit: 'MB', most: 90,
              note: 'the largest VmHWM below the server after a JPEG of 5640x3172 (18 megapixels)' },
        ];
    } finally {
        await stop(server.child);
    }
}
