// Takes jobs from the queue to the server, a few at once, then what their authors say of them, and tries again what can be
// hoped for. Runs in page and worker.
import { asProblem } from '../lib/problem';
import { changePhoto, findOwnPhoto, type Problem } from '../lib/api';
import { isForSender, stepSending, type Job, type JobWords, type SendingEvent } from './job';
import { dropFile, fileOf, listJobs, saveJob, saveWords } from './store';
import { sendFile, terminate, type Hooks } from './tus';

const LANES = 2; // a browser opens six connections to a server: some are left for looking at photos
const PAUSE_MS = [500, 1000, 2000, 4000, 8000, 15_000];
const HASH_MAX = 512 << 20;

export interface Sender {
    /* Looks into the queue. Resolves when nothing is left that can be sent now. */
    run(): Promise<void>;
    cancel(id: string): void;
}

export type Told = { kind: 'job'; job: Job } | { kind: 'words'; id: string; words: JobWords };

export function makeSender(tell: (told: Told) => void): Sender {
    const active = new Map<string, AbortController>();
    const pauses = new Map<string, number>();
    const resting = new Set<string>();

    const next = async () => (await listJobs()).find((job) => isForSender(job) && !active.has(job.id) && !resting.has(job.id));

    let calls = 0;
    async function lane() {
        for (let seen = -1; seen !== calls;) { // who calls while all lanes are looking may have put there what they don't see
            seen = calls;
            for (let job; (job = await next());) {
                if (active.has(job.id)) continue; // the other lane was quicker
                const control = new AbortController();
                active.set(job.id, control);
                try { await (job.photoId ? sendWords(job, control.signal) : sendJob(job, control.signal)); } finally { active.delete(job.id); }
            }
        }
    }

    async function sendJob(start: Job, signal: AbortSignal) {
        let job = start;
        const happen = async (event: SendingEvent) => {
            if (signal.aborted) return;
            job = stepSending(job, event);
            if (event.kind !== 'progress') await saveJob(job); // where it goes on is asked of the server, not of the store
            tell({ kind: 'job', job });
        };
        try {
            const file = await fileOf(job.id);
            if (!file) { await happen({ kind: 'failed', reason: { error_code: 'app-file-forgotten' } }); return; }
            await happen({ kind: 'begun' });
            const present = job.uploadUrl ? null : await askForPresent(job, file, signal);
            if (present) await happen({ kind: 'present', photoId: present });
            else {
                const upload = { ...job, url: job.uploadUrl };
                const hooks: Hooks = {
                    signal,
                    created: (url) => happen({ kind: 'created', url }),
                    progress: (sent) => void happen({ kind: 'progress', sent }),
                };
                await happen({ kind: 'accepted', photoId: await sendFile(file, upload, hooks) });
            }
            pauses.delete(job.id);
            await dropFile(job.id);
        } catch (error) {
            if (!signal.aborted) await fail(job, asProblem(error), happen);
        }
    }

    async function fail(job: Job, problem: Problem, happen: (event: SendingEvent) => Promise<void>) {
        const { status, reason } = problem;
        const kind = isRefusal(status) ? 'refused' : isPassing(status) ? 'cut' : 'failed';
        await happen({ kind, reason });
        if (kind === 'cut') rest(job.id);
    }

    async function sendWords(job: Job, signal: AbortSignal) {
        const words = job.words!;
        const { caption, alt_text } = words;
        const problem = await changePhoto(job.photoId!, job.author, { caption, alt_text }, { signal }).then(() => null, asProblem);
        if (signal.aborted) return;
        if (problem && isPassing(problem.status)) { tell({ kind: 'words', id: job.id, words }); rest(job.id); return; }
        pauses.delete(job.id);
        const told = { ...words, isToTell: false, reason: problem && problem.reason };
        await saveWords(job.id, told);
        tell({ kind: 'words', id: job.id, words: told });
    }

    /* A job that met with trouble lets the others go first, and goes on by itself, or as soon as there is a network again. */
    function rest(id: string) {
        const tries = pauses.get(id) ?? 0;
        pauses.set(id, tries + 1);
        resting.add(id);
        const wake = () => {
            clearTimeout(timer);
            removeEventListener('online', wake);
            resting.delete(id);
            void run();
        };
        const timer = setTimeout(wake, PAUSE_MS[Math.min(tries, PAUSE_MS.length - 1)]!);
        addEventListener('online', wake);
    }

    let lanes = 0;
    async function run() {
        calls++;
        await Promise.all(Array.from({ length: LANES - lanes }, async () => {
            lanes++;
            try { await lane(); } finally { lanes--; }
        }));
    }

    return { run, cancel: (id) => active.get(id)?.abort() };
}

/* By content: the same photo under another name is the same photo. Without a secure page browsers do not hash. */
async function askForPresent(job: Job, file: Blob, signal: AbortSignal): Promise<string | null> {
    if (!globalThis.crypto?.subtle || file.size > HASH_MAX) return null;
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
    return await findOwnPhoto(job.author, Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''), { signal });
}

/* No network, a server that is away or busy, an offset that has moved, a piece that was damaged: all these pass. */
const isPassing = (status: number) => status === 0 || status >= 500 || [408, 409, 423, 425, 429, 460].includes(status);
/* The photo itself is at fault. */
const isRefusal = (status: number) => [400, 413, 415, 422].includes(status);

/* Nothing of a cancelled job stays on the server, whatever became of it meanwhile. */
export async function forgetAtServer(job: Job, deletePhoto: (id: string, author: string) => Promise<unknown>) {
    if (job.photoId && !job.isPresent) await deletePhoto(job.photoId, job.author).catch(() => {});
    else await terminate({ ...job, url: job.uploadUrl });
}
