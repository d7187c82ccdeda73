// The database of a server as somebody else reads and changes it: Debian's Python, which comes with Meson, has SQLite.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { queryPostgres } from './services.mjs';

const script = `import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1], 30)
rows = database.execute(sys.argv[2], sys.argv[3:]).fetchall()
database.commit()
print(json.dumps(rows))`;

/* The rows, each an array, that a statement gives for values of text. */
export const sql = (data, statement, ...values) => queryPostgres(data, statement, values)
    ?? JSON.parse(execFileSync('/usr/bin/python3', ['-c', script, join(data, 'photos.db'), statement, ...values], { encoding: 'utf8' }));
