// Closing a browser's contexts, guarded: Chromium sometimes never answers to that, and the whole test file would wait with it. What
// is not closed in time is reported, and its browser's processes are killed, so that the next test starts a new browser.
import { descendants, signal } from '../fault/processes.mjs';

const CLOSE_LIMIT_MS = 30_000;

/* Kills a process that we started, and all below it. */
export function killTree(pid) {
    for (const each of [pid, ...descendants(pid)]) signal(each, 'SIGKILL');
}

/* Runs `close`; false when it has not ended in time: then `pid` and all below it are dead. The runner shows lines of WARNING. */
export async function closeOrKill(what, close, pid, limit_ms = CLOSE_LIMIT_MS) {
    let timer;
    const late = new Promise((done) => { timer = setTimeout(done, limit_ms, 'late'); });
    const closing = close();
    const isLate = await Promise.race([closing, late]).finally(() => clearTimeout(timer)) === 'late';
    if (!isLate) return true;
    closing.catch(() => { /* its browser is gone */ });
    killTree(pid);
    console.log(`WARNING: ${what} did not close within ${limit_ms / 1000} s; its browser (process ${pid}) was killed`);
    return false;
}
