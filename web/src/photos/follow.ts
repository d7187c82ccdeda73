// A photo on its way, as the server tells of it.
import { API } from '../lib/api';

const AGAIN_MS = 3000;

/* Calls `moved` with each stage, and `look` when it is published, refused or deleted, or when the server has no stream to spare: then it
 * is tried again. Returns what ends the watching. */
export function followPhoto(id: string, moved: (stage: string) => void, look: () => void): () => void {
    let stream: EventSource;
    let timer: ReturnType<typeof setTimeout>;
    const open = () => {
        stream = new EventSource(`${API}/events?photo=${id}`);
        stream.addEventListener('stage', ({ data }) => moved((JSON.parse(data as string) as { stage: string }).stage));
        for (const end of ['end', 'deleted']) stream.addEventListener(end, () => { stream.close(); look(); });
        stream.addEventListener('error', () => { // a cut connection the browser mends by itself
            if (stream.readyState === EventSource.CLOSED) timer = setTimeout(() => { look(); open(); }, AGAIN_MS);
        });
    };
    open();
    return () => { clearTimeout(timer); stream.close(); };
}
