// The keys that the app listens to, wherever one is in it.
import { signal } from '@preact/signals';
import { go } from '../lib/router';
import { choosePhotos } from './choose';

export const isHelpOpen = signal(false);

const ACTIONS: Record<string, () => void> = {
    '/': () => document.querySelector<HTMLInputElement>('#search')?.focus(),
    '?': () => { isHelpOpen.value = true; },
    'u': choosePhotos,
    'g': () => go('./'),
};

const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (target.matches('input,textarea,select') || target.isContentEditable);
const isBusy = () => document.querySelector('dialog[open], .pswp--open') !== null;

export function startKeys() {
    addEventListener('keydown', (event) => {
        const action = ACTIONS[event.key];
        if (!action || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isBusy()) return;
        event.preventDefault();
        action();
    });
    // From outside the photos, an arrow leads into them.
    addEventListener('keydown', (event) => {
        if (!event.key.startsWith('Arrow') || event.defaultPrevented || !(event.target as Element).matches('body, main') || isBusy()) return;
        if (event.key === 'ArrowUp') return;
        const first = document.querySelector<HTMLElement>('.grid a[tabindex="0"]');
        if (!first) return;
        event.preventDefault();
        first.focus();
    });
}
