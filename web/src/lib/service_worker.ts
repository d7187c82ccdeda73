// Registering the service worker. Under Trusted Types its address has to come from a policy: one that lets only it through.
import { ANSWERS } from '../worker/caches';
import { elsewhere } from './api';
import { givenAnswers } from './first_data';

interface TrustedTypes { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } }

const ADDRESS = 'sw.js';

export async function startServiceWorker() {
    if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
    const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('service-worker', {
        createScriptURL: (url) => { if (url !== ADDRESS) throw new TypeError(`not the service worker: ${url}`); return url; },
    });
    const worker = navigator.serviceWorker;
    if (!worker.controller) worker.addEventListener('controllerchange', () => void keepSeen().catch(() => {}), { once: true });
    await worker.register(policy ? policy.createScriptURL(ADDRESS) : ADDRESS).catch(() => {}); // then without
}

/* Whether it is an answer or an image of the server that the page is from: the worker keeps no others. */
const isFromHere = (address: string) =>
    address.startsWith(document.baseURI) && /^(buckets|photos|users)\b/.test(address.slice(document.baseURI.length))
    || (['photos', 'thumbnails'] as const).some((bucket) => address.startsWith(`${elsewhere(bucket)}/`));

/* On a first visit there is no worker yet to keep what the page shows. Once there is one, it is asked for the same again: the browser
 * still has the images. What came with the page itself nobody has asked for. */
async function keepSeen() {
    const kept = new Set<string>();
    new PerformanceObserver((list) => {
        for (const { name, workerStart } of list.getEntries() as PerformanceResourceTiming[]) {
            if (workerStart || kept.has(name) || !isFromHere(name)) continue;
            kept.add(name);
            // What a browser has of another origin it may have got without the headers of CORS, because an image doesn't ask for them.
            void fetch(name).catch(() => fetch(name, { cache: 'reload' })).catch(() => {});
        }
    }).observe({ type: 'resource', buffered: true });
    const cache = await caches.open(ANSWERS.name);
    for (const [path, answer] of Object.entries(givenAnswers()))
        await cache.put(`.${path}`, new Response(JSON.stringify(answer), { headers: { 'Content-Type': 'application/json' } }));
}
