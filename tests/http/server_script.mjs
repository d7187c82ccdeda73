// Real servers for tests, which scripts start: tests/s3-server, tests/postgres-server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/* { words: what the script says after "ready", stop() }, or { skip: why not }. */
export async function startScript(name, ...told) {
    const child = spawn(fileURLToPath(new URL(`../${name}`, import.meta.url)), told, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => ['failed without a word'])]);
    const [word, ...words] = line.split(' ');
    if (word === 'skip') return { skip: words.join(' ') };
    if (word !== 'ready') throw new Error(`${name}: ${line}`);
    return { words, async stop() { child.stdin.end(); await ended; } };
}
