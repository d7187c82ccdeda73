// Runs load and simulate in tests, and reads what they have written.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder, runProgram } from '../http/server.mjs';

/* { code, stdout, stderr, path, lines, head, intervals, events, summary } */
export async function run(command, words, options) {
    const path = join(newFolder(), 'run.jsonl');
    const result = await runProgram([command, '--quiet', '--out', path, ...words], options);
    let lines = [];
    try { lines = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line)); } catch { /* refused before it began */ }
    const of = (type) => lines.filter((line) => line.type === type);
    return { ...result, path, lines, head: lines[0], intervals: of('interval'), events: of('event'), summary: of('summary')[0] };
}

export const load = (...words) => run('load', words);
export const loadFrom = (wrapper, ...words) => run('load', words, { wrapper });
export const simulate = (...words) => run('simulate', words);

export function percentile(values, percent) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(percent / 100 * sorted.length) - 1)];
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
export const deviation = (values) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
