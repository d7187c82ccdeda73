// The app: what is on every page, and which page belongs to which address.
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { say } from './i18n';
import { isOnline } from './lib/online';
import { focusContent, place } from './lib/router';
import { cleanName, isLoginOpen } from './lib/session';
import { lazy } from './lib/lazy';
import { Home } from './screens/home';
import { Profile } from './screens/profile';
import { DropZone } from './ui/drop';
import { FootBar, Header } from './ui/header';
import { isHelpOpen } from './ui/keys';
import { Icon } from './ui/icons';
import { Empty } from './ui/states';
import { ToastPlace } from './ui/toast';
import { jobs } from './uploads/state';

const PhotoScreen = lazy((later) => later.PhotoScreen);
const Mine = lazy((later) => later.Mine);
const Results = lazy((later) => later.Results);
const LoginDialog = lazy((later) => later.LoginDialog);
const HelpDialog = lazy((later) => later.HelpDialog);
const Panel = lazy((later) => later.Panel);
const Announcer = lazy((later) => later.Announcer);

interface Route { path: RegExp; title: (part: string) => string; show: (part: string, query: URLSearchParams) => VNode }

const ROUTES: Route[] = [
    { path: /^\/$/, title: () => '', show: () => <Home /> },
    { path: /^\/search$/, title: () => say('search'), show: (_, query) => <Results query={(query.get('q') ?? '').toLowerCase()} /> },
    { path: /^\/@(\w{1,64})$/, title: cleanName, show: (name) => <Profile key={cleanName(name)} name={cleanName(name)} /> },
    { path: /^\/photo\/([0-9a-f]{32})$/, title: () => '', show: (id) => <PhotoScreen id={id} /> },
    { path: /^\/(?:mine|share-target)$/, title: () => say('mine'), show: () => <Mine /> },
];

const missing: Route = {
    path: /^/, title: () => say('pageMissing'), show: () => <Empty level={1} icon="alert" title={say('pageMissing')} hint={say('pageMissingHint')} />,
};

function Page() {
    const { path, query } = place.value;
    const route = ROUTES.find((one) => one.path.test(path)) ?? missing;
    const part = decodeURIComponent(route.path.exec(path)?.[1] ?? '');
    const title = route.title(part);
    useEffect(() => { document.title = title ? `${title} · ${say('appName')}` : say('appName'); }, [title, path]);
    return <main id="content" tabIndex={-1} aria-label={title || say('appName')}>{route.show(part, query)}</main>;
}

export function App() {
    return <>
        <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); focusContent(); }}>{say('skipToContent')}</a>
        <Header />
        {!isOnline.value && <p class="offline" role="status"><Icon name="cloudOff" size={18} />{say('offline')}</p>}
        <Page />
        <FootBar />
        <div class="corner">{jobs.value.length > 0 && <><Announcer /><Panel /></>}<ToastPlace /></div>
        <DropZone />
        {isLoginOpen.value && <LoginDialog />}
        {isHelpOpen.value && <HelpDialog />}
    </>;
}
