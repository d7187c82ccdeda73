// The panel in the corner while uploads are under way, on every page but the one that shows them in full.
import { signal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { say } from '../i18n';
import { place } from '../lib/router';
import { clearFinished } from '../uploads/queue';
import { failedJobs, jobs, openJobs } from '../uploads/state';
import { leaveFocusAt } from './focus';
import { Icon } from './icons';
import { JobList, Summary } from './jobs';

const isOpen = signal(innerWidth >= 800);
const isDismissed = signal(true); // what was finished in another visit is no news

export function Panel() {
    useSignalEffect(() => { if (openJobs.value.length > 0) isDismissed.value = false; });
    const failed = useRef(failedJobs.peek().length);
    useSignalEffect(() => {
        if (failedJobs.value.length > failed.current) { isOpen.value = true; isDismissed.value = false; }
        failed.current = failedJobs.value.length;
    });
    if (jobs.value.length === 0 || isDismissed.value || place.value.path === '/mine') return null;
    return <section class="panel card" aria-label={say('uploads')}>
        <div class="card-head">
            <Summary />
            <button class="icon-button" aria-expanded={isOpen.value} aria-label={say(isOpen.value ? 'collapse' : 'expand')}
                onClick={() => { isOpen.value = !isOpen.value; }}><Icon name={isOpen.value ? 'down' : 'up'} /></button>
            {openJobs.value.length === 0 && <button class="icon-button" aria-label={say('close')}
                onClick={() => { isDismissed.value = true; leaveFocusAt('header .primary, .foot-upload'); void clearFinished(); }}><Icon name="close" /></button>}
        </div>
        {isOpen.value && <><JobList /><p class="dim kept">{say('kept')}</p></>}
    </section>;
}
