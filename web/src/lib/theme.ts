// Light, dark, or as the system says. The colours themselves are light-dark() tokens in styles/tokens.css.
import { effect } from '@preact/signals';
import { remembered } from './storage';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const theme = remembered('theme', 'system');

const BAR = { light: '#fbfaf8', dark: '#121314' };

export function startTheme() {
    const bars = [...document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')];
    effect(() => {
        const now = theme.value as Theme;
        document.documentElement.dataset['theme'] = now;
        for (const bar of bars) {
            const own = bar.media.includes('dark') ? 'dark' : 'light';
            bar.content = BAR[now === 'system' ? own : now];
        }
    });
}
