// The pictures that benchmarks work on, all made from Debian's mate-backgrounds, and the bare pipeline.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram, output } from './server.mjs';

const BACKGROUNDS = '/usr/share/backgrounds/mate';
export const LARGE_PHOTO = join(BACKGROUNDS, 'abstract/Elephants_5640x3172.jpg');

/* A JPEG of that size, cut from a photo of elephants; kept for the run. */
export function makePhoto({ folder }, width, height) {
    const path = join(folder, `${width}x${height}.jpg`);
    if (!existsSync(path))
        execFileSync('convert', [LARGE_PHOTO, '-resize', `${width}x${height}^`, '-gravity', 'center',
            '-extent', `${width}x${height}`, '-quality', '90', path]);
    return path;
}

/* What the bare pipeline needs for one photo, { wall_s, cpu_s }: a median and a mean of so many times in one process. */
export function barePipeline(context, photo, times) {
    return JSON.parse(execFileSync(buildProgram(context, 'bare_pipeline'), [photo, String(times)], { encoding: 'utf8' }));
}

/* The same in as many processes side by side; resolves to the mean CPU seconds of a photo. */
export async function barePipelines(context, photo, times, processes) {
    const command = [buildProgram(context, 'bare_pipeline'), photo, String(times)];
    const answers = await Promise.all(Array.from({ length: processes }, () => output(command)));
    return answers.reduce((sum, answer) => sum + JSON.parse(answer).cpu_s, 0) / processes;
}
