// Whatever the app says stands in src/i18n: the sources are read for words of a person's language outside of it.
import { readFileSync } from 'node:fs';
import { parseAst } from 'vite';
import { describe, expect, test } from 'vitest';

interface Node { type: string; [key: string]: unknown }

/* Attributes that a person sees or hears. */
const SAID = new Set(['title', 'alt', 'label', 'hint', 'placeholder', 'aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext']);
const word = /\p{L}{2}/u;
const sentence = /^\s*\p{Lu}\p{Ll}*[’']?\p{Ll}* +[\p{L}’'{]+/u; // a capital, and a second word: "Try again"

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';
const nameOf = (attribute: Node) => String((attribute['name'] as Node)['name']);

/* For programmers, whom nobody translates: an Error's own words; and CSS, a media query or a selector. */
function isForPrograms(node: Node): boolean {
    return (node.type === 'NewExpression' && /Error$/.test(String((node['callee'] as Node)['name']))) || node.type === 'ImportDeclaration' || node.type.startsWith('TS');
}

function* strangers(node: Node): Generator<string> {
    if (isForPrograms(node)) return;
    if (node.type === 'JSXText' && word.test(String(node['value']))) yield String(node['value']).trim();
    if (node.type === 'JSXAttribute' && (node['value'] as Node | null)?.type === 'Literal') {
        const text = String((node['value'] as Node)['value']);
        if (SAID.has(nameOf(node)) && word.test(text)) yield text;
        return;
    }
    if (node.type === 'Literal' && typeof node['value'] === 'string' && sentence.test(node['value'])) yield node['value'];
    if (node.type === 'TemplateElement' && sentence.test((node['value'] as { raw: string }).raw)) yield (node['value'] as { raw: string }).raw;
    for (const value of Object.values(node).flat()) if (isNode(value)) yield* strangers(value);
}

const find = (text: string, lang: 'ts' | 'tsx' = 'tsx') => [...strangers(parseAst(text, { lang }) as unknown as Node)];

const files = Object.keys(import.meta.glob(['../src/**/*.ts', '../src/**/*.tsx', '!../src/i18n/**'])).map((name) => [name.slice(3)] as const);

test('the sources are found', () => expect(files.length).toBeGreaterThan(40));

test.each(files)('%s says nothing of its own', (name) => 
    expect(find(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'), name.endsWith('x') ? 'tsx' : 'ts')).toEqual([]));

describe('a stranger is found', () => {
    const cases: [string, string][] = [
        ['text between tags', 'const a = <p>Hello</p>;'],
        ['a name for screen readers', 'const a = <button aria-label="Close" />;'],
        ['a hint', 'const a = <Empty hint="none yet" />;'],
        ['a sentence that is passed on', 'show("Try again");'],
        ['a sentence with a value', 'show(`Uploaded by ${name}`);'],
    ];
    test.each(cases)('%s', (_, text) => expect(find(text)).toHaveLength(1));

    const innocent: [string, string][] = [
        ['what the catalogue says', 'const a = <p class="hint big">{say("tryAgain")}</p>;'],
        ['a class, a path, a key', 'const a = <div class="Big one" id="x" data-kind="list" />; open("/photos/ID", "Enter");'],
        ['words for programmers', 'throw new Error("No such store");'],
        ['signs', 'const a = <p>· … ×</p>;'],
    ];
    test.each(innocent)('but not %s', (_, text) => expect(find(text)).toEqual([]));
});
