// Caption and description of a photo, changed by its author.
import { useSignal } from '@preact/signals';
import { say } from '../i18n';
import { changePhoto, type Photo } from '../lib/api';
import { asProblem } from '../lib/problem';
import { showToast } from '../lib/toast';
import { changeInFeeds } from './feed';

const CAPTION_MAX = 500;
const ALT_MAX = 1000;

interface Words { caption: string; alt_text: string }
interface Props { photo: Photo; onDone: (next: Words | null) => void }

export function CaptionForm({ photo, onDone }: Props) {
    const words = useSignal<Words>({ caption: photo.caption ?? '', alt_text: photo.alt_text ?? '' });
    const reason = useSignal('');
    const isBusy = useSignal(false);
    const save = async (event: Event) => {
        event.preventDefault();
        isBusy.value = true;
        try {
            await changePhoto(photo.photo_id, photo.author_username, words.value);
            changeInFeeds(photo.photo_id, words.value);
            showToast({ text: say('saved') });
            onDone(words.value);
        } catch (error) {
            const problem = asProblem(error);
            reason.value = problem.isOffline ? say('offlineEmpty') : problem.message;
            isBusy.value = false;
        }
    };
    return <form class="caption-form" onSubmit={save}>
        <label>{say('caption')}
            <textarea class="field" name="caption" rows={2} maxLength={CAPTION_MAX} dir="auto" autofocus placeholder={say('captionHint')} value={words.value.caption}
                onInput={(event) => { words.value = { ...words.value, caption: event.currentTarget.value }; }} /></label>
        <label>{say('altText')}
            <textarea class="field" name="alt_text" rows={3} maxLength={ALT_MAX} dir="auto" placeholder={say('altTextHint')} value={words.value.alt_text}
                onInput={(event) => { words.value = { ...words.value, alt_text: event.currentTarget.value }; }} /></label>
        {reason.value && <p class="bad" role="alert">{reason.value}</p>}
        <div class="form-end">
            <button type="button" class="button quiet" onClick={() => onDone(null)}>{say('cancel')}</button>
            <button class="button primary" disabled={isBusy.value}>{say('save')}</button>
        </div>
    </form>;
}
