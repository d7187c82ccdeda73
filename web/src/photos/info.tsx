// All about a photo, and what can be done with it: beside the photo on its page, and in the viewer.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { say, sayAgo, sayBytes, sayMoment, sayNumber } from '../i18n';
import type { TextKey } from '../i18n/catalogue';
import { changePhoto, downloadUrl, profilePath, showPhoto, type Photo, type PhotoDetail } from '../lib/api';
import { isPlain } from '../lib/router';
import { userName } from '../lib/session';
import { showToast } from '../lib/toast';
import type { Words } from '../uploads/job';
import { Avatar } from '../ui/avatar';
import { Icon, type IconName } from '../ui/icons';
import { CaptionForm } from './caption_form';
import { copyText, htmlOf, linkOf, markdownOf, sharePhoto } from './copy';
import { deleteWithUndo } from './delete';
import { changeInFeeds } from './feed';

interface Props { photo: Photo; detail?: PhotoDetail; onSave?: (words: Partial<Words>) => void; onDelete?: () => void; onUndo?: () => void; onLeave?: () => void }

export function PhotoInfo({ photo, detail, onSave, onDelete, onUndo, onLeave }: Props) {
    const known = useSignal<PhotoDetail | null>(detail ?? null);
    const isEditing = useSignal(false);
    const words = useSignal({ caption: photo.caption ?? '', alt_text: photo.alt_text ?? '' });
    useEffect(() => {
        if (detail) return;
        const control = new AbortController();
        showPhoto(photo.photo_id, control.signal).then((answer) => { known.value = answer; }, () => {});
        return () => control.abort();
    }, [photo.photo_id]);
    const isOwn = userName.value === photo.author_username;
    const now = { ...photo, ...words.value };
    const save = async (changed: Partial<Words>) => {
        await changePhoto(photo.photo_id, photo.author_username, changed);
        changeInFeeds(photo.photo_id, changed);
        words.value = { ...words.value, ...changed };
        onSave?.(changed);
        showToast({ text: say('saved') });
    };

    const actions = useRef<HTMLDivElement>(null);
    const leaveForm = () => {
        isEditing.value = false;
        requestAnimationFrame(() => actions.current?.querySelector<HTMLElement>('.edit')?.focus());
    };

    return <section class="info" aria-label={say('details')}>
        <a class="author" href={profilePath(photo.author_username)} onClick={(event) => { if (isPlain(event)) onLeave?.(); }}>
            <Avatar name={photo.author_username} size={44} />
            <span><strong>{photo.author_username}</strong>
                <time class="dim" dateTime={photo.timestamp} title={sayMoment(photo.timestamp)}>{say('publishedAgo', { ago: sayAgo(photo.timestamp) })}</time></span>
        </a>
        {isEditing.value
            ? <CaptionForm words={words.value} save={save} onDone={leaveForm} />
            : <>{now.caption && <p class="caption" dir="auto">{now.caption}</p>}</>}
        <div class="actions" ref={actions}>
            <a class="button" href={downloadUrl(photo.photo_id)} download={`${photo.author_username}-${photo.photo_id.slice(0, 8)}.webp`}>
                <Icon name="download" />{say('download')}</a>
            {'share' in navigator && <Action icon="share" label={say('share')} run={() => sharePhoto(now)} />}
            {isOwn && !isEditing.value && <Action icon="edit" label={say('edit')} kind="edit" run={() => { isEditing.value = true; }} />}
            {isOwn && <Action icon="trash" label={say('delete')} kind="bad" run={() => { deleteWithUndo(now, onUndo); onDelete?.(); }} />}
        </div>
        <div class="copies" role="group" aria-label={say('copy')}>
            <span class="dim"><Icon name="link" size={20} />{say('copy')}</span>
            {COPIES.map(([label, text]) => <button key={label} class="button quiet" onClick={() => void copyText(text(now))}>{say(label)}</button>)}
        </div>
        <Facts photo={now} detail={known.value} />
    </section>;
}

/* By the clock where it was taken, and with its zone if that is known. */
function sayCapture(time: string): string {
    const zone = /[+-]\d\d:\d\d$/.exec(time)?.[0];
    return sayMoment(time) + (zone ? ` UTC${zone}` : '');
}

const COPIES: [TextKey, (photo: Photo) => string][] = [['copyLink', linkOf], ['copyMarkdown', markdownOf], ['copyHtml', htmlOf]];

function Action({ icon, label, run, kind = '' }: { icon: IconName; label: string; run: () => void; kind?: string }) {
    return <button class={`button ${kind}`} onClick={run}><Icon name={icon} />{label}</button>;
}

function Facts({ photo, detail }: { photo: Photo; detail: PhotoDetail | null }) {
    const size = (one: { width: number; height: number; bytes: number }) =>
        `${sayNumber(one.width)} × ${sayNumber(one.height)} · ${sayBytes(one.bytes)}`;
    const facts: [string, string | undefined][] = [
        [say('taken'), photo.captured_at ? sayCapture(photo.captured_at) : undefined],
        [say('published'), sayMoment(photo.timestamp)],
        [say('originalSize'), detail ? `${detail.format.toUpperCase()} · ${size(detail.original)}` : undefined],
        [say('shownSize'), detail?.large ? `WebP · ${size(detail.large)}` : undefined],
        [say('labels'), detail?.labels?.map((label) => label.name).join(', ') || undefined],
        [say('altText'), photo.alt_text || undefined],
    ];
    return <>
        <dl class="facts">
            {facts.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{name}</dt><dd dir="auto">{value}</dd></div>)}
        </dl>
        <p class="dim kept">{say('kept')}</p>
    </>;
}
