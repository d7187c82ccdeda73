// How many requests per second `cloudphotos load` gets out of one core, against wrk on the same one, both loading nginx's `return 200` on the other.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, startNginx, stop, wrk } from './server.mjs';

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 32;
const SERVER_CORE = '0';
const LOAD_CORE = '1';

/* More than can be had: what is over it is dropped, and the rest is the highest rate. */
function load({ program, folder }, round, url) {
    const out = join(folder, `run-${round}.jsonl`);
    execFileSync('taskset', ['-c', LOAD_CORE, program, 'load', '--quiet', '--rate', '300000/s', '--duration', `${SECONDS}s`, '--threads', '1', '--connections',
        String(CONNECTIONS), '--timeout', '2s', '--out', out, url], { stdio: ['ignore', 'ignore', 'inherit'] });
    const { all, cpu_s, sending_s } = JSON.parse(readFileSync(out, 'utf8').trimEnd().split('\n').at(-1));
    if (all.failed > 0) throw new Error(`load: ${JSON.stringify(all.failures)}`);
    return { rate: all.count / sending_s, cpu_us: cpu_s / all.count * 1e6 };
}

export async function measure(context) {
    const nginx = await startNginx(join(context.folder, 'nginx'), 'hello', { cores: SERVER_CORE });
    const rounds = [];
    try {
        for (let i = 0; i < ROUNDS; i++) {
            const folder = join(context.folder, `wrk-${i}`);
            mkdirSync(folder);
            const theirs = await wrk(folder, nginx.url, ['/'], { seconds: SECONDS, connections: CONNECTIONS, cores: LOAD_CORE });
            rounds.push({ ours: load(context, i, nginx.url), theirs: theirs.requests / theirs.seconds });
        }
    } finally {
        await stop(nginx.child);
    }
    const note = `${CONNECTIONS} connections, nginx and the load on a core each, medians of ${ROUNDS} alternating rounds of ${SECONDS} s: `
        + `${Math.round(median(rounds.map(({ ours }) => ours.rate)))} requests per second against wrk's ${Math.round(median(rounds.map(({ theirs }) => theirs)))}; `
        + `${median(rounds.map(({ ours }) => ours.cpu_us)).toFixed(1)} µs of CPU time per request`;
    return [{ what: 'highest rate of `cloudphotos load` against wrk', value: median(rounds.map(({ ours, theirs }) => ours.rate / theirs)), least: 0.8, note }];
}
