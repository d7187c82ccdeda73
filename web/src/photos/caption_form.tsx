// Caption and description of a photo, written by its author: while it is uploaded, or later.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { say } from '../i18n';
import { asProblem } from '../lib/problem';
import { sayProblem } from '../lib/say_problem';
import type { Words } from '../uploads/job';

const CAPTION_MAX = 500;
const ALT_MAX = 1000;

/* `save` gets what was changed. */
interface Props { words: Words; save: (changed: Partial<Words>) => Promise<unknown>; onDone: () => void }

export function CaptionForm({ words: before, save, onDone }: Props) {
    const words = useSignal<Words>({ caption: before.caption, alt_text: before.alt_text });
    const reason = useSignal('');
    const isBusy = useSignal(false);
    const form = useRef<HTMLFormElement>(null);
    useEffect(() => {
        form.current?.querySelector('textarea')?.focus();
        form.current?.scrollIntoView({ block: 'nearest' });
    }, []);
    const submit = async (event: Event) => {
        event.preventDefault();
        if (isBusy.value) return;
        isBusy.value = true;
        try {
            const { caption, alt_text } = words.value;
            const changed = { ...caption !== before.caption && { caption }, ...alt_text !== before.alt_text && { alt_text } };
            if (Object.keys(changed).length > 0) await save(changed);
            onDone();
        } catch (error) {
            const problem = asProblem(error);
            reason.value = sayProblem(problem);
            isBusy.value = false;
        }
    };
    const leave = (event: KeyboardEvent) => { if (event.key === 'Escape') { event.stopPropagation(); onDone(); } };
    return <form class="caption-form" ref={form} onSubmit={submit} onKeyDown={leave}>
        <label>{say('caption')}
            <textarea class="field" name="caption" rows={2} maxLength={CAPTION_MAX} dir="auto" placeholder={say('captionHint')} value={words.value.caption}
                onInput={(event) => { words.value = { ...words.value, caption: event.currentTarget.value }; }} /></label>
        <label>{say('altText')}
            <textarea class="field" name="alt_text" rows={2} maxLength={ALT_MAX} dir="auto" placeholder={say('altTextHint')} value={words.value.alt_text}
                onInput={(event) => { words.value = { ...words.value, alt_text: event.currentTarget.value }; }} /></label>
        {reason.value && <p class="bad" role="alert">{reason.value}</p>}
        <div class="form-end">
            <button type="button" class="button quiet" onClick={onDone}>{say('cancel')}</button>
            <button class="button primary" aria-disabled={isBusy.value}>{say('save')}</button>
        </div>
    </form>;
}
