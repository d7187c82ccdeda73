// Uploads as rows: what is sent, how far, what became of it.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { say, sayBytes, sayCount, sayDuration, sayNumber } from '../i18n';
import type { TextKey } from '../i18n/catalogue';
import { photoOf, photoPath, showPhoto, thumbnailUrl } from '../lib/api';
import { sayReason } from '../lib/reason';
import { CaptionForm } from '../photos/caption_form';
import { StillImage } from '../photos/motion';
import type { Job, JobState, Words } from '../uploads/job';
import { isFinished } from '../uploads/progress';
import { cancel, describe, retry } from '../uploads/queue';
import { failedJobs, jobs, jobsInReview, openJobs, progress, timeLeft } from '../uploads/state';
import { Icon, type IconName } from './icons';

const STATES: Record<JobState, { text: TextKey; icon: IconName }> = {
    queued: { text: 'stateQueued', icon: 'list' },
    sending: { text: 'stateSending', icon: 'upload' },
    waiting: { text: 'stateWaiting', icon: 'cloudOff' },
    checking: { text: 'stateChecking', icon: 'search' },
    processing: { text: 'stateProcessing', icon: 'image' },
    review: { text: 'stateReview', icon: 'person' },
    published: { text: 'statePublished', icon: 'check' },
    refused: { text: 'stateRefused', icon: 'alert' },
    failed: { text: 'stateFailed', icon: 'alert' },
};

/* Codes of a server that is full or busy, or has enough of this author's already. Other things that pass are over in a moment. */
const HELD_UP = /^(server|photos|uploads|address)-/;

export const stateText = (state: JobState) => STATES[state].text;

/* What became of all of them, or how many are under way. */
export function sayUploads(): string {
    const open = openJobs.value.length, failed = failedJobs.value.length, review = jobsInReview.value.length;
    if (open > 0) return sayCount('uploadsActive', open);
    const inReview = review > 0 ? [sayCount('uploadsReview', review)] : [];
    return [...sayEnded(jobs.value.length - failed - review, failed), ...inReview].join(', ');
}

function sayEnded(published: number, failed: number): string[] {
    if (failed === 0) return published > 0 ? [sayCount('uploadsDone', published)] : [];
    return [published === 0 ? sayCount('uploadsNone', failed) : say('uploadsNot', { published: sayNumber(published), failed: sayNumber(failed) })];
}

/* One line for all: how many, how long still. */
export function Summary() {
    const count = openJobs.value.length;
    const left = timeLeft.value;
    return <div class="summary">
        <strong>{sayUploads()}</strong>
        {count > 0 && left !== null && <span class="dim">{say('remaining', { time: sayDuration(left) })}</span>}
        {count > 0 && <progress max={1} value={progress.value} aria-label={say('uploads')} />}
    </div>;
}

/* The newest on top. */
export function JobList() {
    return <ul class="jobs" role="list">{jobs.value.toReversed().map((job) => <JobRow key={job.id} job={job} />)}</ul>;
}

function JobRow({ job }: { job: Job }) {
    const { text, icon } = STATES[job.state];
    const done = job.state === 'published';
    const isBad = job.state === 'refused' || job.state === 'failed';
    const isHeldUp = job.state === 'waiting' && HELD_UP.test(job.reason?.error_code ?? '');
    const editing = useSignal<Words | null>(null);
    const pencil = useRef<HTMLButtonElement>(null);
    return <li class={`job job-${job.state}`}>
        <span class="job-image">{done && job.photoId ? <StillImage url={thumbnailUrl(job.photoId)} /> : <Icon name={icon} size={20} />}</span>
        <div class="job-text">
            <span class="job-name" dir="auto">{job.name}</span>
            <span class={`job-state ${isBad ? 'bad' : 'dim'}`}>{say(job.isPresent ? 'statePresent' : isHeldUp ? 'stateHeldUp' : text)}
                {job.state === 'sending' && ` · ${sayBytes(job.sent)} / ${sayBytes(job.size)}`}</span>
            {job.reason && (job.state !== 'waiting' || isHeldUp) && <span class="job-reason" dir="auto">{sayReason(job.reason)}</span>}
            {!isBad && <Said job={job} />}
            {(job.state === 'sending' || job.state === 'waiting') &&
                <progress max={job.size || 1} value={job.sent} aria-label={say('progressOf', { name: job.name })} />}
        </div>
        {done && job.photoId && <a class="button quiet" href={photoPath(job.photoId)}>{say('open')}</a>}
        {!isBad && !job.isPresent && <button class="icon-button" ref={pencil} aria-expanded={editing.value !== null} aria-label={`${say('caption')}: ${job.name}`}
            onClick={async () => { editing.value = editing.value ? null : await saidOf(job); }}><Icon name="edit" size={20} /></button>}
        {(job.state === 'failed' || job.state === 'waiting') && <button class="icon-button" onClick={() => retry(job.id)} aria-label={`${say('retry')}: ${job.name}`}><Icon name="retry" size={20} /></button>}
        <button class="icon-button" onClick={() => cancel(job.id)} aria-label={`${say(isFinished(job) ? 'removeEntry' : 'cancel')}: ${job.name}`}><Icon name="close" size={20} /></button>
        {editing.value && <CaptionForm words={editing.value} save={(changed) => describe(job.id, changed)} onDone={() => { editing.value = null; pencil.current?.focus(); }} />}
    </li>;
}

/* What the author has said of it already: once it is published, perhaps elsewhere. */
async function saidOf({ photoId, state, words }: Job): Promise<Words> {
    const here = { caption: words?.caption ?? '', alt_text: words?.alt_text ?? '' };
    if (!photoId || state !== 'published' || words?.isToTell) return here;
    const photo = await showPhoto(photoId).then(photoOf, () => here);
    return { caption: photo.caption ?? '', alt_text: photo.alt_text ?? '' };
}

function Said({ job: { words } }: { job: Job }) {
    if (!words) return null;
    return <>
        {words.caption && <span class="job-caption" dir="auto">{words.caption}</span>}
        {words.reason && <span class="bad" role="alert">{sayReason(words.reason)}</span>}
    </>;
}
