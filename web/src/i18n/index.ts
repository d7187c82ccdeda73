// The app's words, in the reader's language. English travels with the app; the others are fetched when they are wanted.
import { computed, effect, signal } from '@preact/signals';
import { clockOf } from '../lib/clock';
import { remembered } from '../lib/storage';
import type { Catalogue, Plural, PluralKey, TextKey } from './catalogue';
import { en } from './en';

const files = import.meta.glob<Record<string, Catalogue>>(['./*.ts', '!./en.ts', '!./index.ts', '!./catalogue.ts']);
const codeOf = (file: string) => file.slice(2, -3);

export const LANGUAGES = ['en', ...Object.keys(files).map(codeOf)];
const preferred = navigator.languages.map((tag) => tag.split('-')[0] ?? '').find((code) => LANGUAGES.includes(code));
export const language = remembered('language', preferred ?? 'en');

const catalogue = signal<Catalogue>(en);
/* Dates and numbers as the reader's country writes them, if the browser names one for this language; English is British else.
 * Changes only when the words are there, so that dates and words are always of one language. */
const localeOf = (code: string) => navigator.languages.find((tag) => tag.startsWith(`${code}-`)) ?? (code === 'en' ? 'en-GB' : code);
export const locale = signal(localeOf('en'));

const names = new Map([['en', en.languageName as string]]);
export const languageName = (code: string) => names.get(code) ?? new Intl.DisplayNames(code, { type: 'language' }).of(code) ?? code;

async function speak(code: string) {
    const load = files[`./${code}.ts`];
    const words = load ? (await load())[code] : en;
    if (!words || language.peek() !== code) return;
    names.set(code, words.languageName);
    catalogue.value = words;
    locale.value = localeOf(code);
    document.documentElement.lang = code;
    document.documentElement.dir = direction(code);
}

function direction(code: string): string {
    const about = new Intl.Locale(code) as Intl.Locale & { getTextInfo?(): { direction: string }; textInfo?: { direction: string } };
    return about.getTextInfo?.().direction ?? about.textInfo?.direction ?? 'ltr';
}

/* Resolves when the first words are there. */
export function startLanguage(): Promise<void> {
    return new Promise((done) => {
        effect(() => { void speak(language.value).catch(() => { language.value = 'en'; }).then(done); });
    });
}

const fill = (text: string, values: Record<string, string>) => text.replace(/\{(\w+)\}/g, (all, key: string) => values[key] ?? all);

export function say(key: TextKey, values: Record<string, string> = {}): string {
    return fill(catalogue.value[key], values);
}

const numbers = computed(() => new Intl.NumberFormat(locale.value));
const plurals = computed(() => new Intl.PluralRules(locale.value));
const clock = (options: Intl.DateTimeFormatOptions) => computed(() => new Intl.DateTimeFormat(locale.value, { ...options, timeZone: 'UTC' }));
const dates = clock({ dateStyle: 'long' });
const moments = clock({ dateStyle: 'long', timeStyle: 'short' });
const months = clock({ month: 'long', year: 'numeric' });

export function sayCount(key: PluralKey, count: number): string {
    const forms: Plural = catalogue.value[key];
    return fill(forms[plurals.value.select(count)] ?? forms.other, { n: numbers.value.format(count) });
}

export const sayList = (names: string[]) => new Intl.ListFormat(locale.value).format(names);
export const sayNumber = (value: number) => numbers.value.format(value);
export const sayDate = (time: string) => dates.value.format(clockOf(time));
export const sayMoment = (time: string) => moments.value.format(clockOf(time));
export const sayMonth = (time: string) => months.value.format(clockOf(time));

const BYTES: [number, string][] = [[1e9, 'gigabyte'], [1e6, 'megabyte'], [1e3, 'kilobyte'], [1, 'byte']];

export function sayBytes(bytes: number): string {
    const [size, unit] = BYTES.find(([one]) => bytes >= one) ?? [1, 'byte'];
    return new Intl.NumberFormat(locale.value, { style: 'unit', unit, maximumFractionDigits: bytes < 1e6 ? 0 : 1 }).format(bytes / size);
}

const SPANS: [number, Intl.RelativeTimeFormatUnit][] =
    [[31_536_000, 'year'], [2_592_000, 'month'], [604_800, 'week'], [86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];

export function sayAgo(timestamp: string, now = Date.now()): string {
    const seconds = Math.min(-1, (Date.parse(timestamp) - now) / 1000);
    const [size, unit] = SPANS.find(([one]) => -seconds >= one) ?? [1, 'second'];
    return new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

export function sayDuration(seconds: number): string {
    const [size, unit] = SPANS.slice(4).find(([one]) => seconds >= one) ?? [1, 'second'];
    return new Intl.NumberFormat(locale.value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 })
        .format(Math.max(1, Math.round(seconds / size)));
}
