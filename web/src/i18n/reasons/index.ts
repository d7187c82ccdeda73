// Why a photo was refused, in the reader's language. The server sends a code and values beside its English sentence
// (src/base/reasons.h there); a code that is not known here is told in that sentence. Comes with the later parts of the app.
import { effect, signal } from '@preact/signals';
import type { Reason } from '../../lib/api';
import { reasonWords } from '../../lib/reason';
import { language, locale } from '../index';
import type { ReasonCatalogue } from './catalogue';
import { reasons as en } from './en';
import { fillReason } from './fill';

const files = import.meta.glob<{ reasons: ReasonCatalogue }>(['./*.ts', '!./en.ts', '!./index.ts', '!./catalogue.ts', '!./fill.ts']);
const catalogue = signal<ReasonCatalogue>(en);

async function fetchWords(code: string) {
    const words = await files[`./${code}.ts`]?.();
    if (language.peek() === code) catalogue.value = words?.reasons ?? en;
}

const PATIENCE_MS = 1000;

/* Resolves when the first words are there, or can't be had now: until they are, there is English. */
export function startReasons(): Promise<void> {
    reasonWords.value = sayReason;
    return new Promise((done) => {
        setTimeout(done, PATIENCE_MS);
        effect(() => { void fetchWords(language.value).catch(() => {}).then(done); });
    });
}

/* Jobs of earlier versions of the app have a sentence alone. */
function sayReason(reason: Reason | string): string {
    if (typeof reason === 'string') return reason;
    const sentence = catalogue.value.sentences[reason.error_code ?? ''];
    return sentence ? fillReason(catalogue.value, locale.value, sentence, reason.error_values ?? []) : reason.detail ?? '';
}
