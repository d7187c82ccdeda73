// One upload, from the moment a file was chosen: its states, and what may follow on what. Nothing here does anything:
// `step` says what a job becomes when something has happened to it.
import type { Reason, Status } from '../lib/api';

export type JobState = 'queued' | 'sending' | 'waiting' | 'checking' | 'processing' | 'review' | 'published' | 'refused' | 'failed';

/* What the author says of a photo. */
export interface Words { caption: string; alt_text: string }
export interface JobWords extends Partial<Words> { // what is absent stays as it is
    at: number;                 // when it was said, in milliseconds: what was said last counts
    isToTell: boolean;          // the server has not heard it yet
    reason: Reason | null;      // why the server would not take it
}

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
    reason: Reason | null;      // why it was refused or has failed
    words: JobWords | null;     // changed by store.ts alone, and by no event: they may come at any time
}

export type JobEvent =
    | { kind: 'adopted'; author: string }               // what came without an author has one now
    | { kind: 'begun' }
    | { kind: 'created'; url: string }
    | { kind: 'progress'; sent: number }
    | { kind: 'cut'; reason: Reason | null }            // no network, or no room at the server; it goes on by itself
    | { kind: 'present'; photoId: string }
    | { kind: 'accepted'; photoId: string }
    | { kind: 'stage'; stage: string }                  // a state of the server's workflow
    | { kind: 'ended'; status: Status; reason: Reason | null }
    | { kind: 'refused'; reason: Reason }
    | { kind: 'failed'; reason: Reason }
    | { kind: 'retried' };

const TO_SEND: readonly JobState[] = ['queued', 'sending', 'waiting'];
const AT_SERVER: readonly JobState[] = ['checking', 'processing', 'review'];

export const isToSend = (job: Job) => job.author !== '' && TO_SEND.includes(job.state);
export const isAtServer = (job: Job) => AT_SERVER.includes(job.state);
/* The photo is at the server, which has not heard yet what its author says of it. */
export const hasWordsToTell = (job: Job) => job.words?.isToTell && (isAtServer(job) || job.state === 'published');
export const isForSender = (job: Job) => isToSend(job) || hasWordsToTell(job);
export const withWords = (job: Job, words: JobWords): Job => (job.words && job.words.at > words.at ? job : { ...job, words });

interface Rule<Event> { from: readonly JobState[]; to: (job: Job, event: Event) => Partial<Job> }
type Rules<Kind extends JobEvent['kind']> = { [One in Kind]: Rule<Extract<JobEvent, { kind: One }>> };

/* What happens to a job on its way to the server: all that the service worker has to know. */
const SENDING: Rules<'begun' | 'created' | 'progress' | 'cut' | 'present' | 'accepted' | 'refused' | 'failed'> = {
    begun: { from: TO_SEND, to: () => ({ state: 'sending', reason: null }) },
    created: { from: TO_SEND, to: (_, { url }) => ({ uploadUrl: url, sent: 0 }) },
    progress: { from: TO_SEND, to: (job, { sent }) => ({ state: 'sending', sent: Math.min(job.size, sent) }) },
    cut: { from: TO_SEND, to: (_, { reason }) => ({ state: 'waiting', reason }) },
    present: { from: TO_SEND, to: (job, { photoId }) => ({ state: 'published', photoId, isPresent: true, sent: job.size }) },
    accepted: { from: TO_SEND, to: (job, { photoId }) => ({ state: 'checking', photoId, sent: job.size, uploadUrl: null }) },
    refused: { from: [...TO_SEND, ...AT_SERVER], to: (_, { reason }) => ({ state: 'refused', reason, uploadUrl: null }) },
    failed: { from: [...TO_SEND, ...AT_SERVER], to: (_, { reason }) => ({ state: 'failed', reason }) },
};

/* Stages of workflows/photo-upload.asl.json after the photo was looked at; all before them are checks. */
const PROCESSING = ['Resize', 'Publish'];
/* Not a state of the workflow: a moderator has asked for a person's decision. */
const REVIEW = 'Review';

export const stateOf = (stage: string): JobState => (stage === REVIEW ? 'review' : PROCESSING.includes(stage) ? 'processing' : 'checking');

const BESIDE: Rules<'adopted' | 'stage' | 'ended' | 'retried'> = {
    adopted: { from: ['queued'], to: (job, { author }) => ({ author: job.author || author }) },
    stage: { from: AT_SERVER, to: (_, { stage }) => ({ state: stateOf(stage) }) },
    ended: {
        from: AT_SERVER,
        to: (_, { status, reason }) => (status === 'SUCCESS' ? { state: 'published', reason: null } : { state: 'refused', reason }),
    },
    retried: {
        from: ['failed', 'waiting'],
        to: (job) => (job.photoId ? { state: 'checking', reason: null } : { state: 'queued', reason: null }),
    },
};

export type SendingEvent = Extract<JobEvent, { kind: keyof typeof SENDING }>;

/* One that can't be in that situation stays as it is: tellings may come late, or twice. */
const follow = (rule: Rule<never>, job: Job, event: JobEvent): Job =>
    (rule.from.includes(job.state) ? { ...job, ...rule.to(job, event as never) } : job);

/* What becomes of the job. */
export const step = (job: Job, event: JobEvent) => follow({ ...SENDING, ...BESIDE }[event.kind], job, event);
export const stepSending = (job: Job, event: SendingEvent) => follow(SENDING[event.kind], job, event);

let lastAdded = 0;

export function newJob(author: string, file: { name: string; size: number }, now = Date.now()): Job {
    lastAdded = Math.max(now, lastAdded + 1);
    return {
        id: `${lastAdded.toString(36)}-${Math.random().toString(36).slice(2, 10)}`, author, name: file.name, size: file.size,
        added: lastAdded, state: 'queued', sent: 0, uploadUrl: null, photoId: null, isPresent: false, reason: null,
        words: null,
    };
}
