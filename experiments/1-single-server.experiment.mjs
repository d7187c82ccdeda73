// One server: the rate that it bears, and how time and failures grow on the way there.
import { join } from 'node:path';
import { makePictures, makeUsers, milliseconds, number, percent, readRun } from './library.mjs';

export const title = 'One server';
export const about = 'Searches for users at a constant rate of 4,000 a minute; then the highest rate at which 99 of 100 answers take less than 100 ms and fewer '
    + 'than one of a thousand fails; then a ramp through that rate and half as far again.';

export async function perform({ folder, isPaper, serve, tool }) {
    const server = await serve();
    await makeUsers(server.url, makePictures(join(folder, 'pictures')), 20);
    const target = `${server.url}/users?username=user_007`;
    const run = (name) => join(folder, `${name}.jsonl`);

    await tool('load', '--rate', '4000/m', '--duration', isPaper ? '10m' : '30s', '--title', "The paper's rate: 4,000 a minute", '--out', run('rate'), target);
    const { stdout } = await tool('load', '--find-knee', '--rate', '1000/s', '--duration', isPaper ? '10s' : '3s', '--pause', isPaper ? '5s' : '1s',
        '--repeats', isPaper ? '5' : '3', target);
    const knee = Number(stdout.match(/^([\d.]+)\/s/)[1]);
    const interval = stdout.match(/interval ([\d.]+) to ([\d.]+)/);
    const length = isPaper ? 300 : 40;
    await tool('load', '--ramp', `0:${Math.round(knee * 0.1)}/s,${length}s:${Math.round(knee * 1.5)}/s`, '--title', 'A ramp through the knee', '--interval',
        isPaper ? '5s' : '1s', '--give-up', '0', '--out', run('ramp'), target);

    const constant = readRun(run('rate')).summary.all, ramp = readRun(run('ramp')).summary.all;
    return {
        runs: [run('rate'), run('ramp')],
        figures: [
            { what: '4,000 requests a minute: failed', ours: percent(constant.failed, constant.count), paper: 'what one machine bore',
                differs: 'Their server ran in an interpreter and asked a database over the network; ours asks a file on its own disk.' },
            { what: '4,000 requests a minute: time', ours: `${milliseconds(constant.mean_ms)} ± ${milliseconds(constant.deviation_ms)}`, paper: 'not known to us as a figure',
                differs: 'Our requests do not leave the machine; theirs crossed a network and a balancer.' },
            { what: 'highest rate', ours: `${number(knee * 60)} a minute${interval ? ` (95 % confidence ${number(interval[1] * 60)} to ${number(interval[2] * 60)})` : ''}`, paper: '4,000 a minute',
                differs: 'Generator and server share this machine, so that the generator takes some of what the server could have; other work on it moves the figure from run to run.' },
            { what: 'on the ramp to 1.5 times the highest rate: failed, found no connection',
                ours: `${percent(ramp.failed, ramp.count)}, ${percent(ramp.dropped, ramp.started + ramp.dropped)}`, paper: '5–10 % while scaling',
                differs: 'They added machines meanwhile; here the one machine is driven past its limit and stays alone.' },
            { what: 'time on that ramp: p50, p99', ours: `${milliseconds(ramp.percentiles_ms[50])}, ${milliseconds(ramp.percentiles_ms[99])}`, paper: '20 ms to 3 s at the peak',
                differs: 'Ours count from the planned start and end at the time-out of 1 s; a tool that waits for answers before it sends shows less of an overload.' },
        ],
    };
}
