// Large libraries of users and photos, made once and kept in build/libraries, and prefixes to search them for.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram } from './server.mjs';

/* Resolves to { folder, database }: a data folder for `cloudphotos serve`. */
export function makeLibrary({ build }, users, photos) {
    const folder = join(build, 'libraries', `${users}-users-${photos}-photos`);
    const database = join(folder, 'photos.db');
    if (!existsSync(database)) {
        console.log(`  making ${database}`);
        mkdirSync(folder, { recursive: true });
        const half = `${database}.half`;
        rmSync(half, { force: true });
        execFileSync(buildProgram({ build }, 'make_library'), [half, '--users', String(users), '--photos', String(photos)], { stdio: 'inherit' });
        renameSync(half, database);
    }
    return { folder, database };
}

/* The beginnings of names of random users: of each name, as many characters as one of `lengths`, by chance.
 * Python reads the names, for it comes with Meson and has SQLite in it. */
export function samplePrefixes({ database }, count, lengths) {
    const script = 'import sqlite3, sys\n'
        + 'db = sqlite3.connect(f"file:{sys.argv[1]}?immutable=1", uri=True)\n'
        + 'for row in db.execute("SELECT name FROM users ORDER BY random() LIMIT ?", (int(sys.argv[2]),)): print(row[0])\n';
    const names = execFileSync('python3', ['-c', script, database, String(count)], { encoding: 'utf8', maxBuffer: 2 ** 28 }).trim().split('\n');
    return names.map((name) => name.slice(0, lengths[Math.floor(Math.random() * lengths.length)]));
}
