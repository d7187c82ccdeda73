// A tus 1.0 client (tus.io/protocols/resumable-upload): core, creation, checksum, termination. Runs in page and worker.
import { ask, identity, Problem, problemOf, send } from '../lib/api';

const VERSION = { 'Tus-Resumable': '1.0.0' };
const PIECE_MIN = 128 << 10;
const PIECE_MAX = 8 << 20;
const PIECE_MS = 600; // how long a piece should travel: shows progress, loses little

export interface Upload { author: string; name: string; url: string | null }
export interface Hooks { created(url: string): void | Promise<unknown>; progress(sent: number): void; signal: AbortSignal }

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)) /* of short ones */;
const login = (upload: Upload) => ({ ...VERSION, ...identity(upload.author) });

/* Sends what the server does not have yet. Resolves to the photo's id; throws the Problem that stopped it. */
export async function sendFile(file: Blob, upload: Upload, hooks: Hooks): Promise<string> {
    let place = upload.url ? await ask(upload.url, { method: 'HEAD', headers: login(upload), signal: hooks.signal }).catch(orGone) : null;
    let url = upload.url;
    if (!place || !url) {
        url = await create(file, upload, hooks);
        place = null;
    }
    let sent = Number(place?.headers.get('Upload-Offset') ?? 0);
    hooks.progress(sent);
    for (let size = PIECE_MIN; ;) {
        const photoId = place?.headers.get('Photo-Id');
        if (photoId) return photoId;
        if (sent >= file.size && place) throw new Problem(500);
        const begun = performance.now();
        place = await sendPiece(url, file.slice(sent, sent + size), sent, upload, hooks.signal);
        sent = Number(place.headers.get('Upload-Offset'));
        hooks.progress(sent);
        size = nextSize(size, performance.now() - begun);
    }
}

/* An upload that has expired is begun anew. */
function orGone(error: unknown): null {
    if (error instanceof Problem && [403, 404, 410].includes(error.status)) return null;
    throw error;
}

async function create(file: Blob, upload: Upload, { created, signal }: Hooks): Promise<string> {
    const answer = await ask('/uploads', {
        method: 'POST', signal,
        headers: {
            ...login(upload), 'Upload-Length': String(file.size),
            'Upload-Metadata': `filename ${base64(new TextEncoder().encode(upload.name))}`,
        },
    });
    const url = new URL(answer.headers.get('Location') ?? '', answer.url).href;
    await created(url);
    return url;
}

async function sendPiece(url: string, piece: Blob, offset: number, upload: Upload, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {
        ...login(upload), 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream',
    };
    if (globalThis.crypto?.subtle)
        headers['Upload-Checksum'] = `sha1 ${base64(new Uint8Array(await crypto.subtle.digest('SHA-1', await piece.arrayBuffer())))}`;
    const answer = await send(url, { method: 'PATCH', headers, body: piece, signal });
    if (answer.ok) return answer;
    throw await problemOf(answer);
}

export const nextSize = (size: number, took_ms: number) =>
    Math.round(Math.min(PIECE_MAX, size * 2, Math.max(PIECE_MIN, size / 2, (size * PIECE_MS) / Math.max(1, took_ms))));

/* Tells the server that the rest won't come. It would find out by itself in a day. */
export async function terminate(upload: Upload) {
    if (upload.url) await ask(upload.url, { method: 'DELETE', headers: login(upload) }).catch(() => {});
}
