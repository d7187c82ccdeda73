// The plain upload, for a server that does not speak tus: all in one request, told apart from others by its key, so that
// sending it once more does not make two photos of it.
import { ask, type PhotoDetail } from '../lib/api';
import type { Hooks, Upload } from './tus';

export async function sendWhole(file: Blob, key: string, { author, name }: Upload, { signal, progress }: Hooks): Promise<string> {
    const form = new FormData();
    form.append('photo', file, name);
    const answer = await ask('/photos', { method: 'POST', headers: { Authorization: author, 'Idempotency-Key': key }, body: form, signal });
    progress(file.size);
    return (await answer.json() as Pick<PhotoDetail, 'photo_id'>).photo_id;
}
