// A photo on its way, as the server tells of it.
import { API } from '../lib/api';

/* Calls `moved` with each stage, and `ended` when it is published, refused or deleted. Returns what ends the watching. */
export function followPhoto(id: string, moved: (stage: string) => void, ended: () => void): () => void {
    const stream = new EventSource(`${API}/events?photo=${id}`);
    stream.addEventListener('stage', ({ data }) => moved((JSON.parse(data as string) as { stage: string }).stage));
    for (const end of ['end', 'deleted']) stream.addEventListener(end, () => { stream.close(); ended(); });
    return () => stream.close();
}
