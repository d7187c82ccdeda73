// What a language's words for reasons have to hold. English is the pattern, and a test holds it against the server's table.
import type { reasons } from './en';

export interface ReasonCatalogue {
    megapixels: string;                 // {n}
    phrases: Record<string, string>;    // values that are words: as the server writes them, as they are said
    sentences: Record<string, string>;  // by the server's code; {1}, {2} … are its values
}

export type ReasonSentences = Record<keyof typeof reasons.sentences, string>;
