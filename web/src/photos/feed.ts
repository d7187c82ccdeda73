// A list of photos that comes in pages. Feeds are kept while the app runs, so that the way back is immediate.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { asProblem } from '../lib/problem';
import { get, type Problem, type Photo, type PhotoPage } from '../lib/api';

export const FIRST_PAGE = 60;
const NEXT_PAGE = 500;

export interface Feed {
    photos: ReadonlySignal<Photo[]>;
    state: Signal<'idle' | 'loading' | 'end' | 'failed'>;
    problem: Signal<Problem | null>;
    more(): Promise<void>;
    refresh(): Promise<void>;
}

const feeds = new Map<string, Feed>();
/* Photos on their way to be deleted: out of sight at once, and back again if that is undone. */
export const hidden = signal<ReadonlySet<string>>(new Set());

export function hide(id: string, isHidden: boolean) {
    const next = new Set(hidden.value);
    if (isHidden) next.add(id);
    else next.delete(id);
    hidden.value = next;
}

const FEEDS_MAX = 12;

export function feedOf(path: string): Feed {
    const known = feeds.get(path);
    if (known) return known;
    const made = makeFeed(path);
    feeds.set(path, made);
    if (feeds.size > FEEDS_MAX) feeds.delete(feeds.keys().next().value!);
    return made;
}

/* Lists that are kept show what was just published. */
export function refreshFeeds() {
    for (const feed of feeds.values()) void feed.refresh();
}

export function changeInFeeds(id: string, change: Partial<Photo>) {
    for (const feed of feeds.values())
        (feed as KeptFeed).all.value = (feed as KeptFeed).all.value.map((one) => (one.photo_id === id ? { ...one, ...change } : one));
}

/* A list as it is now that its first page is known. Where the page does not reach what is there, the rest is asked for again. */
export function withFirstPage(list: Photo[], { photos, next_cursor }: PhotoPage): Photo[] {
    const places = new Map(list.map((one, index) => [one.photo_id, index]));
    const isKnown = (one: Photo) => places.has(one.photo_id);
    const last = list.length > photos.length ? photos.findLast(isKnown) : photos.at(-1); // new ones may come behind it
    const joint = next_cursor && last ? places.get(last.photo_id) : undefined;
    return joint === undefined ? photos : [...photos, ...list.slice(joint + 1)];
}

const timeOf = ({ date }: Photo) => Date.parse(/[Z+-]/.test(date.slice(19)) ? date : `${date}Z`);
const isBefore = (one: Photo, other: Photo) => {
    const later = timeOf(one) - timeOf(other);
    return later > 0 || later === 0 && one.photo_id > other.photo_id;
};

/* A list with those of `news` that it lacks, each at its place. Behind its last there is place only if the list `isWhole`. */
export function withNews(list: Photo[], news: Photo[], isWhole: boolean): Photo[] {
    const known = new Set(list.map((one) => one.photo_id));
    const next = [...list];
    for (const one of news.filter(({ photo_id }) => !known.has(photo_id))) {
        const at = next.findIndex((other) => isBefore(one, other));
        if (at >= 0 || isWhole) next.splice(at >= 0 ? at : next.length, 0, one);
    }
    return next;
}

/* Whether nothing can have been published between a list and the page of what was published last. */
export const joins = (list: Photo[], { photos, next_cursor }: PhotoPage) =>
    next_cursor === null || photos.some(({ photo_id }) => list.some((one) => one.photo_id === photo_id));

interface KeptFeed extends Feed { all: Signal<Photo[]> }

function makeFeed(path: string): KeptFeed {
    const all = signal<Photo[]>([]);
    const state: Feed['state'] = signal('idle');
    const problem = signal<Problem | null>(null);
    const isByCapture = path.includes('?');
    let cursor: string | null = null;

    async function page(limit: number, after: string | null, order = ''): Promise<PhotoPage> {
        const { photos, next_cursor } = await get<PhotoPage>(
            `${path}${isByCapture ? '&' : '?'}limit=${limit}${after ? `&cursor=${encodeURIComponent(after)}` : ''}${order}`);
        return { photos: photos.map((one) => ({ ...one, date: isByCapture && one.captured_at || one.timestamp })), next_cursor };
    }

    async function more() {
        if (state.peek() === 'loading' || state.peek() === 'end') return;
        state.value = 'loading';
        try {
            const next = await page(cursor ? NEXT_PAGE : FIRST_PAGE, cursor);
            const known = new Set(cursor ? all.peek().map((one) => one.photo_id) : []);
            all.value = cursor ? [...all.peek(), ...next.photos.filter((one) => !known.has(one.photo_id))] : next.photos;
            cursor = next.next_cursor;
            problem.value = null;
            state.value = cursor ? 'idle' : 'end';
        } catch (error) {
            problem.value = asProblem(error);
            state.value = 'failed';
        }
    }

    /* The first page and, where it is not all there is, what was published last. */
    async function firstPages(): Promise<[PhotoPage, PhotoPage | null]> {
        const first = await page(FIRST_PAGE, null);
        return [first, isByCapture && first.next_cursor ? await page(FIRST_PAGE, null, '&order=published') : null];
    }

    /* What others have published, changed or deleted since: the first page says it of as many photos as it has. In the order of capture,
     * what was published last may be anywhere; where more than a page of it is new, the list starts again. */
    async function refresh() {
        if (state.peek() === 'loading' || state.peek() === 'idle' && all.peek().length === 0) return;
        const [first, latest] = await firstPages().catch(() => []); // else what is there stays
        if (!first || state.peek() === 'loading') return;
        const joined = !latest || joins(all.peek(), latest) ? withFirstPage(all.peek(), first) : first.photos;
        if (joined.length === first.photos.length) {
            cursor = first.next_cursor;
            state.value = cursor ? 'idle' : 'end';
            problem.value = null;
        }
        const next = withNews(joined, latest?.photos ?? [], state.peek() === 'end');
        if (JSON.stringify(next) !== JSON.stringify(all.peek())) all.value = next;
    }

    const photos = computed(() => (hidden.value.size === 0 ? all.value : all.value.filter((one) => !hidden.value.has(one.photo_id))));
    return { all, photos, state, problem, more, refresh };
}

export const recentFeed = () => feedOf('/photos');
export const profileFeed = (name: string) => feedOf(`/users/${name}?view=photos`);
