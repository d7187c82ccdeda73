// Follows photos at the server by its event stream, a few at once: the first event says where a photo is, so none is missed.
import { API, send, type Status } from '../lib/api';
import { isAtServer, type Job, type JobEvent } from './job';

const STREAMS = 2;
const AGAIN_MS = 3000;

export interface Watcher { look(jobs: readonly Job[]): void }

export function makeWatcher(happened: (id: string, event: JobEvent) => void): Watcher {
    const streams = new Map<string, EventSource>();
    let latest: readonly Job[] = [];

    function look(jobs: readonly Job[]) {
        latest = jobs;
        for (const [id, stream] of streams)
            if (!jobs.some((job) => job.id === id && isAtServer(job))) { stream.close(); streams.delete(id); }
        for (const job of jobs) {
            if (streams.size >= STREAMS) break;
            if (isAtServer(job) && job.photoId && !streams.has(job.id)) watch(job.id, job.photoId);
        }
    }

    function watch(id: string, photoId: string) {
        const stream = new EventSource(`${API}/events?photo=${photoId}`);
        streams.set(id, stream);
        const tell = (event: JobEvent) => { if (streams.get(id) === stream) happened(id, event); };
        stream.addEventListener('stage', ({ data }) => tell({ kind: 'stage', stage: (JSON.parse(data as string) as { stage: string }).stage }));
        stream.addEventListener('end', ({ data }) => tell(endOf(data as string)));
        stream.addEventListener('deleted', () => tell({ kind: 'failed', reason: 'The photo was deleted.' }));
        stream.addEventListener('error', () => { if (stream.readyState === EventSource.CLOSED) void closed(id, photoId, stream); });
    }

    /* The browser reconnects by itself, unless it was answered with an error: then the photo is gone, or the server not well. */
    async function closed(id: string, photoId: string, stream: EventSource) {
        const answer = await send(`/uploadStatus/${photoId}`).catch(() => null);
        if (streams.get(id) !== stream) return;
        if (answer?.status === 404) { happened(id, { kind: 'failed', reason: 'The photo was deleted.' }); return; }
        setTimeout(() => { if (streams.get(id) === stream) { streams.delete(id); look(latest); } }, AGAIN_MS);
    }
    return { look };
}

function endOf(data: string): JobEvent {
    const { status, error_message } = JSON.parse(data) as { status: Status; error_message: string | null };
    return { kind: 'ended', status, reason: error_message };
}
