// Follows photos at the server by its event stream, a few at once: the first event says where a photo is, so none is missed. A photo
// that waits for a person may do so for days: it is asked about now and then, and keeps no stream from others.
import { API, Problem, reasonOf, send, showPhoto, type PhotoDetail } from '../lib/api';
import { isAtServer, type Job, type JobEvent } from './job';

const STREAMS = 2;
const AGAIN_MS = 3000;
const REVIEW_MS = 30_000;

export interface Watcher { look(jobs: readonly Job[]): void }

export function makeWatcher(happened: (id: string, event: JobEvent) => void): Watcher {
    const streams = new Map<string, EventSource>();
    let latest: readonly Job[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isStreamed = (job: Job) => isAtServer(job) && job.state !== 'review';

    function look(jobs: readonly Job[]) {
        latest = jobs;
        for (const [id, stream] of streams)
            if (!jobs.some((job) => job.id === id && isStreamed(job))) { stream.close(); streams.delete(id); }
        for (const job of jobs) {
            if (streams.size >= STREAMS) break;
            if (isStreamed(job) && job.photoId && !streams.has(job.id)) watch(job.id, job.photoId);
        }
        if (jobs.some((job) => job.state === 'review')) timer ??= setTimeout(askReviews, REVIEW_MS);
    }

    function askReviews() {
        timer = undefined;
        const asked = latest.filter((job) => job.state === 'review' && job.photoId).map(async ({ id, photoId }) => {
            const answer = await showPhoto(photoId!).catch((error: unknown) => error);
            if (answer instanceof Problem && answer.status === 404) happened(id, GONE);
            else if (!(answer instanceof Error)) happened(id, reviewed(answer as PhotoDetail));
        });
        void Promise.all(asked).then(() => look(latest));
    }

    function watch(id: string, photoId: string) {
        const stream = new EventSource(`${API}/events?photo=${photoId}`);
        streams.set(id, stream);
        const tell = (event: JobEvent) => { if (streams.get(id) === stream) happened(id, event); };
        stream.addEventListener('stage', ({ data }) => tell({ kind: 'stage', stage: (JSON.parse(data as string) as { stage: string }).stage }));
        stream.addEventListener('end', ({ data }) => tell(endOf(data as string)));
        stream.addEventListener('deleted', () => tell(GONE));
        stream.addEventListener('error', () => { if (stream.readyState === EventSource.CLOSED) void closed(id, photoId, stream); });
    }

    /* The browser reconnects by itself, unless it was answered with an error: then the photo is gone, or the server not well. */
    async function closed(id: string, photoId: string, stream: EventSource) {
        const answer = await send(`/uploadStatus/${photoId}`).catch(() => null);
        if (streams.get(id) !== stream) return;
        if (answer?.status === 404) { happened(id, GONE); return; }
        setTimeout(() => { if (streams.get(id) === stream) { streams.delete(id); look(latest); } }, AGAIN_MS);
    }
    return { look };
}

const GONE: JobEvent = { kind: 'failed', reason: { error_code: 'app-photo-deleted' } };

type Ended = Pick<PhotoDetail, 'status' | 'error_message' | 'error_code' | 'error_values'>;

const ended = (photo: Ended): JobEvent => ({ kind: 'ended', status: photo.status, reason: reasonOf(photo) });
const reviewed = (photo: PhotoDetail): JobEvent => (photo.status === 'PENDING' ? { kind: 'stage', stage: photo.stage ?? '' } : ended(photo));
const endOf = (data: string) => ended(JSON.parse(data) as Ended);
