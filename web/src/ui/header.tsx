// The bar at the head of every page, and on phones the one at its foot.
import { say } from '../i18n';
import { profilePath } from '../lib/api';
import { place } from '../lib/router';
import { isLoginOpen, userName } from '../lib/session';
import { openJobs } from '../uploads/state';
import { Avatar } from './avatar';
import { choosePhotos } from './choose';
import { Icon, type IconName } from './icons';
import { Menu } from './menu';
import { SearchBox } from './search';

export function Header() {
    return <header class="bar">
        <a class="brand" href="./" aria-label={say('appName')}><Icon name="logo" size={28} /><span>{say('appName')}</span></a>
        <SearchBox />
        <nav class="bar-end" aria-label={say('navigation')}>
            <button class="button primary wide-only" onClick={choosePhotos}><Icon name="upload" />{say('upload')}</button>
            {userName.value
                ? <a class="wide-only avatar-link" href={profilePath(userName.value)} aria-label={say('loggedInAs', { name: userName.value })}><Avatar name={userName.value} /></a>
                : <button class="button quiet" onClick={() => { isLoginOpen.value = true; }}>{say('logIn')}</button>}
            <Menu />
        </nav>
    </header>;
}

export function FootBar() {
    const own = userName.value ? profilePath(userName.value) : '';
    const item = (path: string, icon: IconName, label: string, badge = 0) =>
        <a href={path} aria-current={`.${place.value.path}` === path ? 'page' : undefined}>
            <Icon name={icon} /><span>{label}</span>{badge > 0 && <b class="badge">{badge}</b>}
        </a>;
    return <nav class="foot-bar" aria-label={say('menu')}>
        {item('./', 'home', say('home'))}
        <button class="foot-upload" onClick={choosePhotos} aria-label={say('upload')}><Icon name="upload" size={26} /></button>
        {item('./mine', 'list', say('uploads'), openJobs.value.length)}
        {own ? <a href={own} aria-current={`.${place.value.path}` === own ? 'page' : undefined}><Avatar name={userName.value} size={24} /><span>{userName.value}</span></a>
            : <button onClick={() => { isLoginOpen.value = true; }}><Icon name="person" /><span>{say('logIn')}</span></button>}
    </nav>;
}
