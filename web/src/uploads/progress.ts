// How far uploads are: as much as every page has to know of them.
import type { Job, JobState } from './job';

const FINISHED: readonly JobState[] = ['published', 'refused', 'failed'];
export const isFinished = (job: Job) => FINISHED.includes(job.state);

/* How far all are together, 0 to 1: bytes that were sent, of those that have to be. */
export function progressOf(jobs: readonly Job[]): number {
    const open = jobs.filter((job) => !isFinished(job));
    const size = open.reduce((sum, job) => sum + job.size, 0);
    return size === 0 ? 1 : open.reduce((sum, job) => sum + job.sent, 0) / size;
}
