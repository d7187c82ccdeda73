// What a language's file has to hold. English is the pattern: whatever it says, the others have to say too, and the
// compiler sees to it. A new language is one file beside this one.
import type { en } from './en';

export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

export type Catalogue = { [Key in keyof typeof en]: (typeof en)[Key] extends string ? string : Plural };
export type TextKey = { [Key in keyof typeof en]: (typeof en)[Key] extends string ? Key : never }[keyof typeof en];
export type PluralKey = Exclude<keyof typeof en, TextKey>;
