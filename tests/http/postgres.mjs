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

/* A primary and its synchronous standby, each { host: "127.0.0.1:PORT", pid, query(database, sql) }:
 * { primary, standby, address(database): with both hosts, stop() }, or { skip: why not }. */
export async function startPostgresPair() {
    const script = await startScript('postgres-server', 'pair');
    if (script.skip) return script;
    const [primary, standby] = [script.words.slice(0, 2), script.words.slice(2)].map(([host, pid]) => ({
        host, pid: Number(pid), address: `postgresql://test@${host}`,
        query: (database, sql) => execFileSync('psql', ['-XAtq', '-c', sql, `postgresql://test@${host}/${database}`], { encoding: 'utf8' }).trim(),
    }));
    return { primary, standby, address: (database) => `postgresql://test@${primary.host},${standby.host}/${database}`, stop: script.stop };
}
