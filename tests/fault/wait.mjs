// Waiting for things, never for time alone.
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/* Asks `look` until it gives something, and gives that. After `limit_ms` it fails with what `look` last complained of: an
 * assertion that `look` throws means "not yet". */
export async function waitFor(what, look, limit_ms = 20000) {
    const end = performance.now() + limit_ms;
    let last;
    for (;;) {
        try {
            const found = await look();
            if (found) return found;
            last = undefined;
        } catch (error) {
            if (error.name !== 'AssertionError') throw error;
            last = error;
        }
        if (performance.now() > end) {
            const late = new Error(`waited ${limit_ms} ms in vain for ${what}${last ? `: ${last.message}` : ''}`);
            late.cause = last;
            throw late;
        }
        await sleep(10);
    }
}

export { sleep };

/* What a limit of time has to allow for: a machine that has more to do than it has cores takes longer to work. 0 for one that
 * has not, 2 at most. */
export const overload = () => Math.min(2, Math.max(0, loadavg()[0] / cpus().length - 1));

/* Mulberry32: the same seed gives the same numbers, in [0, 1). */
export function randomFrom(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
}

export const pick = (random, list) => list[Math.floor(random() * list.length)];
