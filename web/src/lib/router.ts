// Addresses. A page is a function of `place`; links are plain <a href>, so that they can be opened anywhere. They are relative to
// where the server is (<base>): "./mine". In `place`, that is taken off: "/mine".
import { signal } from '@preact/signals';
import { BASE } from './base';

const here = () => ({ path: location.pathname.slice(BASE.length), query: new URLSearchParams(location.search) });
export const place = signal(here());

const keepTop = () => history.replaceState({ ...history.state as object, top: scrollY }, '');

/* Who follows a link is on another page, also with keys and screen readers. */
export const focusContent = () => document.getElementById('content')?.focus({ preventScroll: true });

/* Goes to a page of the app. The place where this one was scrolled to is kept for the way back. */
export function go(to: string) {
    keepTop();
    history.pushState({}, '', to);
    place.value = here();
    restore(0);
    focusContent();
}

export function replace(to: string) {
    history.replaceState({}, '', to);
    place.value = here();
}

/* Back to where we came from, or to the home page when we came from elsewhere. */
export function goBack() {
    if (history.state !== null && history.length > 1) history.back();
    else go('./');
}

/* A click that goes to the link's page here, not in another tab. */
export const isPlain = (event: MouseEvent) =>
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;

/* Photos open above the page they were chosen on (see viewer/open.ts), whose address then is not the page's. */
function isPage(state: unknown) {
    return !(state as { isAbove?: boolean } | null)?.isAbove;
}

const RESTORE_MS = 4000;
const HELD_MS = 300; // rows that are laid out anew may leave the page short for a moment
const KEEP_MS = 150; // browsers refuse more than a hundred changes in half a minute
let restoring: AbortController | undefined;

/* Scrolls there as soon as the page is long enough: lists grow while their end is near. Whoever scrolls themselves is let be. */
function restore(top: number) {
    restoring?.abort();
    if (top === 0) { scrollTo(0, 0); return; }
    const end = performance.now() + RESTORE_MS;
    const control = restoring = new AbortController();
    for (const what of ['wheel', 'touchstart', 'keydown', 'pointerdown'])
        addEventListener(what, () => control.abort(), { once: true, passive: true, signal: control.signal });
    let last = end;
    const go = () => {
        if (control.signal.aborted) return;
        const now = performance.now();
        scrollTo(0, top);
        if (scrollY + 1 >= top) last = Math.min(last, now + HELD_MS);
        if (now > last) control.abort();
        else requestAnimationFrame(go);
    };
    requestAnimationFrame(go);
}

export function startRouter() {
    history.scrollRestoration = 'manual';
    let timer: ReturnType<typeof setTimeout>;
    addEventListener('scroll', () => { clearTimeout(timer); timer = setTimeout(keepTop, KEEP_MS); }, { passive: true });
    const { top } = (history.state ?? {}) as { top?: number };
    if (top) restore(top);
    addEventListener('popstate', (event) => {
        if (!isPage(event.state)) { replace(location.pathname); return; }
        const now = here();
        const top = (event.state as { top?: number } | null)?.top ?? 0;
        if (now.path === place.value.path && now.query.toString() === place.value.query.toString()) return;
        place.value = now;
        restore(top);
        focusContent();
    });
    addEventListener('click', (event) => {
        const link = event.target instanceof Element ? event.target.closest('a') : null;
        if (!link || !isPlain(event) || link.target || link.hasAttribute('download') || !link.href.startsWith(document.baseURI)) return;
        if (/^\/(buckets|assets)\//.test(link.pathname.slice(BASE.length))) return;
        event.preventDefault();
        go(link.pathname + link.search);
    });
}
