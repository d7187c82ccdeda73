// Users who search, look, upload and wait, in steps of their number.
import { join } from 'node:path';
import { countsOf, makePictures, makeUsers, milliseconds, number, percent, readRun } from './library.mjs';

export const title = 'Markov users';
export const about = 'The default users (users/original.json), 20, 60, 100, 60 and 20 of them concurrently, as in the paper\'s figure 5.';

/* An hour in all: the original's. */
export const lengths = {
    quick: { step_s: 24, interval_s: 4 },
    paper: { step_s: 720, interval_s: 60 },
};

/* Figure 5, read off the plot: users, and requests per minute in total while that number was there. */
const PAPER = [[20, 1170], [60, 3540], [100, 5500], [60, 3540], [20, 1170]];

export function commands({ step_s, interval_s }, { url, folder }) {
    return {
        users: { seconds: PAPER.length * step_s,
            words: ['simulate', '--users', PAPER.map(([users]) => users).join(), '--every', `${step_s}s`, '--interval', `${interval_s}s`, '--people', '20',
                '--photos', join(folder, 'pictures', 'good'), '--title', '20, 60, 100, 60, 20 users', '--out', join(folder, 'users.jsonl'), url] },
    };
}

/* Of each step what ended in it, without its first interval, in which users come or go. */
function stepsTable({ intervals }, { step_s, interval_s }) {
    const rows = PAPER.map(([users, paper], i) => {
        const within = intervals.filter(({ at_ms }) => at_ms >= (i * step_s + interval_s) * 1000 && at_ms < (i + 1) * step_s * 1000);
        const ended = within.reduce((sum, interval) => sum + countsOf(interval).ended, 0);
        return [number(users), number(ended * 60 / (step_s - interval_s)), number(paper)];
    });
    return { caption: 'Figure 5, requests per minute in total:', head: ['users', 'here', 'in the paper'], rows };
}

export async function perform({ folder, length, serve, tool }) {
    const server = await serve();
    await makeUsers(server.url, makePictures(join(folder, 'pictures')), 20);
    await tool(commands(length, { url: server.url, folder }).users);
    const path = join(folder, 'users.jsonl');
    const run = readRun(path);
    const { all, labels, cpu_s, elapsed_s } = run.summary;
    const of = (label) => labels.find((one) => one.label === label);
    return {
        runs: [path],
        figures: [
            { what: 'failed', ours: percent(all.failed, all.count), paper: '5–10% while scaling',
                differs: 'Their failures came while machines were being added; one of our servers handles a hundred users on its own.' },
            { what: 'time: p50, p99, maximum', ours: [all.percentiles_ms[50], all.percentiles_ms[99], all.max_ms].map(milliseconds).join(', '), paper: '≈ 20 ms, to over 3 s at the peak',
                differs: 'Our users and server are on one machine; theirs were separated by a network, a load balancer and a database.' },
            { what: 'servers at the peak', ours: '1', paper: '3',
                differs: 'Theirs were t2.micro, each of which handled 4,000 requests per minute; another one started at 2,400.' },
            { what: 'upload time, mean', ours: milliseconds(of('upload').mean_ms), paper: 'not given',
                differs: 'Ours ends when photo and execution are on the local disk; theirs went to a bucket over the network.' },
            { what: 'CPU used by the generator', ours: `${number(100 * cpu_s / elapsed_s)}% of a core`, paper: 'two virtual machines',
                differs: 'Generator and server share this machine, so they compete for it.' },
        ],
        tables: [stepsTable(run, length), {
            caption: 'By state:',
            head: ['state', 'requests', 'failed', 'mean', 'deviation', 'p99'],
            rows: [...labels, all].map((row) => [row.label, number(row.count), number(row.failed), ...[row.mean_ms, row.deviation_ms, row.percentiles_ms[99]].map(milliseconds)]),
        }],
    };
}
