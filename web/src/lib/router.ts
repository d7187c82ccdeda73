// Addresses. A page is a function of `place`; links are plain <a href>, so that they can be opened anywhere.
import { signal } from '@preact/signals';

const here = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });
export const place = signal(here());

const keepTop = () => history.replaceState({ ...history.state as object, top: scrollY }, '');

/* Who follows a link is on another page, also with keys and screen readers. */
export const focusContent = () => document.getElementById('content')?.focus({ preventScroll: true });

/* Goes to a page of the app. The place where this one was scrolled to is kept for the way back. */
export function go(to: string) {
    keepTop();
    history.pushState({}, '', to);
    place.value = here();
    scrollTo(0, 0);
    focusContent();
}

export function replace(to: string) {
    history.replaceState({}, '', to);
    place.value = here();
}

/* Back to where we came from, or to the home page when we came from elsewhere. */
export function goBack() {
    if (history.state !== null && history.length > 1) history.back();
    else go('/');
}

/* A click that goes to the link's page here, not in another tab. */
export const isPlain = (event: MouseEvent) =>
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;

/* Photos open above the page they were chosen on (see viewer/open.ts), whose address then is not the page's. */
function isPage(state: unknown) {
    return !(state as { isAbove?: boolean } | null)?.isAbove;
}

const RESTORE_MS = 4000;
const KEEP_MS = 150; // browsers refuse more than a hundred changes in half a minute

/* Scrolls there as soon as the page is long enough: lists grow while their end is near. Whoever scrolls themselves is let be. */
function restore(top: number) {
    if (top === 0) { scrollTo(0, 0); return; }
    const end = performance.now() + RESTORE_MS;
    const control = new AbortController();
    for (const what of ['wheel', 'touchstart', 'keydown', 'pointerdown'])
        addEventListener(what, () => control.abort(), { once: true, passive: true, signal: control.signal });
    const go = () => {
        if (control.signal.aborted) return;
        scrollTo(0, top);
        if (scrollY + 1 >= top || performance.now() > end) control.abort();
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
        if (!link || !isPlain(event) || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
        if (/^\/(buckets|assets)\//.test(link.pathname)) return;
        event.preventDefault();
        go(link.pathname + link.search);
    });
}
