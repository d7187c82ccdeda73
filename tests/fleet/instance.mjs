#!/usr/bin/env node
// In the place of `cloudphotos serve`: whatever is asked takes 20 ms of one of four workers, so 200 requests a second are all that it
// can do, however busy the machine is. It ends as serve does. A file sick-PORT in the data folder makes its health check fail.
import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';

const WORKERS = 4, WORK_MS = 20;
const words = process.argv.slice(2);
const [host, port] = words[words.indexOf('--listen') + 1].split(':');
const data = words.find((word) => word.startsWith('--data=')).slice('--data='.length);
const sick = () => existsSync(join(data, `sick-${port}`));
const waiting = [];
let busy = 0;

function work(answer) {
    if (busy === WORKERS) {
        waiting.push(answer);
        return;
    }
    busy++;
    setTimeout(() => {
        busy--;
        answer.end('{}');
        if (waiting.length > 0) work(waiting.shift());
    }, WORK_MS);
}

const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, answer) => {
    request.resume();
    answer.setHeader('X-Instance', port);
    if (request.url === '/healthcheck') answer.writeHead(sick() ? 500 : 200).end();
    else if (request.url === '/metrics') answer.end('cloudphotos_queue_depth 0\n');
    else work(answer);
});
server.listen(Number(port), host);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
