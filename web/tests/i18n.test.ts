import { expect, test } from 'vitest';
import type { Catalogue } from '../src/i18n/catalogue';
import { en } from '../src/i18n/en';

const files = import.meta.glob<Record<string, Catalogue>>(['../src/i18n/??.ts'], { eager: true });
const catalogues = Object.entries(files).flatMap(([file, module]) => Object.values(module).map((words) => [file, words] as const));
const holes = (text: unknown) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g))].toSorted();

test('there are at least two languages', () => expect(catalogues.length).toBeGreaterThan(1));

test.each(catalogues)('%s fills in the same values as English', (_, words) => {
    for (const [key, text] of Object.entries(en) as [keyof typeof en, unknown][]) expect([key, holes(words[key])]).toEqual([key, holes(text)]);
});

test.each(catalogues)('%s leaves nothing empty', (_, words) => {
    for (const text of Object.values(words).flatMap((one) => (typeof one === 'string' ? [one] : Object.values(one))))
        expect(text.trim()).not.toBe('');
});
