// A rail beside a profile: where in time one is, and a handle to be somewhere else.
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { say, sayMonth } from '../i18n';
import type { Photo } from '../lib/api';
import type { GridState } from './grid';
import { rowAt } from './justify';

interface Props { photos: ReadonlySignal<Photo[]>; grid: ReadonlySignal<GridState | null> }

const SCREENS_MIN = 2; // a profile of less needs no rail
const HEADER_PX = 72;

export function Scrubber({ photos, grid }: Props) {
    const at = useSignal(0); // 0 newest … 1 oldest
    const isHeld = useSignal(false);
    const rail = useRef<HTMLDivElement>(null);

    const span = () => {
        const { layout, element } = grid.value!;
        const top = element.getBoundingClientRect().top + scrollY - HEADER_PX;
        return { top, length: Math.max(1, layout.height - innerHeight + HEADER_PX) };
    };
    useEffect(() => {
        const look = () => {
            if (!grid.value) return;
            const { top, length } = span();
            at.value = Math.min(1, Math.max(0, (scrollY - top) / length));
        };
        look();
        addEventListener('scroll', look, { passive: true });
        return () => removeEventListener('scroll', look);
    }, [grid.value]);

    const state = grid.value;
    if (!state || state.layout.height < innerHeight * SCREENS_MIN) return null;
    const photo = photos.value[state.layout.rowStart[rowAt(state.layout, at.value * (state.layout.height - 1))]!];
    const month = photo ? sayMonth(photo.date) : '';
    const jump = (to: number) => { const { top, length } = span(); scrollTo(0, top + Math.min(1, Math.max(0, to)) * length); };
    const point = (event: PointerEvent) => {
        const box = rail.current!.getBoundingClientRect();
        jump((event.clientY - box.top) / box.height);
    };
    const press = (event: KeyboardEvent) => {
        const screen = innerHeight / span().length;
        const moves: Record<string, number> = { ArrowUp: -screen / 4, ArrowDown: screen / 4, PageUp: -screen, PageDown: screen, Home: -1, End: 1 };
        const move = moves[event.key];
        if (move === undefined) return;
        event.preventDefault();
        jump(at.value + move);
    };
    return <div class={`scrubber ${isHeld.value ? 'held' : ''}`} ref={rail} role="slider" tabIndex={0} aria-orientation="vertical"
        aria-label={say('timeline')} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(at.value * 100)} aria-valuetext={month}
        onKeyDown={press}
        onPointerDown={(event) => { isHeld.value = true; event.currentTarget.setPointerCapture(event.pointerId); point(event); }}
        onPointerMove={(event) => { if (isHeld.value) point(event); }}
        onPointerUp={() => { isHeld.value = false; }} onPointerCancel={() => { isHeld.value = false; }}>
        <span class="scrubber-handle" style={{ top: `${at.value * 100}%` }}><span class="scrubber-month">{month}</span></span>
    </div>;
}
