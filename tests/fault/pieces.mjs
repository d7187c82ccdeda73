// An upload in pieces (tus), as a client sends it that doesn't give up: each request goes to the next server, and after a refusal or a cut it
// asks how far it has come.
import assert from 'node:assert/strict';
import { Client } from './client.mjs';
import { sleep } from './wait.mjs';

const PAUSE_MS = 200;
const OWN = { 'Tus-Resumable': '1.0.0' };
/* Somebody else may still hold the upload (423) or have gone on with it (409); 503: not now. */
const LATER = [409, 423, 503];

/* servers: each has an `address`. mayFail: whether a connection may be lost. note(begin, isGood) hears of each answer. Gives the photo's id. */
export async function sendInPieces({ servers, author, bytes, pieces, mayFail, note, limit_ms }) {
    const deadline = performance.now() + limit_ms;
    const piece = Math.ceil(bytes.length / pieces);
    let turn = 0, path = null;
    const ask = async (method, where, headers, body = []) => {
        const begin = performance.now(), client = new Client(servers[turn++ % servers.length]);
        try {
            const answer = await client.request(method, where, { Authorization: author, ...OWN, ...headers }, body);
            note(begin, !LATER.includes(answer.status));
            if (answer.status === 503) assert.match(answer.headers['retry-after'] ?? '', /^\d+$/, `${method} ${where}: a 503 without Retry-After`);
            return answer;
        } catch (error) {
            if (error.name === 'AssertionError' || !mayFail()) throw error;
            return { status: 503 };
        } finally { client.close(); }
    };
    for (;;) {
        assert.ok(performance.now() < deadline, `an upload in pieces has come to no end within ${limit_ms} ms: ${path}`);
        if (turn > 0) await sleep(PAUSE_MS);
        if (!path) {
            const { status, headers, bytes: text } = await ask('POST', '/uploads', { 'Upload-Length': bytes.length });
            assert.ok(status === 201 || LATER.includes(status), `POST /uploads: ${status} ${text}`);
            if (status === 201) path = headers.location;
            continue;
        }
        const head = await ask('HEAD', path, {});
        assert.ok(head.status === 200 || LATER.includes(head.status), `HEAD ${path}: ${head.status}`);
        if (head.status !== 200) continue;
        const from = Number(head.headers['upload-offset']);
        if (head.headers['photo-id']) return head.headers['photo-id'];
        const { status, headers, bytes: text } = await ask('PATCH', path, { 'Upload-Offset': from, 'Content-Type': 'application/offset+octet-stream' },
            [bytes.subarray(from, from + piece)]);
        assert.ok(status === 204 || LATER.includes(status), `PATCH ${path}: ${status} ${text}`);
        if (status === 204 && headers['photo-id']) return headers['photo-id'];
    }
}
