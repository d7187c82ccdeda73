// Users who search, look, upload and wait, in steps of their number.
import { join } from 'node:path';
import { makePictures, makeUsers, milliseconds, number, percent, readRun } from './library.mjs';

export const title = 'Markov users';
export const about = 'The shipped users (users/original.json): 20, 60, 100, 60 and 20 of them at a time.';

export async function perform({ folder, isPaper, serve, tool }) {
    const server = await serve();
    const pictures = makePictures(join(folder, 'pictures'));
    await makeUsers(server.url, pictures, 20);
    const run = join(folder, 'users.jsonl');
    await tool('simulate', '--users', '20,60,100,60,20', '--every', isPaper ? '6m' : '24s', '--interval', isPaper ? '1m' : '4s', '--people', '20',
        '--photos', join(pictures, 'good'), '--title', '20, 60, 100, 60, 20 users', '--out', run, server.url);
    const { summary } = readRun(run);
    const of = (label) => summary.labels.find((one) => one.label === label);
    return {
        runs: [run],
        figures: [
            { what: 'failed', ours: percent(summary.all.failed, summary.all.count), paper: '5–10 % while scaling',
                differs: 'Their failures came while machines were being added; one server of ours bears a hundred users without another.' },
            { what: 'time: p50, p99, longest', ours: [summary.all.percentiles_ms[50], summary.all.percentiles_ms[99], summary.all.max_ms].map(milliseconds).join(', '),
                paper: '20 ms to 3 s at the peak',
                differs: 'Our users and server are on one machine; theirs were a network, a balancer and a database apart.' },
            { what: 'time of an upload: mean', ours: milliseconds(of('upload').mean_ms), paper: 'not known to us as a figure',
                differs: 'Ours ends when photo and execution are on this disk; theirs went to a bucket over the network.' },
            { what: 'what the generator took', ours: `${number(100 * summary.cpu_s / summary.elapsed_s)} % of a core`, paper: 'not known to us as a figure',
                differs: 'Generator and server share this machine, so that what the one takes is not there for the other.' },
        ],
        tables: [{
            caption: 'By state:',
            head: ['state', 'requests', 'failed', 'mean', 'deviation', 'p99'],
            rows: [...summary.labels, summary.all].map((row) => [row.label, number(row.count), number(row.failed), ...[row.mean_ms, row.deviation_ms, row.percentiles_ms[99]].map(milliseconds)]),
        }],
    };
}
