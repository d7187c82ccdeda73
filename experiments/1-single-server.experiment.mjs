// One server: time and failures at the original's rates, the rate that it bears, and how both grow on the way through that.
import { join } from 'node:path';
import { countsOf, makePictures, makeUsers, milliseconds, number, percent, readRun, timesOf } from './library.mjs';

export const title = 'One server';
export const about = 'Health checks, each of which searches, at 500 to 5,000 requests per minute, as in the paper\'s figure 3; then the highest rate of searches at which 99 of '
    + '100 answers take less than 100 ms and fewer than one of a thousand fails; then a ramp through that rate and half as far again.';

/* Each rate for a minute: the original's. It paused three minutes between rates and did all of them three times. */
export const lengths = {
    quick: { each_s: 6, try_s: 3, pause_s: 1, repeats: 3, ramp_s: 40, interval_s: 1 },
    paper: { each_s: 60, try_s: 10, pause_s: 2, repeats: 3, ramp_s: 120, interval_s: 5 },
};
const TRIES = [18, 11]; // about: of the first search for the highest rate, and of each later one

/* Figure 3: its left plot gives ms ± deviation, its right one how many of the sent requests succeeded. Both are read off the plots. */
const PAPER = [
    [500, 7.8, 2.1, 0], [1000, 7.8, 2.7, 0], [1500, 7.9, 2.8, 0], [2000, 7.2, 2.1, 0], [2500, 7, 2.2, 0], [3000, 7.3, 3.1, 0], [3500, 7.1, 2, 0], [4000, 7, 2, 0],
    [4500, 7, 2.4, 0.11], [5000, 7, 2.1, 0.18],
];

export function commands({ each_s, try_s, pause_s, repeats, ramp_s, interval_s }, { url, folder, knee }) {
    const steps = PAPER.map(([rate], i) => `${i * each_s}s:${rate}/m`).join();
    const target = `${url}/users?username=user_007`;
    return {
        rates: { seconds: PAPER.length * each_s,
            words: ['load', '--steps', steps, '--duration', `${PAPER.length * each_s}s`, '--interval', `${each_s}s`, '--title', "The paper's rates: 500 to 5,000 a minute",
                '--out', join(folder, 'rates.jsonl'), `${url}/healthcheck`] },
        knee: { seconds: (TRIES[0] + (repeats - 1) * TRIES[1]) * (try_s + pause_s),
            words: ['load', '--find-knee', '--rate', '1000/s', '--duration', `${try_s}s`, '--pause', `${pause_s}s`, '--repeats', String(repeats), target] },
        ramp: { seconds: ramp_s,
            words: ['load', '--ramp', `0:${Math.round(knee * 0.1)}/s,${ramp_s}s:${Math.round(knee * 1.5)}/s`, '--interval', `${interval_s}s`, '--give-up', '0',
                '--title', 'A ramp through the highest rate', '--out', join(folder, 'ramp.jsonl'), target] },
    };
}

function ratesTable({ intervals }) {
    const rows = PAPER.map(([rate, mean_ms, deviation_ms, failed], i) => {
        const { mean, deviation } = timesOf(intervals[i]), { ended, lost } = countsOf(intervals[i]);
        return [number(rate), `${number(mean)} ± ${number(deviation)} ms`, `${mean_ms} ± ${deviation_ms} ms`, percent(lost, ended), percent(failed, 1)];
    });
    return { caption: 'Figure 3:', head: ['requests per minute', 'time here', 'in the paper', 'failed here', 'in the paper'], rows };
}

export async function perform({ folder, length, serve, tool }) {
    const server = await serve();
    await makeUsers(server.url, makePictures(join(folder, 'pictures')), 20);
    const command = (knee) => commands(length, { url: server.url, folder, knee });
    await tool(command().rates);
    const { stdout } = await tool(command().knee);
    const knee = Number(stdout.match(/^([\d.]+)\/s/)[1]);
    const interval = stdout.match(/interval ([\d.]+) to ([\d.]+)/);
    await tool(command(knee).ramp);

    const runs = ['rates', 'ramp'].map((name) => join(folder, `${name}.jsonl`));
    const [rates, ramp] = runs.map(readRun);
    const all = ramp.summary.all;
    return {
        runs,
        figures: [
            { what: 'highest rate', ours: `${number(knee * 60)} a minute${interval ? ` (95% confidence ${number(interval[1] * 60)} to ${number(interval[2] * 60)})` : ''}`, paper: '4,000 a minute',
                differs: 'Their server was a t2.micro with one core, ran in an interpreter and asked a database over the network; ours asks a file on its own disk. Generator and server share '
                    + 'this machine, so that other work on it moves the figure from run to run.' },
            { what: 'on the ramp to 1.5 times the highest rate: failed, without a connection', ours: `${percent(all.failed, all.count)}, ${percent(all.dropped, all.started + all.dropped)}`,
                paper: '18% failed at 1.25 times the highest rate',
                differs: 'Theirs failed with errors or after the time-out of 1 s; ours responds late before it fails, and the generator runs out of connections first.' },
            { what: 'time on that ramp: p50, p99', ours: `${milliseconds(all.percentiles_ms[50])}, ${milliseconds(all.percentiles_ms[99])}`, paper: '7 ± 2 ms on average, at any rate',
                differs: 'Ours count from the scheduled start and include time-outs; theirs cover successful requests only.' },
        ],
        tables: [ratesTable(rates)],
    };
}
