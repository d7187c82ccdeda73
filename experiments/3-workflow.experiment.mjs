// The workflow under uploads: how many executions there are, how long they take, how many at a time.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { get } from '../bench/server.mjs';
import { makePictures, milliseconds, number, percent, readRun } from './library.mjs';

export const title = 'The workflow';
export const about = 'Users who only upload and wait, 10 rising to 100. Some of their pictures lack half of their rows, so the workflow has to refuse them. '
    + 'Execution counts come from the server, twice a second; the duration follows from the number of concurrent executions (Little\'s law).';

/* The original's ran for two minutes, with at most 10 users, until a ban. */
export const lengths = {
    quick: { rise_s: 80, interval_s: 4 },
    paper: { rise_s: 300, interval_s: 15 },
};
const DRAIN_S = 40; // about: until the last executions have ended
const SAMPLE_MS = 500;

export function commands({ rise_s, interval_s }, { url, folder }) {
    return {
        uploaders: { seconds: rise_s + DRAIN_S,
            words: ['simulate', '--chain', join(folder, 'uploaders.json'), '--line', `0:10,${rise_s}s:100`, '--interval', `${interval_s}s`, '--timeout', '5s',
                '--photos', join(folder, 'pictures'), '--title', '10 to 100 uploading users', '--out', join(folder, 'uploaders.jsonl'), url] },
    };
}

function writeChain(folder, refused) {
    const upload = (photos) => ({
        request: { method: 'POST', path: '/photos', headers: { Authorization: '${user}' }, photos }, keep: 'photo_id', next: { status: 1 },
    });
    writeFileSync(join(folder, 'uploaders.json'), JSON.stringify({
        start: 'start', think: '1s', states: {
            start: { next: { upload: 1 - refused, 'upload of what is refused': refused } },
            upload: upload('good'),
            'upload of what is refused': upload('refused'),
            status: { request: { path: '/uploadStatus/${photo_id}' }, again: { field: 'status', while: 'PENDING', every: '5s' }, next: { start: 1 } },
        },
    }, null, 1));
}

/* What the server says of its executions, as [{ time_ms, running, ended }]. */
function watch(url) {
    const samples = [];
    const read = async () => {
        const text = await get(`${url}/metrics`);
        const of = (status) => Number(text.match(new RegExp(`^cloudphotos_executions\\{status="${status}"\\} (\\d+)`, 'm'))[1]);
        samples.push({ time_ms: Date.now(), running: of('RUNNING'), ended: of('SUCCEEDED') + of('FAILED') + of('ABORTED') });
    };
    let isOver = false; // then it goes on until those under way have ended
    const loop = (async () => {
        while (!isOver || samples.at(-1).running > 0) {
            await read();
            await new Promise((done) => { setTimeout(done, SAMPLE_MS); });
        }
        return samples;
    })();
    return () => { isOver = true; return loop; };
}

/* Between neighbouring samples: seconds, executions that ended, and seconds of executions under way. */
function sumUp(samples) {
    const sum = { seconds: 0, ended: 0, area: 0 };
    for (let i = 1; i < samples.length; i++) {
        const seconds = (samples[i].time_ms - samples[i - 1].time_ms) / 1000;
        sum.seconds += seconds;
        sum.ended += samples[i].ended - samples[i - 1].ended;
        sum.area += samples[i].running * seconds;
    }
    return sum;
}

/* The samples as lines that `cloudphotos report` draws beside the run: how many at a time as they are, the others of an interval each. */
function gauges(samples, interval_s) {
    const per = Math.round(interval_s * 1000 / SAMPLE_MS);
    const lines = samples.map(({ time_ms, running }) => ({ time_ms, plot: 'Concurrent executions', name: 'under way', value: running }));
    for (let i = 0; i + per < samples.length; i += per) {
        const { seconds, ended, area } = sumUp(samples.slice(i, i + per + 1)), { time_ms } = samples[i + per];
        lines.push({ time_ms, plot: 'Executions ended per second', name: 'ended', value: ended / seconds });
        if (ended > 0) lines.push({ time_ms, plot: 'Duration of an execution, seconds', name: 'mean', value: area / ended });
    }
    return lines.map((line) => `${JSON.stringify({ type: 'gauge', ...line })}\n`).join('');
}

export async function perform({ folder, length, refused, serve, tool }) {
    const server = await serve();
    makePictures(join(folder, 'pictures'));
    writeChain(folder, refused);
    const finish = watch(server.url);
    await tool(commands(length, { url: server.url, folder }).uploaders);
    const samples = await finish();
    const [run, executions] = ['uploaders', 'executions'].map((name) => join(folder, `${name}.jsonl`));
    writeFileSync(executions, gauges(samples, length.interval_s));
    const { labels } = readRun(run).summary;
    const of = (label) => labels.find((one) => one.label === label);
    const { seconds, ended, area } = sumUp(samples), late = sumUp(samples.slice(Math.floor(samples.length / 2)));
    const good = of('upload'), bad = of('upload of what is refused');
    return {
        runs: [run, executions],
        figures: [
            { what: 'executions', ours: `${number(ended)}, including ${number(bad.ok)} of pictures to refuse`, paper: '162 in two minutes, by at most 10 users',
                differs: 'Their test ended with a ban after two minutes. Their executions ran on a cloud service that starts a function for each state; ours run in the server\'s threads.' },
            { what: 'time to start one, mean (minimum to maximum)', ours: `${milliseconds(good.mean_ms)} (${milliseconds(good.min_ms)} to ${milliseconds(good.max_ms)})`,
                paper: '128 ms (49 to 914 ms)', differs: 'Ours uploads and stores a photo; theirs named an existing one, over HTTPS.' },
            { what: 'uploads that failed', ours: percent(good.failed + bad.failed, good.count + bad.count), paper: '0%',
                differs: 'A refused picture is not a failure in either: the workflow ends properly, and the user is told.' },
            { what: 'executions per second in the second half', ours: number(late.ended / late.seconds), paper: '1.35 started',
                differs: 'Theirs was what ten users requested; ours is limited by the cores, which decode and resize.' },
            { what: 'duration of an execution, mean', ours: `${number(area / ended)} s`, paper: 'planned, but lost because of the ban',
                differs: 'With few cores, executions wait for a free darkroom; a cloud starts as many functions as there are photos.' },
            { what: 'concurrent executions: mean, maximum', ours: `${number(area / seconds)}, ${number(Math.max(...samples.map(({ running }) => running)))}`,
                paper: 'planned, but lost because of the ban', differs: 'A machine with more cores works on more of them at once, so fewer wait.' },
        ],
    };
}
