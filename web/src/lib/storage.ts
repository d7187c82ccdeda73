// What a browser remembers for the app. Some refuse to remember anything: then it is forgotten with the page.
import { effect, signal, type Signal } from '@preact/signals';

export function remembered(key: string, otherwise: string): Signal<string> {
    let value = otherwise;
    try { value = localStorage.getItem(key) ?? otherwise; } catch { /* refused */ }
    const result = signal(value);
    effect(() => {
        const now = result.value;
        try { localStorage.setItem(key, now); } catch { /* refused */ }
    });
    addEventListener('storage', (event) => { if (event.key === key) result.value = event.newValue ?? otherwise; });
    return result;
}
