// What benchmarks of the whole server share: a server or nginx of one's own on a free port, CPU time and memory of a tree
// of processes, load from wrk, uploads.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';

/* Photos are not moderated unless a test is about that: then it names the moderator. */
process.env.CLOUDPHOTOS_MODERATOR ??= 'none';

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/* The path of a program of bench/, built if it is not. */
export function buildProgram({ build }, name) {
    execFileSync('ninja', ['--quiet', '-C', build, `bench/${name}`], { stdio: ['ignore', 'ignore', 'inherit'] });
    return join(build, 'bench', name);
}

// ---- Processes ----

const started = new Set();
process.on('exit', () => { for (const child of started) child.kill('SIGKILL'); });

/* Starts a program on the given cores ("0", "0,1"). */
export function start(command, { cores, ...options } = {}) {
    const words = cores ? ['taskset', '-c', cores, ...command] : command;
    const child = spawn(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    started.add(child);
    child.complaints = '';
    child.stderr.on('data', (piece) => { child.complaints = (child.complaints + piece).slice(-4096); });
    child.ended = new Promise((done) => child.on('close', (code) => { started.delete(child); done(code); }));
    return child;
}

export async function stop(child) {
    child.kill('SIGTERM');
    await child.ended;
}

/* What the program prints; it must end well. */
export async function output(command, options) {
    const child = start(command, options);
    let text = '';
    child.stdout.on('data', (piece) => { text += piece; });
    const code = await child.ended;
    if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${child.complaints}`);
    return text;
}

function readStat(pid) {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) };
}

/* The process and all its living descendants. */
export function tree(pid) {
    const parents = new Map();
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
        try { parents.set(Number(name), readStat(name).parent); } catch { /* it has just ended */ }
    const found = [pid];
    for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
    return found;
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']));
/* CPU seconds of the process, its descendants, and the dead ones among them that were waited for. */
export const cpuSeconds = (pid) => tree(pid).reduce((sum, one) => sum + readStat(one).ticks, 0) / TICKS_PER_SECOND;
/* CPU seconds of the process alone, with those of its children that ended. */
export const ownCpuSeconds = (pid) => readStat(pid).ticks / TICKS_PER_SECOND;

/* A line of /proc/PID/status in bytes: VmRSS, VmHWM. */
export function memory(pid, line) {
    return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm'))[1]) * 1024;
}

// ---- Servers ----

/* Resolves to { child, pid, url } when it serves. Its log goes to a file, as it would under a service manager. */
export async function startServer(program, data, options = [], { cores, log = '/dev/null' } = {}) {
    const output = openSync(log, 'w');
    const child = start([program, 'serve', '--listen', '127.0.0.1:0', '--data', data, ...options],
        { cores, stdio: ['ignore', output, 'pipe'] });
    closeSync(output);
    const url = await new Promise((done, fail) => {
        child.stderr.on('data', () => {
            const match = child.complaints.match(/^\s+(http:\S+?)\/?$/m);
            if (match) done(match[1]);
        });
        child.on('close', (code) => fail(new Error(`the server ended with ${code}: ${child.complaints}`)));
    });
    return { child, pid: child.pid, url };
}

function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

// The line that our server writes of a request, written as seldom.
const LOG_FORMAT = `'{"time":"$time_iso8601","level":"info","event":"request","request_id":"$request_id","method":"$request_method",'
        '"path":"$uri","client":"$remote_addr","code":$status,"bytes_in":$request_length,"bytes_out":$body_bytes_sent,"s":$request_time}'`;

/* nginx with one worker that answers everything with `body`, from a configuration of its own in `folder`; `log`: the path of its log. */
export async function startNginx(folder, body, { cores, log } = {}) {
    const port = await freePort();
    mkdirSync(folder, { recursive: true });
    const quoted = body.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    writeFileSync(join(folder, 'nginx.conf'), `
daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
    log_format lines escape=json ${LOG_FORMAT};
    access_log ${log ? `${log} lines buffer=128k flush=100ms` : 'off'};
    keepalive_requests 1000000000; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
    server { listen 127.0.0.1:${port}; location / { default_type application/json; return 200 '${quoted}'; } }
}
`);
    const child = start(['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')], { cores });
    const url = `http://127.0.0.1:${port}`;
    for (;;) {
        try { await get(url); break; } catch { if (child.exitCode !== null) throw new Error(`nginx does not start: ${child.complaints}`); }
    }
    return { child, pid: child.pid, url };
}

// ---- Requests ----

function request(url, options, body) {
    return new Promise((done, fail) => {
        const sent = http.request(url, options, (answer) => {
            const pieces = [];
            answer.on('data', (piece) => pieces.push(piece));
            answer.on('end', () => done({ status: answer.statusCode, body: Buffer.concat(pieces).toString() }));
        });
        sent.on('error', fail);
        sent.end(body);
    });
}

export async function get(url) {
    const answer = await request(url, {});
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${answer.body}`);
    return answer.body;
}

/* A multipart body with the photo, made once and sent often. */
export function uploadBody(photo) {
    const head = '--frame\r\nContent-Disposition: form-data; name="photo"; filename="photo"\r\n\r\n';
    return Buffer.concat([Buffer.from(head), photo, Buffer.from('\r\n--frame--\r\n')]);
}

/* Resolves to the photo's id when the upload has been answered. */
export async function upload(url, body, author = 'bench') {
    const headers = { Authorization: author, 'Content-Type': 'multipart/form-data; boundary=frame', 'Content-Length': body.length };
    const answer = await request(`${url}/photos`, { method: 'POST', headers }, body);
    if (answer.status !== 200) throw new Error(`upload: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body).photo_id;
}

/* Resolves when the photo is SUCCESS, told by the server's events: no polling in between. */
export function published(url, id) {
    return new Promise((done, fail) => {
        http.get(`${url}/events?photo=${id}`, (answer) => {
            let text = '';
            answer.on('data', (piece) => {
                text += piece;
                if (/"status":\s*"SUCCESS"/.test(text)) { answer.destroy(); done(); }
                if (/"status":\s*"ERROR"/.test(text)) { answer.destroy(); fail(new Error(`photo ${id}: ${text}`)); }
            });
            answer.on('end', () => fail(new Error(`the events of ${id} ended: ${text}`)));
        }).on('error', fail);
    });
}

/* Load from wrk: resolves to { requests, errors, seconds, p50_us, p99_us }. The paths are asked for at random. */
export async function wrk(folder, url, paths, { seconds, connections, cores }) {
    const list = join(folder, 'paths.txt');
    const script = join(folder, 'paths.lua');
    writeFileSync(list, paths.join('\n'));
    writeFileSync(script, `
local requests = {}
function init(args)
    for path in io.lines("${list}") do requests[#requests + 1] = wrk.format("GET", path) end
    math.randomseed(os.time())
end
function request() return requests[math.random(#requests)] end
function done(summary, latency)
    local errors = summary.errors
    print(string.format('RESULT {"requests":%d,"errors":%d,"seconds":%f,"p50_us":%d,"p99_us":%d}', summary.requests,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout, summary.duration / 1e6,
        latency:percentile(50), latency:percentile(99)))
end
`);
    const child = start(['wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', script, url], { cores });
    let text = '';
    child.stdout.on('data', (piece) => { text += piece; });
    await child.ended;
    const result = JSON.parse(text.match(/^RESULT (.*)$/m)?.[1] ?? 'null');
    if (!result || result.errors > 0) throw new Error(`wrk: ${text}`);
    return result;
}
