// The service worker: keeps the app and what was seen for when there is no network, takes what is shared with the app,
// and goes on with uploads when the network is back and no page is open.
import { BASE } from '../lib/base';
import { newJob, isForSender } from '../uploads/job';
import { makeSender } from '../uploads/sender';
import { addJob, listJobs, UPLOADS } from '../uploads/store';
import { cacheFirst, networkFirst, LARGE, THUMBNAILS } from './caches';
import type { WorkerScope } from './scope';

declare const __SHELL__: string[];
declare const __VERSION__: string;

const FILES = __SHELL__; // of the app, beside the page, from where the server is: "assets/…"
const worker = self as unknown as WorkerScope;
const SHELL = `shell${BASE}-${__VERSION__}`;
const PAGE = 'mine'; // as it was built: the server writes no photos into it, which would be old when they are shown

const keepShell = async () => (await caches.open(SHELL)).addAll([PAGE, ...FILES]);

/* The same but for the version, which has twelve digits: other servers of this host have theirs. */
async function dropOldShells() {
    for (const name of await caches.keys()) if (name.slice(0, -12) === SHELL.slice(0, -12) && name !== SHELL) await caches.delete(name);
    await worker.clients.claim();
}

const fromShell = async (request: Request | string) => await (await caches.open(SHELL)).match(request) ?? await fetch(request);

async function takeShared(request: Request): Promise<Response> {
    const form = await request.formData();
    const shared = form.getAll('photos').filter((one): one is File => one instanceof File);
    for (const file of shared) await addJob(newJob('', file), file); // the page knows who we are
    return Response.redirect('./mine?shared', 303);
}

/* What of the server's answers is kept, and how. All else goes to the server as if there were no worker. */
const ROUTES: { fits: RegExp; answer: (request: Request) => Promise<Response> }[] = [
    { fits: /-(thumb|medium)\.webp$/, answer: (request) => cacheFirst(THUMBNAILS, request) },
    { fits: /-comp\.webp$/, answer: (request) => cacheFirst(LARGE, request) },
    { fits: /^(photos|users)(\/\w+)?$/, answer: networkFirst },
];

worker.addEventListener('install', (event) => event.waitUntil(keepShell().then(() => worker.skipWaiting())));
worker.addEventListener('activate', (event) => event.waitUntil(dropOldShells()));

worker.addEventListener('fetch', (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    const isHere = origin === location.origin;
    if (isHere && !pathname.startsWith(`${BASE}/`)) return;
    const path = isHere ? pathname.slice(BASE.length + 1) : pathname; // the page's policy lets nothing but images be elsewhere
    if (request.method === 'POST' && path === 'share-target') { event.respondWith(takeShared(request)); return; }
    if (request.method !== 'GET') return;
    if (request.mode === 'navigate') {
        if (/^(search|mine|share-target|@\w+|photo\/[0-9a-f]{32})?$/.test(path)) event.respondWith(fromShell(PAGE));
        return;
    }
    if (FILES.includes(path)) { event.respondWith(fromShell(request)); return; }
    const route = ROUTES.find(({ fits }) => fits.test(path));
    if (route) event.respondWith(route.answer(request));
});

/* While a page is open it holds the lock, and sends by itself. */
worker.addEventListener('sync', (event) => {
    if (event.tag !== 'uploads') return;
    event.waitUntil(navigator.locks.request(UPLOADS, { ifAvailable: true }, async (lock) => {
        if (!lock) return;
        const channel = new BroadcastChannel(UPLOADS);
        await makeSender((told) => channel.postMessage(told)).run();
        channel.close();
        if ((await listJobs()).some(isForSender)) throw new Error('some are left'); // the browser will try again
    }));
});
