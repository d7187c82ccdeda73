// A real PostgreSQL server on the loopback for tests: tests/postgres-server.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'postgres-server');

/* { address, makeDatabase(name), query(database, sql), stop() }, or { skip: why not }. */
export async function startPostgres() {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => ['failed'])]);
    const [word, address] = line.split(' ');
    if (word === 'skip') return { skip: line.slice('skip '.length) };
    if (word !== 'ready') throw new Error(`postgres-server: ${line}`);
    return {
        address,
        query: (database, sql) => execFileSync('psql', ['-XAtq', '-c', sql, `${address}/${database}`], { encoding: 'utf8' }).trim(),
        makeDatabase(name) {
            this.query('postgres', `CREATE DATABASE ${name} TEMPLATE template0`);
            return `${address}/${name}`;
        },
        async stop() {
            child.stdin.end();
            await ended;
        },
    };
}
