// A client of the server, one connection at a time unless told otherwise. A request that gets no whole answer is an error.
import http from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { formBody } from '../http/server.mjs';
import { sleep } from './wait.mjs';

export const BOUNDARY = 'a-line-between-parts';
const REQUEST_TIMEOUT_MS = 60000;

export const uploadHeaders = (author, key) => ({
    'Authorization': author, 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, ...(key && { 'Idempotency-Key': key }),
});

export const uploadBody = (bytes) => formBody(BOUNDARY, [{ field: 'photo', filename: 'photo', content: bytes }]);

export class Client {
    /* server: whatever has an `address` */
    constructor(server) {
        this.server = server;
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    }

    close() {
        this.agent.destroy();
    }

    open(method, path, headers = {}) {
        const { hostname, port } = new URL(`http://${this.server.address}`);
        return http.request({ agent: this.agent, hostname, port, method, path, headers, timeout: REQUEST_TIMEOUT_MS });
    }

    /* Resolves to { status, headers, bytes, json }. `pieces` of the body are sent one by one. */
    async request(method, path, headers = {}, pieces = []) {
        const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
        const request = this.open(method, path, { ...headers, ...(length && { 'Content-Length': length }) });
        const answered = answerOf(request);
        answered.catch(() => {}); // it may fail while the body is on its way
        for (const piece of pieces) {
            request.write(piece);
            await turn();
        }
        request.end();
        return answered;
    }

    get(path) {
        return this.request('GET', path);
    }

    /* Sends the body in two halves, split at this share of it. */
    upload(author, key, bytes, split = 0.5) {
        const body = uploadBody(bytes), at = Math.floor(body.length * split);
        return this.request('POST', '/photos', uploadHeaders(author, key), [body.subarray(0, at), body.subarray(at)]);
    }
}

export function answerOf(request) {
    return new Promise((done, fail) => {
        request.on('timeout', () => request.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS} ms`)));
        request.on('error', fail);
        request.on('response', (response) => {
            const pieces = [];
            response.on('data', (piece) => pieces.push(piece));
            response.on('error', fail);
            response.on('end', () => {
                if (!response.complete) return fail(new Error('the answer was cut'));
                const bytes = Buffer.concat(pieces);
                const isJson = /json/.test(response.headers['content-type'] ?? '');
                done({ status: response.statusCode, headers: response.headers, bytes, json: isJson && bytes.length > 0 ? JSON.parse(bytes) : null });
            });
        });
    });
}

/* One connection to the stream of a photo's events; resolves to the last event when the stream ends. */
function listen(server, id, onStage) {
    return new Promise((done, fail) => {
        const request = http.get(`http://${server.address}/events?photo=${id}`, { agent: false }, (response) => {
            let text = '', last = null;
            response.on('error', fail);
            response.on('data', (piece) => {
                text += piece;
                for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
                    const [, name, data] = text.slice(0, end).match(/^event: (\w+)\ndata: (.*)$/) ?? [];
                    if (!name) continue;
                    last = { name, ...JSON.parse(data) };
                    onStage?.(last, () => request.destroy());
                }
            });
            response.on('end', () => (response.statusCode === 200 ? done(last)
                : fail(new Error(`/events?photo=${id} answers ${response.statusCode}`))));
        });
        request.on('error', fail);
    });
}

/* Resolves to the event with which a photo reaches its end: { name: "end", status, error_message, … } or { name: "deleted" }. */
export async function endOf(server, id, limit_ms = 30000) {
    const end = performance.now() + limit_ms;
    for (let last; ;) {
        const timer = sleep(Math.max(1, end - performance.now()), null, { ref: false });
        last = await Promise.race([listen(server, id), timer]);
        if (last?.name === 'end' || last?.name === 'deleted') return last;
        if (performance.now() >= end) throw new Error(`photo ${id} is still ${JSON.stringify(last)} after ${limit_ms} ms`);
    }
}

/* Resolves when a photo has come to this stage of the workflow. */
export async function stageOf(server, id, stage) {
    let reached = false;
    await listen(server, id, (event, stop) => {
        if (event.stage !== stage) return;
        reached = true;
        stop();
    }).catch((error) => { if (!reached) throw error; });
    if (!reached) throw new Error(`photo ${id} never was in stage ${stage}`);
}
