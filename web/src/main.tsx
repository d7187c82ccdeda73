// The start: words, colours, the first screen; and when that is shown, uploads and the service worker.
import { render } from 'preact';
import { App } from './app';
import { say, startLanguage } from './i18n';
import { fetchLater } from './lib/lazy';
import { place, replace, startRouter } from './lib/router';
import { startTheme } from './lib/theme';
import { showToast } from './lib/toast';
import { startDropping } from './ui/drop';
import { startKeys } from './ui/keys';
import { startUploads } from './uploads/state';
import { warmViewer } from './viewer/open';
import './styles/app.css';

startTheme();
startRouter();
startDropping();
startKeys();
await startLanguage();
render(<App />, document.getElementById('app')!);

const QUIET_MS = 1200;

function whenQuiet(work: () => void) {
    const later = () => setTimeout(() => ('requestIdleCallback' in globalThis ? requestIdleCallback(work) : work()), QUIET_MS);
    if (document.readyState === 'complete') later();
    else addEventListener('load', later, { once: true });
}

if (place.value.query.get('notice') === 'share-again') {
    replace('./');
    showToast({ text: say('shareAgain') });
}

whenQuiet(() => {
    void startUploads();
    void fetchLater().then(({ startServiceWorker }) => { void startServiceWorker(); warmViewer(); });
});
