// Reasons in the reader's language. The words for them come later (i18n/reasons); until then there is the server's English.
import { signal } from '@preact/signals';
import type { Reason } from './api';

export const reasonWords = signal((reason: Reason | string) => (typeof reason === 'string' ? reason : reason.detail ?? ''));
export const sayReason = (reason: Reason | string) => reasonWords.value(reason);
