// Why photos were refused: every code of the server's table has words in every language, with the same values.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ReasonCatalogue } from '../src/i18n/reasons/catalogue';
import { fillReason } from '../src/i18n/reasons/fill';

const files = import.meta.glob<{ reasons: ReasonCatalogue }>('../src/i18n/reasons/??.ts', { eager: true });
const catalogues = Object.entries(files).map(([file, { reasons }]) => [file.slice(-5, -3), reasons] as const);
const languages = Object.keys(import.meta.glob('../src/i18n/??.ts')).map((file) => file.slice(-5, -3));

/* A row of src/base/reasons.c: [REASON_X] = {"code", "sentence in one or more strings"} */
const table = readFileSync(new URL('../../src/base/reasons.c', import.meta.url), 'utf8');
const rows = [...table.matchAll(/\[REASON_\w+\] =\s*\{"([a-z0-9-]+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}/g)]
    .map(([, code, sentence]) => [code!, [...sentence!.matchAll(/\{\}/g)].map((_, index) => `{${index + 1}}`)] as const);
const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g))].toSorted();

test('the table is read whole', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.length).toBe([...table.matchAll(/^ *\[REASON_\w+\] =/gm)].length);
});

test('every language of the app has words for reasons', () => expect(catalogues.map(([code]) => code).toSorted()).toEqual(languages.toSorted()));

describe.each(catalogues)('%s', (_, { sentences, megapixels, phrases }) => {
    test.each(rows)('says %s with its values', (code, values) => expect(holes(sentences[code] ?? 'no words')).toEqual(values));

    test('has no words for what no server says', () =>
        expect(Object.keys(sentences).filter((code) => !code.startsWith('app-') && !rows.some(([known]) => known === code))).toEqual([]));

    test('leaves nothing empty, and straight quotes to programs', () => {
        for (const text of [megapixels, ...Object.values(phrases), ...Object.values(sentences)]) expect(text).toMatch(/^[^'"]*\w[^'"]*$/);
        for (const text of Object.values(sentences)) expect(text).toMatch(/^\p{Lu}.*\.$/u);
        expect(holes(megapixels)).toEqual(['{n}']);
    });
});

/* Values in words: kinds of pictures that are not supported, as the sources write them. */
const folders = ['image', 'darkroom'].map((name) => new URL(`../../src/${name}/`, import.meta.url));
const written = /(?:prober_unsupported\(\w+,|TROUBLE_KIND,|odd =|return|\{\d+,|IMAGE_HEIC,) "([^"]+)"/g;
const kinds = folders.flatMap((folder) => readdirSync(folder).filter((name) => /^(prober|source)_.*\.c$/.test(name))
    .flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(written)].map(([, kind]) => kind!)))
    .filter((kind) => kind.includes(' '));

test('the kinds of pictures are found in the sources', () => expect(kinds.length).toBeGreaterThan(15));

describe.each(catalogues.filter(([code]) => code !== 'en'))('%s', (_, { phrases }) => {
    test.each([...new Set(kinds)])('has words for “%s”', (kind) => expect(phrases[kind]).toMatch(/\w/));
});

describe('a value is written as its reader writes it', () => {
    const cases: [string, string, string][] = [
        ['JPEG', 'JPEG', 'JPEG'],
        ['73 MB', '73 MB', '73 MB'],
        ['512 KB', '512 kB', '512 kB'],
        ['12 bytes', '12 bytes', '12 byte'],
        ['16,383', '16,383', '16.383'],
        ['94%', '94%', '94%'],
        ['0.4 megapixels', '0.4 megapixels', '0,4 megapixel'],
        ['10,000 megapixels', '10,000 megapixels', '10.000 megapixel'],
        ['30 seconds', '30 seconds', '30 secondi'],
        ['JPEG, PNG and TIFF', 'JPEG, PNG and TIFF', 'JPEG, PNG e TIFF'],
        ['JPEG, PNG or TIFF', 'JPEG, PNG or TIFF', 'JPEG, PNG o TIFF'],
        ['Hate Symbols', 'Hate Symbols', 'simboli d’odio'],
        ['a label that nobody has translated', 'a label that nobody has translated', 'a label that nobody has translated'],
        ['U+0007', 'U+0007', 'U+0007'],
        ['9 lives', '9 lives', '9 lives'],
    ];
    test.each(cases)('%s', (value, english, italian) => {
        for (const [code, locale, expected] of [['en', 'en-GB', english], ['it', 'it-IT', italian]] as const) {
            const said = fillReason(Object.fromEntries(catalogues)[code]!, locale, 'It is {1}.', [value]);
            expect(said.replaceAll('\u00a0', ' ')).toBe(`It is ${expected}.`);
        }
    });
});
