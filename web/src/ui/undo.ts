// Undoing by key what the newest message offers to undo: its button is far away for who has no pointer.
import { runToast, toasts } from '../lib/toast';

export function startUndo() {
    addEventListener('keydown', (event) => {
        if (event.key !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || (event.target as Element).matches('input, textarea')) return;
        const last = toasts.peek().findLast((one) => one.action);
        if (!last) return;
        event.preventDefault();
        runToast(last);
    });
}
