// Short messages at the foot of the page, one at a time; one that offers to undo stays longer.
import { signal } from '@preact/signals';

export interface Toast {
    text: string;
    action?: { label: string; run: () => void };
    stays?: boolean; // until it is closed: it tells of something that was left out
}
export const toast = signal<Toast | null>(null);

const SHOWN_MS = 4000;
export const UNDO_MS = 7000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function showToast(next: Toast) {
    clearTimeout(timer);
    toast.value = next;
    if (!next.stays) timer = setTimeout(() => { toast.value = null; }, next.action ? UNDO_MS : SHOWN_MS);
}

export function hideToast() {
    clearTimeout(timer);
    toast.value = null;
}
