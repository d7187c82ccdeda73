// A photo at its own address.
import { computed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { say } from '../i18n';
import { isAnimated, largeUrl, photoOf, reasonOf, showPhoto, thumbnailUrl, type Photo, type PhotoDetail, type Problem } from '../lib/api';
import { sayReason } from '../lib/reason';
import { asProblem } from '../lib/problem';
import { goBack } from '../lib/router';
import { hidden } from '../photos/feed';
import { followPhoto } from '../photos/follow';
import { PhotoInfo } from '../photos/info';
import { Animated, MotionButton } from '../photos/motion';
import { averageColour } from '../photos/placeholder';
import { filled, sourcesOf, tryOthers } from '../photos/sources';
import { Icon } from '../ui/icons';
import { stateText } from '../ui/jobs';
import { Empty, Failure } from '../ui/states';
import { stateOf } from '../uploads/job';
import type { Words } from '../uploads/job';
import { openViewer } from '../viewer/open';

export function PhotoScreen({ id }: { id: string }) {
    const detail = useSignal<PhotoDetail | null>(null);
    const problem = useSignal<Problem | null>(null);
    const look = () => {
        problem.value = null;
        showPhoto(id).then((answer) => { detail.value = answer; }, (error: unknown) => { problem.value = asProblem(error); });
    };
    useEffect(() => { detail.value = null; look(); }, [id]);
    const isPending = detail.value?.status === 'PENDING' && !problem.value;
    useEffect(() => (isPending ? followPhoto(id, (stage) => { detail.value = { ...detail.value!, stage }; }, look) : undefined), [id, isPending]);

    if (problem.value?.status === 404) return <Empty level={1} icon="image" title={say('photoMissing')} hint={say('photoMissingHint')} />;
    if (problem.value) return <Failure level={1} problem={problem.value} onRetry={look} />;
    if (hidden.value.has(id)) return <Empty level={1} icon="trash" title={say('deleted')} hint="" />;
    if (!detail.value) return <div class="photo-page"><div class="stage skeleton" role="status" aria-label={say('loading')} /></div>;
    const now = detail.value;
    if (now.status === 'ERROR') return <Empty level={1} icon="alert" title={say('photoRefused')} hint={sayReason(reasonOf(now) ?? {})} />;
    return <PhotoPage key={id} detail={now} onSave={(words) => { detail.value = { ...now, ...words }; }} />;
}

function PhotoPage({ detail, onSave }: { detail: PhotoDetail; onSave: (words: Partial<Words>) => void }) {
    const photo = photoOf(detail);
    const place = useRef<HTMLDivElement>(null);
    const open = () => void openViewer({
        photos: computed(() => (hidden.value.has(photo.photo_id) ? [] : [photo])), index: 0, element: place.current, hasAddress: false,
    });
    const title = photo.caption ? say('photoTitleCaption', { caption: photo.caption, name: photo.author_username })
        : say('photoTitle', { name: photo.author_username });
    useEffect(() => { document.title = `${title} · ${say('appName')}`; }, [title]);
    return <div class="photo-page" ref={place}>
        <h1 class="visually-hidden">{title}</h1>
        <div class="photo-side">
            <button class="icon-button back" onClick={goBack} aria-label={say('back')}><Icon name="back" /></button>
            {detail.large && isAnimated(photo) && <MotionButton id={photo.photo_id} name={title} />}
            {detail.large ? <Stage photo={photo} onOpen={open} />
                : <div role="status"><Empty icon="image" title={say('photoPending')} hint={say(stateText(stateOf(detail.stage ?? '')))} /></div>}
        </div>
        <PhotoInfo photo={photo} detail={detail} onSave={onSave} onDelete={goBack} />
    </div>;
}

function Stage({ photo, onOpen }: { photo: Photo; onOpen: () => void }) {
    const shape = { aspectRatio: `${photo.width} / ${photo.height}`, '--ratio': photo.width / photo.height, '--width': `${photo.width}px` };
    const alt = photo.alt_text || photo.caption || say('photoTitle', { name: photo.author_username });
    const moves = isAnimated(photo);
    const picture = <img {...(photo.medium_width ? sourcesOf(photo, filled(photo)) : {})} src={largeUrl(photo.photo_id)} alt={alt} width={photo.width}
        height={photo.height} decoding="async" fetchpriority="high" onError={(event) => tryOthers(event.currentTarget, photo)} />;
    return <a class="stage" href={largeUrl(photo.photo_id)} style={{ ...shape, backgroundColor: averageColour(photo.thumbhash), ...!moves && { backgroundImage: `url(${thumbnailUrl(photo.photo_id)})` } }}
        onClick={(event) => { event.preventDefault(); event.stopPropagation(); onOpen(); }}>
        {moves ? <Animated id={photo.photo_id} url={largeUrl(photo.photo_id)} alt={alt}>{picture}</Animated> : picture}
        <span class="visually-hidden">{say('zoom')}</span>
    </a>;
}
