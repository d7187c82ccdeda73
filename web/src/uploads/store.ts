// Jobs and their files in IndexedDB, where page and service worker find them after any restart.
import { BASE } from '../lib/base';
import { withWords, type Job, type JobWords } from './job';

const request = <Result>(what: IDBRequest<Result>) => new Promise<Result>((done, fail) => {
    what.onsuccess = () => done(what.result);
    what.onerror = () => fail(what.error);
});

/* What page and service worker share goes by this name; each server of one host has its own. */
export const UPLOADS = `uploads${BASE}`;

let database: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
    const opening = indexedDB.open(UPLOADS, 1);
    opening.onupgradeneeded = () => {
        opening.result.createObjectStore('jobs', { keyPath: 'id' });
        opening.result.createObjectStore('files');
    };
    return request(opening);
}

async function change<Result>(mode: IDBTransactionMode, work: (jobs: IDBObjectStore, files: IDBObjectStore) => IDBRequest<Result>) {
    const transaction = (await (database ??= open())).transaction(['jobs', 'files'], mode);
    const finished = new Promise<void>((done, fail) => {
        transaction.oncomplete = () => done();
        transaction.onabort = transaction.onerror = () => fail(transaction.error);
    });
    const result = request(work(transaction.objectStore('jobs'), transaction.objectStore('files')));
    await Promise.all([result, finished]);
    return await result;
}

export async function listJobs(): Promise<Job[]> {
    const jobs = await change<Job[]>('readonly', (store) => store.getAll() as IDBRequest<Job[]>);
    return jobs.sort((one, other) => one.added - other.added);
}

export const addJob = (job: Job, file: Blob) => change('readwrite', (jobs, files) => { files.put(file, job.id); return jobs.put(job); });

/* Of a job that was removed meanwhile nothing comes back. */
const changeJob = (id: string, next: (known: Job) => Job) => change('readwrite', (jobs) => {
    const known = jobs.get(id) as IDBRequest<Job | undefined>;
    known.addEventListener('success', () => { if (known.result) jobs.put(next(known.result)); });
    return known;
});

/* All of it but its words, which may be other ones by now. */
export const saveJob = (job: Job) => changeJob(job.id, ({ words }) => ({ ...job, words }));
export const saveWords = (id: string, words: JobWords) => changeJob(id, (known) => withWords(known, words));

export const fileOf = (id: string) => change('readonly', (_, files) => files.get(id) as IDBRequest<Blob | undefined>);
export const dropFile = (id: string) => change('readwrite', (_, files) => files.delete(id));
export const removeJob = (id: string) => change('readwrite', (jobs, files) => { files.delete(id); return jobs.delete(id); });
