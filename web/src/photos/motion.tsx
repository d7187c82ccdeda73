// Animated photos play, unless the system asks for little motion, and can be stopped: all at once, as who is distracted by one is by the
// next. Then, each plays when it is asked to.
import { signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { say } from '../i18n';
import { stillOf } from './still';

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const areStopped = signal(calm.matches);
const played = signal<ReadonlySet<string>>(new Set()); // all the same, by their ids
calm.addEventListener('change', () => stopAnimations(calm.matches));

export const isPlaying = (id: string) => !areStopped.value || played.value.has(id);

function stopAnimations(isStopped: boolean) {
    areStopped.value = isStopped;
    played.value = new Set();
}

/* Starts this one, or stops all. */
export function toggleAnimation(id: string) {
    if (isPlaying(id)) stopAnimations(true);
    else played.value = new Set([...played.value, id]);
}

export const sayToggle = (id: string) => say(isPlaying(id) ? 'pauseAnimations' : 'playAnimation');

/* The picture that is within while it plays, its first frame else. */
export function Animated({ id, url, alt, children }: { id: string; url: string; alt: string; children: ComponentChildren }) {
    const still = useStill(url);
    if (isPlaying(id)) return <>{children}</>;
    return <img src={still} alt={alt} />;
}

/* A small picture that never moves. */
export function StillImage({ url }: { url: string }) {
    return <img src={useStill(url)} alt="" />;
}

function useStill(url: string): string | undefined {
    const still = useSignal<string>();
    useEffect(() => {
        still.value = undefined;
        let isWanted = true;
        stillOf(url).then((address) => { if (isWanted) still.value = address; }, () => {});
        return () => { isWanted = false; };
    }, [url]);
    return still.value;
}

export function MotionButton({ id, name, tabIndex = 0 }: { id: string; name: string; tabIndex?: number }) {
    const label = sayToggle(id);
    return <button class="motion-button" tabIndex={tabIndex} title={label} aria-label={`${label}: ${name}`}
        onClick={(event) => { event.preventDefault(); toggleAnimation(id); }}>
        <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true"><circle cx="14" cy="14" r="14" />
            <path d={isPlaying(id) ? 'M10 9h3v10h-3zM15 9h3v10h-3z' : 'M11 8.500l9 5.500l-9 5.500z'} /></svg>
    </button>;
}
