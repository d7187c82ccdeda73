// Uploads for those who listen: one sentence when they begin, one when all have ended, and one for each that failed.
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { say } from '../i18n';
import { sayReason } from '../lib/reason';
import { jobs, openJobs, failedJobs } from '../uploads/state';
import { sayUploads } from './jobs';

const SETTLED_MS = 800; // files are added one by one
const KEPT = 8;

export function Announcer() {
    const said = useSignal<{ number: number; text: string }[]>([]);
    const told = useRef(new Set(failedJobs.peek().map((job) => job.id)));
    const isBusy = useRef(false);
    const number = useRef(0);
    const tell = (text: string) => { said.value = [...said.peek(), { number: number.current++, text }].slice(-KEPT); };

    useSignalEffect(() => {
        for (const { id, name, state, reason } of failedJobs.value) {
            if (told.current.has(id)) continue;
            told.current.add(id);
            tell(`${name}: ${say(state === 'refused' ? 'stateRefused' : 'stateFailed')}. ${reason ? sayReason(reason) : ''}`);
        }
    });
    useEffect(() => {
        let timer: ReturnType<typeof setTimeout>;
        const stop = jobs.subscribe(() => {
            const isBusyNow = openJobs.peek().length > 0;
            if (isBusyNow === isBusy.current) return;
            isBusy.current = isBusyNow;
            clearTimeout(timer);
            timer = setTimeout(() => tell(sayUploads()), SETTLED_MS);
        });
        return () => { clearTimeout(timer); stop(); };
    }, []);
    return <div class="visually-hidden" role="log" aria-live="polite" aria-label={say('uploads')}>
        {said.value.map((one) => <p key={one.number}>{one.text}</p>)}
    </div>;
}
