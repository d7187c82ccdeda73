// The catalogue of the server's sentences, src/base/reasons.c, and a look at every answer that a test gets: whatever a client can read of a
// refusal is a sentence of the catalogue.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export const table = readFileSync(new URL('../../src/base/reasons.c', import.meta.url), 'utf8');

/* { code, sentence, pattern } */
export const rows = [...table.matchAll(/\[REASON_\w+\] =\s*\{"([a-z0-9-]+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}/g)].map(([, code, strings]) => {
    const sentence = [...strings.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part]) => part).join('').replaceAll('\\"', '"');
    return { code, sentence, pattern: new RegExp(`^${sentence.split('{}').map(escape).join('[^]+')}$`) };
});

function escape(text) { return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'); }

/* Of a refusal that nobody has found a sentence for (src/api/statuses.c). */
const NAMELESS = 'request-refused';

/* A problem has a code of the catalogue; so has the reason of a photo that was refused. `answer`: { headers, text }. */
export function assertCatalogued({ headers, text }) {
    const type = headers['content-type'] ?? '';
    if (!/^application\/(problem\+)?json$/.test(type) || !/"(detail|error_message)":"/.test(text)) return;
    const { detail, error_message, error_code } = JSON.parse(text);
    const sentence = detail ?? error_message;
    if (typeof sentence !== 'string') return;
    const found = rows.find(({ pattern }) => pattern.test(sentence));
    assert.ok(found && found.code !== NAMELESS, `a sentence that is not in src/base/reasons.c: ${sentence}`);
    if (detail || error_code !== undefined) assert.equal(error_code, found.code, sentence);
}
