// A real PostgreSQL server on the loopback for tests: tests/postgres-server.
import { execFileSync } from 'node:child_process';
import { startScript } from './server_script.mjs';

/* { address, makeDatabase(name), query(database, sql), stop() }, or { skip: why not }. */
export async function startPostgres() {
    const script = await startScript('postgres-server');
    return script.skip ? script : { ...postgresAt(script.words[0]), stop: script.stop };
}

/* One that is there already. */
export function postgresAt(address) {
    return {
        address,
        query: (database, sql) => execFileSync('psql', ['-XAtq', '-c', sql, `${address}/${database}`], { encoding: 'utf8' }).trim(),
        makeDatabase(name) {
            this.query('postgres', `CREATE DATABASE ${name} TEMPLATE template0`);
            return `${address}/${name}`;
        },
    };
}

/* A primary and its synchronous standby, each { host: "127.0.0.1:PORT", pids, query(database, sql) }; pids[0] is started first and watches
 * the others. script: "postgres-server pair", or "patroni-cluster", which promotes by itself.
 * { primary, standby, address(database): with both hosts, stop() }, or { skip: why not }. */
export async function startPostgresPair(script = ['postgres-server', 'pair']) {
    const started = await startScript(...script);
    if (started.skip) return started;
    const [primary, standby] = [started.words.slice(0, 2), started.words.slice(2)].map(([host, pids]) => ({
        host, pids: pids.split(',').map(Number),
        query: (database, sql) => execFileSync('psql', ['-XAtq', '-c', sql, `postgresql://test@${host}/${database}`], { encoding: 'utf8' }).trim(),
    }));
    return { primary, standby, address: (database) => `postgresql://test@${primary.host},${standby.host}/${database}`, stop: started.stop };
}

/* With a PgBouncer before it: { primary: { query(database, sql) } past it, pid, address(database), stop() }, or { skip: why not }. */
export async function startPgbouncer() {
    const script = await startScript('pgbouncer-server');
    if (script.skip) return script;
    const [direct, pooler, pid] = script.words;
    const query = (database, sql) => execFileSync('psql', ['-XAtq', '-c', sql, `${direct}/${database}`], { encoding: 'utf8' }).trim();
    return { primary: { query }, pid: Number(pid), address: (database) => `${pooler}/${database}`, stop: script.stop };
}
