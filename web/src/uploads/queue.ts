// All uploads of this device, as every page of it sees them. One page leads: it sends and watches; the others show what
// it tells, and tell it what the person wants. When it closes, another one leads.
import { say, sayCount, sayList } from '../i18n';
import { deletePhoto } from '../lib/api';
import { userName, withLogin } from '../lib/session';
import { showToast } from '../lib/toast';
import { changeInFeeds, refreshFeeds } from '../photos/feed';
import { sortFiles } from './files';
import { hasWordsToTell, isAtServer, isToSend, newJob, step, withWords, type Job, type JobEvent, type JobWords, type Words } from './job';
import { isFinished } from './progress';
import { newRate, noteSent, secondsLeft } from './rate';
import { forgetAtServer, makeSender, type Told } from './sender';
import { areJobsKnown, jobs, openJobs, timeLeft } from './state';
import { addJob, listJobs, removeJob, saveJob, saveWords, UPLOADS } from './store';
import { makeWatcher } from './watcher';

type Message = Told | { kind: 'removed'; id: string } | { kind: 'wake' } | { kind: 'cancel'; id: string };
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(UPLOADS) : null;
const tell = (message: Message) => channel?.postMessage(message);

/* ---- What is shown ---- */

let rate = newRate();

function show(job: Job) {
    const list = jobs.peek();
    const at = list.findIndex((one) => one.id === job.id);
    const before = list[at];
    const words = before && job.words ? withWords(before, job.words).words : before?.words; // which are told by themselves, too
    jobs.value = before ? list.with(at, { ...job, words: words ?? null }) : [...list, job];
    if (before?.state !== 'published' && job.state === 'published' && !job.isPresent) refreshFeeds();
    const left = openJobs.peek().reduce((sum, one) => sum + one.size - one.sent, 0);
    rate = noteSent(rate, jobs.peek().reduce((sum, one) => sum + one.sent, 0), performance.now());
    timeLeft.value = left > 0 ? secondsLeft(rate, left) : null;
}

function showWords(id: string, words: JobWords) {
    jobs.value = jobs.peek().map((job) => (job.id === id ? withWords(job, words) : job));
    const { caption, alt_text } = words;
    const photoId = jobs.peek().find((job) => job.id === id)?.photoId;
    if (photoId && !words.isToTell && !words.reason) changeInFeeds(photoId, { ...caption !== undefined && { caption }, ...alt_text !== undefined && { alt_text } });
}

function hearTold(told: Told) {
    if (told.kind === 'job') show(told.job);
    else showWords(told.id, told.words);
}

function hide(id: string) {
    jobs.value = jobs.peek().filter((job) => job.id !== id);
}

/* ---- Who leads ---- */

const change = (job: Job) => { show(job); tell({ kind: 'job', job }); };
const sender = makeSender((told) => {
    hearTold(told);
    tell(told);
    if (told.kind === 'job' ? told.job.state === 'waiting' : told.words.isToTell) void askForSync();
});
const watcher = makeWatcher(happen);
let isLeader = false;

function happen(id: string, event: JobEvent) {
    const job = jobs.peek().find((one) => one.id === id);
    if (!job) return;
    const next = step(job, event);
    if (next === job) return;
    change(next);
    void saveJob(next).then(wake);
}

function wake() {
    if (!isLeader) { tell({ kind: 'wake' }); return; }
    void sender.run();
    watcher.look(jobs.peek());
}

async function lead(): Promise<void> {
    await showStored(); // who led before may have gone between writing something down and telling it
    isLeader = true;
    jobs.subscribe((list) => { if (list.some(isAtServer)) watcher.look(list); });
    wake();
    await new Promise(() => {}); // until the page is gone
}

/* When there is a network again, the browser starts the service worker, even if no page is open then. */
async function askForSync() {
    const registration = await navigator.serviceWorker?.getRegistration() as { sync?: { register(tag: string): Promise<void> } } | undefined;
    await registration?.sync?.register('uploads').catch(() => {});
}

function hear({ data }: MessageEvent<Message>) {
    if (data.kind === 'job' || data.kind === 'words') hearTold(data);
    else if (data.kind === 'removed') hide(data.id);
    else if (!isLeader) return;
    else if (data.kind === 'wake') wake();
    else if (data.kind === 'cancel') void forget(data.id);
}

async function showStored() {
    for (const job of await listJobs().catch(() => [])) show(job);
}

let isStarted = false;

export async function startUploads() {
    if (isStarted) return;
    isStarted = true;
    channel?.addEventListener('message', hear as (event: MessageEvent) => void);
    await showStored();
    areJobsKnown.value = true;
    if (navigator.locks) void navigator.locks.request(UPLOADS, lead);
    else void lead();
    wake();
    if (jobs.value.some((job) => !job.author)) withLogin(adopt);
}

/* What another app has shared with us came without a name. */
function adopt() {
    for (const job of jobs.peek().filter((one) => !one.author)) happen(job.id, { kind: 'adopted', author: userName.peek() });
}

/* ---- What a person wants ---- */

const NAMES_SHOWN = 3;

function tellOthers(others: File[]) {
    const names = others.slice(0, NAMES_SHOWN).map((file) => file.name);
    if (others.length > names.length) names.push(sayCount('moreFiles', others.length - names.length));
    showToast({ text: say('notPhotos', { names: sayList(names) }), stays: true });
}

/* Puts all images among these files into the queue; asks who we are first, if that is not known. */
export function upload(files: Iterable<File>) {
    void startUploads();
    const { images, others } = sortFiles(files);
    if (others.length > 0) tellOthers(others);
    if (images.length > 0) withLogin(() => void enqueue(images));
}

async function enqueue(images: File[]) {
    try {
        for (const file of images) {
            const job = newJob(userName.peek(), file);
            await addJob(job, file);
            change(job);
        }
    } catch {
        showToast({ text: say('storageFull') });
    }
    wake();
    void navigator.storage?.persist?.().catch(() => {});
}

export function retry(id: string) {
    happen(id, { kind: 'retried' });
}

/* The server hears it as soon as it has the photo. */
export async function describe(id: string, words: Partial<Words>) {
    const before = jobs.peek().find((job) => job.id === id)?.words;
    const next = { ...before, ...words, at: Date.now(), isToTell: true, reason: null };
    await saveWords(id, next);
    showWords(id, next);
    tell({ kind: 'words', id, words: next });
    wake();
}

/* Takes a job from the list, and what it has sent from the server. */
export function cancel(id: string) {
    if (isLeader) void forget(id);
    else tell({ kind: 'cancel', id });
}

async function forget(id: string) {
    const job = jobs.peek().find((one) => one.id === id);
    sender.cancel(id);
    hide(id);
    tell({ kind: 'removed', id });
    await removeJob(id);
    if (job && (isToSend(job) || isAtServer(job))) await forgetAtServer(job, deletePhoto);
    wake();
}

export async function clearFinished() {
    for (const job of jobs.peek().filter((one) => isFinished(one) && !hasWordsToTell(one))) {
        hide(job.id);
        tell({ kind: 'removed', id: job.id });
        await removeJob(job.id);
    }
}
