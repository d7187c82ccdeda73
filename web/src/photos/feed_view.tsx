// A feed on a screen, in whatever state it is.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { whileWatched } from '../lib/watched';
import { Failure, GridSkeleton } from '../ui/states';
import type { Feed } from './feed';
import { Grid, type GridState } from './grid';

interface Props { feed: Feed; label: string; empty: ComponentChildren; onLayout?: (state: GridState) => void }

export function FeedView({ feed, label, empty, onLayout }: Props) {
    useEffect(() => {
        if (feed.state.peek() === 'end' || feed.photos.peek().length > 0) void feed.refresh();
        else void feed.more();
        return whileWatched(() => void feed.refresh());
    }, [feed]);
    const { photos, state, problem } = feed;
    if (photos.value.length > 0)
        return <>
            <Grid photos={photos} label={label} onNearEnd={() => { if (state.peek() !== 'failed') void feed.more(); }} onLayout={onLayout} />
            {state.value === 'failed' && <Failure problem={problem.value!} onRetry={() => void feed.more()} />}
        </>;
    if (state.value === 'failed' && problem.value) return <Failure problem={problem.value} onRetry={() => void feed.more()} />;
    return state.value === 'end' ? <>{empty}</> : <GridSkeleton />;
}
