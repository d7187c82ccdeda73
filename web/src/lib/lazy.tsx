// Parts of the app that come later (see later.ts): nothing is shown until they are there.
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { Problem } from './api';
import { Failure } from '../ui/states';

type Later = typeof import('../later');
let later: Later | undefined;

export async function fetchLater(): Promise<Later> {
    const fetched = later ?? await import('../later');
    await fetched.ready;
    return later = fetched;
}

export function lazy<Props extends object>(choose: (later: Later) => ComponentType<Props>) {
    return function Lazy(props: Props) {
        const state = useSignal<'waiting' | 'there' | 'failed'>(later ? 'there' : 'waiting');
        const look = () => { fetchLater().then(() => { state.value = 'there'; }, () => { state.value = 'failed'; }); };
        useEffect(look, []); // also where it came after this was drawn: nothing else draws it again
        if (state.value === 'failed') return <Failure problem={new Problem(0)} onRetry={look} />;
        if (!later) return null;
        const Part = choose(later);
        return <Part {...props} />;
    };
}
