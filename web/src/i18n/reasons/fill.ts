// The values of a reason, which the server writes for English readers, as others write them: numbers, sizes, lists and words.
import type { ReasonCatalogue } from './catalogue';

export const fillReason = (words: ReasonCatalogue, locale: string, sentence: string, values: readonly string[]) =>
    sentence.replace(/\{(\d)\}/g, (_, number: string) => sayValue(words, locale, values[Number(number) - 1] ?? ''));

const UNITS: Record<string, string> = { bytes: 'byte', KB: 'kilobyte', MB: 'megabyte', GB: 'gigabyte', seconds: 'second', minutes: 'minute', hours: 'hour', days: 'day' };

/* "73 MB", "16,383", "94%", "0.4 megapixels", "30 seconds" */
function sayAmount(words: ReasonCatalogue, locale: string, value: number, unit: string): string | undefined {
    const format = (options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options).format(value);
    if (unit === '') return format();
    if (unit === '%') return new Intl.NumberFormat(locale, { style: 'percent' }).format(value / 100);
    if (unit === 'megapixels') return words.megapixels.replace('{n}', format());
    const name = UNITS[unit];
    return name && format({ style: 'unit', unit: name, unitDisplay: unit.endsWith('B') ? 'short' : 'long' });
}

function sayValue(words: ReasonCatalogue, locale: string, value: string): string {
    const amount = /^(\d[\d,]*(?:\.\d+)?) ?(%|[a-zA-Z]*)$/.exec(value);
    if (amount) return sayAmount(words, locale, Number(amount[1]!.replaceAll(',', '')), amount[2]!) ?? value;
    const list = /^\w+(?:, \w+)* (and|or) \w+$/.exec(value);
    if (list) return new Intl.ListFormat(locale, { type: list[1] === 'or' ? 'disjunction' : 'conjunction' }).format(value.split(/, | and | or /));
    return words.phrases[value] ?? value;
}
