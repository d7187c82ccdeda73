// A real PostgreSQL server on the loopback for tests: tests/postgres-server.
import { execFileSync } from 'node:child_process';
import { startScript } from './server_script.mjs';

/* { address, makeDatabase(name), query(database, sql), stop() }, or { skip: why not }. */
export async function startPostgres() {
    const script = await startScript('postgres-server');
    if (script.skip) return script;
    const [address] = script.words;
    return {
        address,
        query: (database, sql) => execFileSync('psql', ['-XAtq', '-c', sql, `${address}/${database}`], { encoding: 'utf8' }).trim(),
        makeDatabase(name) {
            this.query('postgres', `CREATE DATABASE ${name} TEMPLATE template0`);
            return `${address}/${name}`;
        },
        stop: script.stop,
    };
}
