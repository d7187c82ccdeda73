// How answers are kept. Images never change, so the first one will do; lists are best when they are new.

export const THUMBNAILS = { name: 'thumbnails-1', max: 3000 };
export const LARGE = { name: 'large-1', max: 150 };
export const ANSWERS = { name: 'answers-1', max: 300 };
const PATIENCE_MS = 4000;
const TRIM_EVERY = 40;

let kept = 0;

async function keep({ name, max }: typeof LARGE, request: Request, answer: Response) {
    const cache = await caches.open(name);
    await cache.put(request, answer);
    if (++kept % TRIM_EVERY !== 0) return;
    const all = await cache.keys();
    for (const old of all.slice(0, -max)) await cache.delete(old);
}

/* An image of another origin is asked for by CORS, although the page doesn't: an answer that nobody can look into takes megabytes of
 * the room that a site has, and may be an error. Whoever knows no CORS is asked as the page did; that is shown, and not kept. */
const load = (request: Request) => fetch(new Request(request, { mode: 'cors', credentials: 'same-origin' })).catch(() => fetch(request));

export async function cacheFirst(place: typeof LARGE, request: Request): Promise<Response> {
    const known = await caches.match(request.url, { cacheName: place.name });
    if (known) return known;
    const answer = await load(request);
    if (answer.status === 200) void keep(place, request, answer.clone()).catch(() => {});
    return answer;
}

/* What is kept, when the network has nothing, or takes too long. */
export async function networkFirst(request: Request): Promise<Response> {
    const asked = fetch(request).then((answer) => {
        if (answer.ok) void keep(ANSWERS, request, answer.clone()).catch(() => {});
        return answer;
    });
    const late = new Promise<void>((done) => { setTimeout(done, PATIENCE_MS); });
    const answer = await Promise.race([asked, late]).catch(() => null);
    if (answer) return answer;
    return await caches.match(request, { cacheName: ANSWERS.name }) ?? await asked;
}
