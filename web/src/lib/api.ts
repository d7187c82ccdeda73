// The server's interface, as docs/openapi.yaml describes it: what the app asks, and what it gets.
import { firstData } from './first_data';

declare const __API__: string;
export const API = __API__;

/* Who asks. In a header of our own, since Authorization may hold a password for a proxy before the server. */
export const identity = (author: string) => ({ 'X-Cloudphotos-User': author });

export interface Photo {
    photo_id: string;
    author_username: string;
    timestamp: string;
    captured_at: string | null;
    date: string; // of the two above, the one by which the list that it is in is ordered
    width: number;
    height: number;
    medium_width?: number | null; // null or missing: there is no medium image
    frames?: number;     // more than one in an animation
    thumbhash: string | null;
    caption: string | null;
    alt_text: string | null;
}

export interface PhotoPage { photos: Photo[]; next_cursor: string | null }

export interface User { username: string; posts_count: number }

export interface Label { name: string; parent: string; confidence: number }

export interface Rendition { width: number; height: number; bytes: number; url: string }

export type Status = 'PENDING' | 'SUCCESS' | 'ERROR';

/* All that is known of one photo. */
export interface PhotoDetail {
    photo_id: string;
    author_username: string;
    timestamp: string;
    status: Status;
    stage: string | null;
    error_message: string | null;
    error_code: string | null;
    error_values: string[];
    format: string;
    frames: number;
    labels: Label[] | null;
    original: { width: number; height: number; bytes: number };
    large: Rendition | null;
    medium?: Rendition | null;
    thumbnail: Rendition | null;
    thumbhash?: string | null;
    caption?: string | null;
    alt_text?: string | null;
    captured_at?: string | null;
}

/* Why something was refused or has failed, as in a problem of the server: its sentence in English, and the code and the values by which
 * the app says it (i18n/reasons). A reason of the app's own is a code alone. */
export interface Reason { detail?: string | null; error_code?: string | null; error_values?: string[] }

/* An answer that is none. */
export class Problem extends Error {
    constructor(readonly status: number, message = '', readonly reason: Reason = { detail: message }) { super(message); }
}

/* Nobody has answered at all. */
export const isLost = (problem: Problem) => problem.status === 0;

export interface Ask { method?: string; headers?: HeadersInit; body?: BodyInit; signal?: AbortSignal; keepalive?: boolean }

/* The server's answer, whatever it is; throws a Problem of status 0 when there is none. */
export async function send(path: string, ask: Ask = {}): Promise<Response> {
    try {
        return await fetch(path.startsWith('http') ? path : API + path, ask);
    } catch (error) {
        if ((error as Error).name === 'AbortError') throw error;
        throw new Problem(0);
    }
}

export async function problemOf(answer: Response): Promise<Problem> {
    const problem = await answer.json().catch(() => {}) as Reason | undefined;
    return new Problem(answer.status, problem?.detail ?? `HTTP ${answer.status}`, problem);
}

export async function ask(path: string, options: Ask = {}): Promise<Response> {
    const answer = await send(path, options);
    if (!answer.ok) throw await problemOf(answer);
    return answer;
}

const PATIENCE_MS = 20_000; // a server that never answers is as good as none

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const known = firstData(path);
    if (known !== undefined) return known as T;
    return await (await ask(path, { signal: AbortSignal.any([signal ?? [], AbortSignal.timeout(PATIENCE_MS)].flat()) })).json() as T;
}

/* Where the images of a bucket are: the page says so, unless it is at the server. */
export const elsewhere = (bucket: 'photos' | 'thumbnails') => globalThis.document?.documentElement.dataset[bucket];
const imageUrl = (bucket: 'photos' | 'thumbnails', file: string) => `${elsewhere(bucket) ?? `${API}/buckets/${bucket}`}/${file}.webp`;
export const thumbnailUrl = (id: string) => imageUrl('thumbnails', `${id}-thumb`);
export const mediumUrl = (id: string) => imageUrl('thumbnails', `${id}-medium`);
export const largeUrl = (id: string) => imageUrl('photos', `${id}-comp`);
/* For saving it: a page can give a file of another origin no name. */
export const downloadUrl = (id: string) => (elsewhere('photos') ? `${API}/buckets/photos/${id}-comp.webp?download` : largeUrl(id));
export const isAnimated = ({ frames = 1 }: Photo) => frames > 1;
export const photoPath = (id: string) => `./photo/${id}`;
export const profilePath = (name: string) => `./@${name}`;

export const showPhoto = (id: string, signal?: AbortSignal) => get<PhotoDetail>(`/photos/${id}`, signal);

/* Why it was refused; null when it was not. */
export const reasonOf = ({ error_message, error_code, error_values }: Pick<PhotoDetail, 'error_message' | 'error_code' | 'error_values'>): Reason | null =>
    (error_message === null ? null : { detail: error_message, error_code, error_values });

/* The size in which a photo is shown: that of its large image, once there is one. */
export function photoOf(detail: PhotoDetail): Photo {
    const size = detail.large ?? detail.original;
    const captured_at = detail.captured_at ?? null;
    return {
        captured_at, date: captured_at ?? detail.timestamp,
        photo_id: detail.photo_id, author_username: detail.author_username, timestamp: detail.timestamp,
        width: size.width, height: size.height, frames: detail.frames, medium_width: detail.medium?.width ?? null,
        thumbhash: detail.thumbhash ?? null, caption: detail.caption ?? null, alt_text: detail.alt_text ?? null,
    };
}

export function changePhoto(id: string, author: string, words: { caption?: string | undefined; alt_text?: string | undefined }, options?: Ask) {
    return ask(`/photos/${id}`, {
        ...options, method: 'PATCH', headers: { ...identity(author), 'Content-Type': 'application/json' }, body: JSON.stringify(words),
    });
}

export const deletePhoto = (id: string, author: string, keepalive = false) =>
    ask(`/photos/${id}`, { method: 'DELETE', headers: identity(author), keepalive });

/* The id of this author's photo with these bytes; null when there is none, or the server can't tell. */
export async function findOwnPhoto(author: string, sha256: string, options: Ask): Promise<string | null> {
    const answer = await send(`/users/${author}/photos/sha256/${sha256}`, options);
    return answer.ok ? (await answer.json() as { photo_id: string | null }).photo_id : null;
}
