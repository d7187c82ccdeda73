// Short messages at the foot of the page. Each goes by itself, in its own time: what one offers to undo isn't lost to the next.
import { signal } from '@preact/signals';

export interface Toast {
    text: string;
    action?: { label: string; run: () => void };
    stays?: boolean; // until it is closed: it tells of something that was left out
}
export const toasts = signal<readonly Toast[]>([]);

const SHOWN_MS = 4000;
const SHOWN_MAX = 4;
export const UNDO_MS = 7000;

export function showToast(next: Toast) {
    const others = toasts.peek().filter((one) => one.action || one.stays);
    toasts.value = [...others, next].slice(-SHOWN_MAX);
    if (!next.stays) setTimeout(() => hideToast(next), next.action ? UNDO_MS : SHOWN_MS);
}

export function hideToast(toast: Toast) {
    toasts.value = toasts.peek().filter((one) => one !== toast);
}
