// Short messages at the foot of the page. Each goes by itself, in its own time: what one offers to undo isn't lost to the next.
import { signal } from '@preact/signals';

export interface Toast {
    text: string;
    action?: { label: string; run: () => void };
    stays?: boolean; // until it is closed: it tells of something that was left out
    onGone?: () => void;
}
export const toasts = signal<readonly Toast[]>([]);

const SHOWN_MS = 4000;
const SHOWN_MAX = 4;
const UNDO_MS = 7000;
const AGAIN_MS = 1000;

export function showToast(next: Toast) {
    const others = toasts.peek().filter((one) => one.action || one.stays);
    for (const old of others.slice(0, 1 - SHOWN_MAX)) old.onGone?.();
    toasts.value = [...others.slice(1 - SHOWN_MAX), next];
    /* It waits for who is at its buttons. */
    const expire = () => { if (document.querySelector('.toast-place:focus-within')) setTimeout(expire, AGAIN_MS); else hideToast(next); };
    if (!next.stays) setTimeout(expire, next.action ? UNDO_MS : SHOWN_MS);
}

export function hideToast(toast: Toast) {
    if (!toasts.peek().includes(toast)) return;
    toasts.value = toasts.peek().filter((one) => one !== toast);
    toast.onGone?.();
}

export function runToast(toast: Toast) {
    toast.action?.run();
    hideToast(toast);
}
