// Photos in justified rows, of which only those near the window are in the page. Arrow keys move among them.
import { useComputed, useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { isAnimated, photoPath, thumbnailUrl, type Photo } from '../lib/api';
import { lazy } from '../lib/lazy';
import { openViewer } from '../viewer/open';
import { justify, neighbour, rowAt, rowOf, visible, type Direction, type Layout } from './justify';
import { sayPhoto } from './names';
import { averageColour, blurUntilLoaded } from './placeholder';
import { sourcesOf, tryOthers } from './sources';

const Animated = lazy((later) => later.Animated);
const MotionButton = lazy((later) => later.MotionButton);

const GAP = 6;
const MARGIN = 700; // this much above and below the window is there already, in pixels
const PRINTED_MAX = 500;
const FIRST_IMAGES = 6; // wanted before all else

const targetHeight = (width: number) => (width < 600 ? 128 : width < 1100 ? 188 : 224);

export interface GridState { layout: Layout; element: HTMLElement }

interface Props {
    photos: ReadonlySignal<Photo[]>;
    label: string;
    onNearEnd?: (() => void) | undefined;
    onLayout?: ((state: GridState) => void) | undefined;
}

export function Grid({ photos, label, onNearEnd, onLayout }: Props) {
    const list = useRef<HTMLUListElement>(null);
    const width = useSignal(0);
    const range = useSignal({ from: 0, to: 0 });
    const active = useSignal(0); // the photo that Tab comes to
    const layout = useComputed(() => {
        const shapes = Float32Array.from(photos.value, (one) => one.width / one.height);
        return justify(shapes, width.value || 1, targetHeight(width.value), GAP);
    });

    /* The first photo of the row at the window's top, and how far the row is above that: it stays there when others come or go before it. */
    const anchor = useRef({ id: '', above: 0 });
    const before = useRef(photos.value);
    const keepPlace = (element: HTMLElement) => {
        if (before.current === photos.value) return; // another width: then the place is where it is scrolled to
        before.current = photos.value;
        const at = anchor.current.id ? photos.value.findIndex((one) => one.photo_id === anchor.current.id) : -1;
        if (at < 0) return;
        const moved = element.getBoundingClientRect().top + layout.value.rowTop[rowOf(layout.value, at)]! + anchor.current.above;
        if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: 'instant' });
    };

    const look = () => {
        const element = list.current;
        if (!element || width.value === 0) return;
        const top = -element.getBoundingClientRect().top;
        const row = rowAt(layout.value, top);
        anchor.current = { id: top > 0 ? photos.value[layout.value.rowStart[row]!]?.photo_id ?? '' : '', above: top - layout.value.rowTop[row]! };
        const { from, to } = visible(layout.value, top - MARGIN, top + innerHeight + MARGIN);
        if (from !== range.peek().from || to !== range.peek().to) range.value = { from, to };
        if (top + innerHeight + 2 * MARGIN > layout.value.height) onNearEnd?.();
    };

    useLayoutEffect(() => {
        const element = list.current!;
        const resized = new ResizeObserver(() => { width.value = element.clientWidth; });
        width.value = element.clientWidth;
        resized.observe(element);
        addEventListener('scroll', look, { passive: true });
        addEventListener('resize', look);
        const all = () => { range.value = { from: 0, to: PRINTED_MAX }; };
        addEventListener('beforeprint', all);
        addEventListener('afterprint', look);
        return () => {
            resized.disconnect();
            for (const [what, listener] of [['scroll', look], ['resize', look], ['beforeprint', all], ['afterprint', look]] as const) removeEventListener(what, listener);
        };
    }, [photos]);
    useLayoutEffect(() => {
        if (list.current) keepPlace(list.current);
        look();
        if (list.current && width.value > 0) onLayout?.({ layout: layout.value, element: list.current });
    }, [layout.value]);

    const goTo = (index: number) => {
        if (!list.current) return; // another page is shown by now
        active.value = index;
        showRow(list.current, layout.value, index);
        requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`a[data-index="${index}"]`)?.focus({ preventScroll: true }));
    };
    const move = (event: KeyboardEvent) => {
        const link = (event.target as Element).closest<HTMLElement>('a[data-index]');
        const direction = link && directionOf(event.key);
        if (!link || !direction) return;
        event.preventDefault();
        goTo(neighbour(layout.value, Number(link.dataset['index']), direction));
    };

    const { from, to } = range.value;
    const here = photos.value;
    const tabStop = active.value >= from && active.value < to ? active.value : from;
    const cells = [];
    for (let index = from; index < Math.min(to, here.length); index++)
        cells.push(<Cell key={here[index]!.photo_id} photo={here[index]!} index={index} count={here.length} layout={layout.value}
            isTabStop={index === tabStop} onOpen={() => { active.value = index; void openViewer({ photos, index, element: list.current, onClose: goTo }); }} />);
    return <ul class="grid" role="list" aria-label={label} ref={list} onKeyDown={move} style={{ height: `${layout.value.height}px` }}>{cells}</ul>;
}

interface CellProps { photo: Photo; index: number; count: number; layout: Layout; isTabStop: boolean; onOpen: () => void }

function Cell({ photo, index, count, layout, isTabStop, onOpen }: CellProps) {
    const image = useRef<HTMLImageElement>(null);
    useEffect(() => (image.current ? blurUntilLoaded(image.current, photo.thumbhash) : undefined), [photo.photo_id]);
    const row = rowOf(layout, index);
    const x = layout.x[index]! * (document.documentElement.dir === 'rtl' ? -1 : 1);
    const drawn = Math.max(layout.width[index]!, layout.rowHeight[row]! * photo.width / photo.height); // wider than its place where it is cropped
    const place = {
        transform: `translate(${x}px,${layout.rowTop[row]}px)`,
        width: `${layout.width[index]}px`, height: `${layout.rowHeight[row]}px`,
        backgroundColor: averageColour(photo.thumbhash),
    };
    const open = (event: MouseEvent) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return; // a new tab, as the reader wants
        event.preventDefault();
        onOpen();
    };
    const name = sayPhoto(photo, index, count);
    const moves = isAnimated(photo);
    const source = moves ? { src: thumbnailUrl(photo.photo_id) } : sourcesOf(photo, drawn);
    const picture = <img ref={image} {...source} alt={name} decoding="async" onError={(event) => tryOthers(event.currentTarget, photo)}
        fetchpriority={index < FIRST_IMAGES ? 'high' : 'auto'} />;
    return <li style={place} aria-setsize={count} aria-posinset={index + 1}>
        <a href={photoPath(photo.photo_id)} data-index={index} tabIndex={isTabStop ? 0 : -1} onClick={open}>
            {moves ? <Animated id={photo.photo_id} url={thumbnailUrl(photo.photo_id)} alt={name}>{picture}</Animated> : picture}
        </a>
        {moves && <MotionButton id={photo.photo_id} name={name} tabIndex={isTabStop ? 0 : -1} />}
    </li>;
}

function directionOf(key: string): Direction | undefined {
    const isMirrored = document.documentElement.dir === 'rtl';
    const directions: Record<string, Direction> = {
        ArrowLeft: isMirrored ? 'right' : 'left', ArrowRight: isMirrored ? 'left' : 'right', ArrowUp: 'up', ArrowDown: 'down',
    };
    return directions[key];
}

/* Scrolls as little as possible for that photo's row to be in the window, below the header. */
export function showRow(element: HTMLElement, layout: Layout, index: number) {
    const row = rowOf(layout, index);
    const top = element.getBoundingClientRect().top + layout.rowTop[row]!;
    const bottom = top + layout.rowHeight[row]!;
    const header = 72;
    if (top < header) scrollBy({ top: top - header });
    else if (bottom > innerHeight - 24) scrollBy({ top: bottom - innerHeight + 24 });
}
