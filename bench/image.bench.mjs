// The darkroom: processor time of a photo against the original's two ImageMagick commands, against sharp, and against itself
// without the sandbox; and its memory. All develop the same photos in turns; a photo's figure is the median of the rounds.
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { LARGE_PHOTO, makePhoto } from './pictures.mjs';
import { buildProgram, median } from './server.mjs';

const BACKGROUNDS = join(dirname(LARGE_PHOTO), '..');
const ROUNDS = 5;
const SINGLE_ROUNDS = 15; // of a photo that has a row of its own: no other's noise evens out its own
const CONVERT_ROUNDS = 3; // it takes a second a photo

/* A process that answers each line with one. */
class Contestant {
    constructor(name, mostRounds, command, ...options) {
        this.name = name;
        this.mostRounds = mostRounds;
        this.costs = new Map(); // photo -> costs of the rounds
        this.child = spawn(command, options, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, UV_THREADPOOL_SIZE: '1' } });
        this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    }

    async ask(...words) {
        this.child.stdin.write(`${words.join('\t')}\n`);
        const { value, done } = await this.answers.next();
        if (done) throw new Error(`${this.name} ended`);
        return JSON.parse(value);
    }

    close() {
        this.child.stdin.end();
    }

    cpu(photos) {
        return photos.reduce((sum, photo) => sum + median(this.costs.get(photo).map((cost) => cost.cpu_ms)), 0);
    }

    leastRounds(photos) {
        return Math.min(...photos.map((photo) => this.costs.get(photo).length));
    }
}

function installSharp({ root, build }) {
    const folder = join(build, 'sharp');
    mkdirSync(folder, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(root, 'bench', name), join(folder, name));
    execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return folder;
}

/* The photos of mate-backgrounds are its JPEGs; its PNGs are drawings, half of them transparent. */
const findBackgrounds = (suffix) => readdirSync(BACKGROUNDS, { recursive: true }).filter((name) => name.endsWith(suffix)).sort()
    .map((name) => join(BACKGROUNDS, name));
const outputs = (context, contestant, photo) => ['large', 'thumbnail']
    .map((size) => join(context.folder, `${contestant.name}-${basename(photo)}-${size}.webp`));

/* All photos in every round; within a photo the contestants take turns in being first. */
async function compete(context, photos, contestants, rounds) {
    for (let round = -1; round < rounds; round++) { // the first warms up
        for (const [index, photo] of photos.entries()) {
            for (let i = 0; i < contestants.length; i++) {
                const contestant = contestants[(i + index + round + 1) % contestants.length];
                if (round >= contestant.mostRounds) continue;
                const cost = await contestant.ask(photo, ...outputs(context, contestant, photo));
                if (round < 0) contestant.costs.set(photo, []);
                else contestant.costs.get(photo).push(cost);
            }
        }
    }
}

/* Bytes of both files, and the mean likeness of the large ones and of the thumbnails. */
async function weigh(context, photos, contestant, likeness) {
    const result = { bytes: 0, large: 0, thumbnail: 0 };
    for (const photo of photos) {
        const [large, thumbnail] = outputs(context, contestant, photo);
        result.bytes += statSync(large).size + statSync(thumbnail).size;
        result.large += await likeness.ask(photo, large) / photos.length;
        result.thumbnail += await likeness.ask(photo, thumbnail) / photos.length;
    }
    return result;
}

const ratioRow = (what, most, photos, ours, theirs) => ({
    what, most, value: ours.cpu(photos) / theirs.cpu(photos),
    note: `${photos.length === 1 ? '4000x3000 JPEG' : `sum over ${photos.length} pictures`}, medians of ${ours.leastRounds(photos)} alternating rounds `
        + `(${theirs.name}: ${theirs.leastRounds(photos)}): ${ours.cpu(photos).toFixed(0)} CPU ms ${ours.name}, ${theirs.cpu(photos).toFixed(0)} ${theirs.name}`,
});

async function qualityRows(context, photos, ours, theirs, likeness) {
    const a = await weigh(context, photos, ours, likeness);
    const b = await weigh(context, photos, theirs, likeness);
    const shown = (value) => value.toFixed(5);
    return [
        { what: `bytes of both files against ${theirs.name}'s`, value: a.bytes / b.bytes, most: 1.03,
            note: `${a.bytes} against ${b.bytes} over ${photos.length} photos` },
        { what: `similarity (SSIM) of the large file minus ${theirs.name}'s`, value: a.large - b.large, least: 0,
            note: `${shown(a.large)} against ${shown(b.large)}, luma, compared with a Lanczos-reduced original` },
        { what: `similarity (SSIM) of the thumbnail minus ${theirs.name}'s`, value: a.thumbnail - b.thumbnail, least: 0,
            note: `${shown(a.thumbnail)} against ${shown(b.thumbnail)}` },
    ];
}

/* A fresh worker, so that its peak is this photo's. */
async function peakMegabytes(program, darkroom, context, photo) {
    const worker = new Contestant('memory', 1, program, 'pool', darkroom);
    const { peak_kb } = await worker.ask(photo, ...outputs(context, worker, photo));
    worker.close();
    return peak_kb / 1024;
}

export async function measure(context) {
    const program = buildProgram(context, 'image_contestant');
    const likeness = new Contestant('likeness', 0, buildProgram(context, 'image_likeness'));
    const darkroom = join(context.build, 'cloudphotos-darkroom');
    const large = makePhoto(context, 4000, 3000);
    const photos = findBackgrounds('.jpg');
    const drawings = findBackgrounds('.png');
    const all = [large, ...photos, ...drawings];
    const pool = new Contestant('darkroom', Infinity, program, 'pool', darkroom);
    const bare = new Contestant('bare', Infinity, program, 'bare');
    const convert = new Contestant('ImageMagick', CONVERT_ROUNDS, program, 'convert');
    const sharp = new Contestant('sharp', Infinity, process.execPath, join(context.root, 'bench', 'image_sharp.mjs'), installSharp(context));
    try {
        await compete(context, [large], [pool, bare, convert, sharp], SINGLE_ROUNDS);
        await compete(context, [...photos, ...drawings], [pool, bare, convert, sharp], ROUNDS);
        const eighteen = makePhoto(context, 5184, 3456);
        return [
            ratioRow('a 4000x3000 JPEG: CPU time against ImageMagick', 0.25, [large], pool, convert),
            ratioRow('the photos of mate-backgrounds: CPU time against ImageMagick', 0.25, photos, pool, convert),
            ratioRow('its drawings (PNG): CPU time against ImageMagick', undefined, drawings, pool, convert),
            ratioRow('a 4000x3000 JPEG: CPU time against sharp', 0.75, [large], pool, sharp),
            ratioRow('the photos of mate-backgrounds: CPU time against sharp', 0.75, photos, pool, sharp),
            ratioRow('its drawings (PNG): CPU time against sharp', undefined, drawings, pool, sharp),
            ...await qualityRows(context, all, pool, sharp, likeness),
            ratioRow('sandbox: CPU time with it against without', 1.05, all, pool, bare),
            { what: 'peak memory of a worker on an 18-megapixel JPEG', unit: 'MB', most: 90,
                value: await peakMegabytes(program, darkroom, context, eighteen),
                note: `5184x3456, baseline; a progressive one of 5640x3172, whose coefficients must all be held, takes ${
                    (await peakMegabytes(program, darkroom, context, LARGE_PHOTO)).toFixed(0)} MB` },
        ];
    } finally {
        for (const contestant of [pool, bare, convert, sharp, likeness]) contestant.close();
    }
}
