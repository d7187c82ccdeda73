// What is known of this device's uploads; shown on every page. uploads/queue.ts keeps it, and comes a little later.
import { computed, signal } from '@preact/signals';
import { fetchLater } from '../lib/lazy';
import type { Job } from './job';
import { isFinished, progressOf } from './progress';

export const jobs = signal<readonly Job[]>([]);
export const areJobsKnown = signal(false); // until this device's own have been read
export const openJobs = computed(() => jobs.value.filter((job) => !isFinished(job) && job.state !== 'review'));
export const jobsInReview = computed(() => jobs.value.filter((job) => job.state === 'review'));
export const progress = computed(() => progressOf(jobs.value));
export const failedJobs = computed(() => jobs.value.filter((job) => job.state === 'refused' || job.state === 'failed'));
export const timeLeft = signal<number | null>(null);

/* Puts all images among these files into the queue. */
export async function upload(files: Iterable<File>) {
    const list = [...files]; // an input forgets its own when it is gone
    (await fetchLater()).upload(list);
}

export async function startUploads() {
    await (await fetchLater()).startUploads();
}
