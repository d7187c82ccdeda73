// One upload, from the moment a file was chosen: its states, and what may follow on what. Nothing here does anything:
// `step` says what a job becomes when something has happened to it.
import type { Status } from '../lib/api';

export type JobState = 'queued' | 'sending' | 'waiting' | 'checking' | 'processing' | 'published' | 'refused' | 'failed';

export interface Job {
    id: string;
    author: string;
    name: string;
    size: number;
    added: number;              // when, in milliseconds; the queue is in this order
    state: JobState;
    sent: number;               // bytes that the server has
    uploadUrl: string | null;   // where the server takes the rest
    photoId: string | null;     // once the server has all of it
    isPresent: boolean;         // the author had this photo already
    reason: string | null;      // why it was refused or has failed, for a person
}

export type JobEvent =
    | { kind: 'adopted'; author: string }               // what came without an author has one now
    | { kind: 'begun' }
    | { kind: 'created'; url: string }
    | { kind: 'progress'; sent: number }
    | { kind: 'cut' }                                   // no network; it goes on by itself
    | { kind: 'present'; photoId: string }
    | { kind: 'accepted'; photoId: string }
    | { kind: 'stage'; stage: string }                  // a state of the server's workflow
    | { kind: 'ended'; status: Status; reason: string | null }
    | { kind: 'refused'; reason: string }
    | { kind: 'failed'; reason: string }
    | { kind: 'retried' };

/* Stages of workflows/photo-upload.asl.json after the photo was looked at; all before them are checks. */
const PROCESSING = new Set(['Resize', 'Publish']);

const TO_SEND: readonly JobState[] = ['queued', 'sending', 'waiting'];
const AT_SERVER: readonly JobState[] = ['checking', 'processing'];
const FINISHED: readonly JobState[] = ['published', 'refused', 'failed'];

export const isToSend = (job: Job) => job.author !== '' && TO_SEND.includes(job.state);
export const isAtServer = (job: Job) => AT_SERVER.includes(job.state);
export const isFinished = (job: Job) => FINISHED.includes(job.state);

type Rules = { [Kind in JobEvent['kind']]: { from: readonly JobState[]; to: (job: Job, event: Extract<JobEvent, { kind: Kind }>) => Partial<Job> } };

const rules: Rules = {
    adopted: { from: ['queued'], to: (job, { author }) => ({ author: job.author || author }) },
    begun: { from: TO_SEND, to: () => ({ state: 'sending', reason: null }) },
    created: { from: TO_SEND, to: (_, { url }) => ({ uploadUrl: url, sent: 0 }) },
    progress: { from: TO_SEND, to: (job, { sent }) => ({ state: 'sending', sent: Math.min(job.size, sent) }) },
    cut: { from: TO_SEND, to: () => ({ state: 'waiting' }) },
    present: { from: TO_SEND, to: (job, { photoId }) => ({ state: 'published', photoId, isPresent: true, sent: job.size }) },
    accepted: { from: TO_SEND, to: (job, { photoId }) => ({ state: 'checking', photoId, sent: job.size, uploadUrl: null }) },
    stage: { from: AT_SERVER, to: (_, { stage }) => ({ state: PROCESSING.has(stage) ? 'processing' : 'checking' }) },
    ended: {
        from: AT_SERVER,
        to: (_, { status, reason }) => (status === 'SUCCESS' ? { state: 'published', reason: null } : { state: 'refused', reason }),
    },
    refused: { from: [...TO_SEND, ...AT_SERVER], to: (_, { reason }) => ({ state: 'refused', reason, uploadUrl: null }) },
    failed: { from: [...TO_SEND, ...AT_SERVER], to: (_, { reason }) => ({ state: 'failed', reason }) },
    retried: {
        from: ['failed', 'waiting'],
        to: (job) => (job.photoId ? { state: 'checking', reason: null } : { state: 'queued', reason: null }),
    },
};

/* What becomes of the job. One that can't be in that situation stays as it is: tellings may come late, or twice. */
export function step(job: Job, event: JobEvent): Job {
    const rule = rules[event.kind] as { from: readonly JobState[]; to: (job: Job, event: JobEvent) => Partial<Job> };
    return rule.from.includes(job.state) ? { ...job, ...rule.to(job, event) } : job;
}

let lastAdded = 0;

export function newJob(author: string, file: { name: string; size: number }, now = Date.now()): Job {
    lastAdded = Math.max(now, lastAdded + 1);
    return {
        id: `${lastAdded.toString(36)}-${Math.random().toString(36).slice(2, 10)}`, author, name: file.name, size: file.size,
        added: lastAdded, state: 'queued', sent: 0, uploadUrl: null, photoId: null, isPresent: false, reason: null,
    };
}

/* How far all are together, 0 to 1: bytes that were sent, of those that have to be. */
export function progressOf(jobs: readonly Job[]): number {
    const open = jobs.filter((job) => !isFinished(job));
    const size = open.reduce((sum, job) => sum + job.size, 0);
    return size === 0 ? 1 : open.reduce((sum, job) => sum + job.sent, 0) / size;
}
