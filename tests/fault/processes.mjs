// Processes as /proc shows them. Every server of this suite leads a session of its own, so whoever belongs to that
// session was started by that server, also after it died. Nothing here goes by a program's name.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

function readStat(pid) {
    try {
        const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
        return { pid, state, parent: Number(parent), session: Number(session) };
    } catch {
        return null; // it has just ended
    }
}

const living = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => readStat(Number(name)))
    .filter((one) => one && one.state !== 'Z' && one.state !== 'X');

export const children = (pid) => living().filter((one) => one.parent === pid).map((one) => one.pid);

/* The living processes below this one, children and theirs. */
export const descendants = (pid) => children(pid).flatMap((child) => [child, ...descendants(child)]);

/* The living processes of a session. Zombies are dead: only their parent has not asked yet. */
export function processesOfSession(session) {
    return living().filter((one) => one.session === session);
}

/* The darkroom of a server: the first process, which is the server's child, and its workers. */
export function darkroomOf(server) {
    const all = processesOfSession(server);
    const first = all.filter((one) => one.parent === server);
    const workers = all.filter((one) => first.some((each) => each.pid === one.parent));
    return { first: first.map((one) => one.pid), workers: workers.map((one) => one.pid) };
}

/* False when the process is gone already. */
export function signal(pid, name) {
    try {
        process.kill(pid, name);
        return true;
    } catch (error) {
        if (error.code === 'ESRCH') return false;
        throw error;
    }
}

/* What starts a program again as the user, and with the words, that this process of it has: spawned() gives the new process, which ends with
 * this one at the latest. */
export function programOf(pid) {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    const [, uid] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Uid:\t(\d+)/m);
    const as = process.getuid() === 0 ? [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'] : [];
    return { spawned: () => spawn('setpriv', [...as, '--pdeathsig', 'KILL', ...words], { stdio: 'ignore' }) };
}
