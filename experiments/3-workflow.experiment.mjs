// The workflow under uploads: how many executions there are, how long they take, how many at a time.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { get } from '../bench/server.mjs';
import { makePictures, number, readRun } from './library.mjs';

export const title = 'The workflow';
export const about = 'Users who only upload and wait, 10 rising to 100. A share of their pictures lacks half of its rows, so that the workflow has to refuse them. '
    + 'Executions are what the server counts; how long one takes follows from how many there are at a time (Little\'s law).';

function writeChain(folder, refused) {
    const chain = join(folder, 'uploaders.json');
    const upload = (photos) => ({
        request: { method: 'POST', path: '/photos', headers: { Authorization: '${user}' }, photos }, keep: 'photo_id', next: { status: 1 },
    });
    writeFileSync(chain, JSON.stringify({
        start: 'start', think: '1s', states: {
            start: { next: { upload: 1 - refused, 'upload of what is refused': refused } },
            upload: upload('good'),
            'upload of what is refused': upload('refused'),
            status: { request: { path: '/uploadStatus/${photo_id}' }, again: { field: 'status', while: 'PENDING', every: '5s' }, next: { start: 1 } },
        },
    }, null, 1));
    return chain;
}

/* What the server says of its executions, twice a second. */
function watch(url) {
    const samples = [];
    const begin = Date.now();
    const read = async () => {
        const text = await get(`${url}/metrics`);
        const of = (status) => Number(text.match(new RegExp(`^cloudphotos_executions\\{status="${status}"\\} (\\d+)`, 'm'))[1]);
        samples.push({ at: (Date.now() - begin) / 1000, running: of('RUNNING'), ended: of('SUCCEEDED') + of('FAILED') + of('ABORTED') });
    };
    let isOver = false; // then it goes on until those under way have ended
    const loop = (async () => {
        while (!isOver || samples.at(-1).running > 0) {
            await read();
            await new Promise((done) => { setTimeout(done, 500); });
        }
        return samples;
    })();
    return () => { isOver = true; return loop; };
}

export async function perform({ folder, isPaper, refused, serve, tool }) {
    const server = await serve();
    const pictures = makePictures(join(folder, 'pictures'));
    const run = join(folder, 'uploaders.jsonl');
    const finish = watch(server.url);
    await tool('simulate', '--chain', writeChain(folder, refused), '--line', `0:10,${isPaper ? '10m' : '80s'}:100`, '--interval', isPaper ? '30s' : '4s', '--photos', pictures,
        '--timeout', '5s', '--title', '10 to 100 uploading users', '--out', run, server.url);
    const samples = await finish();
    const { summary } = readRun(run);
    const of = (label) => summary.labels.find((one) => one.label === label)?.ok ?? 0;
    const area = samples.slice(1).reduce((sum, { at, running }, i) => sum + running * (at - samples[i].at), 0);
    const { at: seconds, ended } = samples.at(-1);
    const middle = samples[Math.floor(samples.length / 2)];
    const step = Math.max(1, Math.floor(samples.length / 10));
    return {
        runs: [run],
        figures: [
            { what: 'executions', ours: `${number(ended)}, of pictures to be refused ${number(of('upload of what is refused'))}`, paper: 'not known to us as a figure',
                differs: 'Theirs were state machines of a cloud service that start a function for each state; ours run in the server\'s threads.' },
            { what: 'duration of an execution, mean', ours: `${number(area / ended)} s`, paper: 'not known to us as a figure',
                differs: 'With one core for all, executions wait for a free darkroom; a cloud has as many functions as there are photos.' },
            { what: 'executions at a time: mean, most', ours: `${number(area / seconds)}, ${number(Math.max(...samples.map(({ running }) => running)))}`, paper: 'not known to us as a figure',
                differs: 'A machine with more cores works on more of them at once, so that fewer wait.' },
            { what: 'executions a second in the second half', ours: number((ended - middle.ended) / (seconds - middle.at)), paper: 'not known to us as a figure',
                differs: 'In a cloud the bound is how many functions may run at once; here it is the cores.' },
        ],
        tables: [{
            caption: 'Executions over time:',
            head: ['after', 'under way', 'ended'],
            rows: samples.filter((_, i) => i % step === 0).map(({ at, running, ended: count }) => [`${number(at)} s`, number(running), number(count)]),
        }],
    };
}
