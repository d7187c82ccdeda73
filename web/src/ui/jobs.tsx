// Uploads as rows: what is sent, how far, what became of it.
import { say, sayBytes, sayCount, sayDuration } from '../i18n';
import type { TextKey } from '../i18n/catalogue';
import { photoPath, thumbnailUrl } from '../lib/api';
import { isFinished, type Job, type JobState } from '../uploads/job';
import { cancel, retry } from '../uploads/queue';
import { jobs, openJobs, progress, timeLeft } from '../uploads/state';
import { Icon, type IconName } from './icons';

const STATES: Record<JobState, { text: TextKey; icon: IconName }> = {
    queued: { text: 'stateQueued', icon: 'list' },
    sending: { text: 'stateSending', icon: 'upload' },
    waiting: { text: 'stateWaiting', icon: 'cloudOff' },
    checking: { text: 'stateChecking', icon: 'search' },
    processing: { text: 'stateProcessing', icon: 'image' },
    published: { text: 'statePublished', icon: 'check' },
    refused: { text: 'stateRefused', icon: 'alert' },
    failed: { text: 'stateFailed', icon: 'alert' },
};

/* One line for all: how many, how long still. */
export function Summary() {
    const count = openJobs.value.length;
    const left = timeLeft.value;
    return <div class="summary">
        <strong role="status">{count > 0 ? sayCount('uploadsActive', count) : say('uploadsDone')}</strong>
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
    return <li class={`job job-${job.state}`}>
        <span class="job-image">{done && job.photoId ? <img src={thumbnailUrl(job.photoId)} alt="" /> : <Icon name={icon} size={20} />}</span>
        <div class="job-text">
            <span class="job-name" dir="auto">{job.name}</span>
            <span class={`job-state ${isBad ? 'bad' : 'dim'}`}>{say(job.isPresent ? 'statePresent' : text)}
                {job.state === 'sending' && ` · ${sayBytes(job.sent)} / ${sayBytes(job.size)}`}</span>
            {job.reason && <span class="job-reason" dir="auto">{job.reason}</span>}
            {(job.state === 'sending' || job.state === 'waiting') &&
                <progress max={job.size || 1} value={job.sent} aria-label={say('progressOf', { name: job.name })} />}
        </div>
        {done && job.photoId && <a class="button quiet" href={photoPath(job.photoId)}>{say('open')}</a>}
        {(job.state === 'failed' || job.state === 'waiting') && <button class="icon-button" onClick={() => retry(job.id)} aria-label={`${say('retry')}: ${job.name}`}><Icon name="retry" size={20} /></button>}
        <button class="icon-button" onClick={() => cancel(job.id)} aria-label={`${say(isFinished(job) ? 'removeEntry' : 'cancel')}: ${job.name}`}><Icon name="close" size={20} /></button>
    </li>;
}
