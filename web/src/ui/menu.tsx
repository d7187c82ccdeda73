// The menu behind the three lines: uploads, appearance, language, keys, leaving.
import { useRef } from 'preact/hooks';
import { language, languageName, LANGUAGES, say } from '../i18n';
import type { TextKey } from '../i18n/catalogue';
import { profilePath } from '../lib/api';
import { logOut, userName } from '../lib/session';
import { theme, THEMES, type Theme } from '../lib/theme';
import { Avatar } from './avatar';
import { isHelpOpen } from './keys';
import { Icon } from './icons';

const THEME_NAMES: Record<Theme, TextKey> = { system: 'themeSystem', light: 'themeLight', dark: 'themeDark' };

export function Menu() {
    const popover = useRef<HTMLDivElement>(null);
    const close = () => popover.current?.hidePopover();
    return <>
        <button class="icon-button" popovertarget="menu" aria-label={say('menu')}>
            <svg class="icon" width="22" height="22" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h16M4 12h16M4 17h16" /></svg>
        </button>
        <div id="menu" class="menu" popover="auto" ref={popover}>
            {userName.value && <a class="menu-item" href={profilePath(userName.value)} onClick={close}><Avatar name={userName.value} size={28} />{userName.value}</a>}
            <a class="menu-item" href="./mine" onClick={close}><Icon name="list" />{say('mine')}</a>
            <button class="menu-item" onClick={() => { close(); isHelpOpen.value = true; }}><Icon name="keyboard" />{say('help')}</button>
            <fieldset class="menu-choice">
                <legend><Icon name="sun" />{say('theme')}</legend>
                <div class="segments">
                    {THEMES.map((one) => <label key={one}>
                        <input type="radio" name="theme" value={one} checked={theme.value === one} onChange={() => { theme.value = one; }} />
                        <span>{say(THEME_NAMES[one])}</span>
                    </label>)}
                </div>
            </fieldset>
            <label class="menu-choice">
                <span class="menu-label"><Icon name="globe" />{say('language')}</span>
                <select class="field" value={language.value} onChange={(event) => { language.value = event.currentTarget.value; }}>
                    {LANGUAGES.map((code) => <option key={code} value={code} lang={code}>{languageName(code)}</option>)}
                </select>
            </label>
            {userName.value && <button class="menu-item" onClick={() => { close(); logOut(); }}><Icon name="leave" />{say('logOut')}</button>}
        </div>
    </>;
}
