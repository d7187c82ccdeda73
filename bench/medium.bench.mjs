// What the medium rendition (ID-medium.webp) costs: the bare pipeline with and without it, in turns, on the same photo.
import { execFileSync } from 'node:child_process';
import { makePhoto } from './pictures.mjs';
import { buildProgram, median } from './server.mjs';

const ROUNDS = 9;
const TIMES = 4;

export function measure(context) {
    const photo = makePhoto(context, 4000, 3000);
    const program = buildProgram(context, 'bare_pipeline');
    const run = (...words) => JSON.parse(execFileSync(program, [photo, String(TIMES), ...words], { encoding: 'utf8' }));
    const rounds = Array.from({ length: ROUNDS }, () => ({ all: run(), two: run('two') }));
    const of = (name) => median(rounds.map(({ all, two }) => all[name] / two[name]));
    const ms = (which, name) => (1000 * median(rounds.map((round) => round[which][name]))).toFixed(1);
    const { large, medium, thumbnail } = rounds[0].all;
    return [
        { what: 'CPU time of a photo with a medium rendition, against one without', value: of('cpu_s'), most: 1.35,
            note: `median of ${ROUNDS} in turns, 4000x3000 JPEG, bare pipeline: ${ms('all', 'cpu_s')} ms against ${ms('two', 'cpu_s')} ms` },
        { what: 'wall time of the same', value: of('wall_s'), note: `${ms('all', 'wall_s')} ms against ${ms('two', 'wall_s')} ms` },
        { what: 'bytes that a photo takes in the buckets, likewise', value: (large + medium + thumbnail) / (large + thumbnail),
            note: `the same photo: ${large} (large) + ${medium} (medium) + ${thumbnail} (thumbnail) bytes` },
    ];
}
