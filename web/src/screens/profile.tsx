// A person's photos, all of them, with a rail to travel in time.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { say, sayCount } from '../i18n';
import { userName } from '../lib/session';
import { profileFeed, type Feed } from '../photos/feed';
import { FeedView } from '../photos/feed_view';
import type { GridState } from '../photos/grid';
import { Scrubber } from '../photos/scrubber';
import { Avatar } from '../ui/avatar';
import { choosePhotos } from '../ui/choose';
import { Icon } from '../ui/icons';
import { searchUsers } from '../ui/search';
import { Empty } from '../ui/states';

const QUIET_MS = 200;

export function Profile({ name }: { name: string }) {
    const feed = profileFeed(name);
    const grid = useSignal<GridState | null>(null);
    const count = useSignal(0);
    useEffect(() => {
        searchUsers(name, 1).then((users) => { if (users[0]?.username === name) count.value = users[0].posts_count; }, () => {});
    }, [name]);
    useEffect(() => fetchAll(feed), [feed]);
    const isOwn = userName.value === name;
    const known = Math.max(count.value, feed.photos.value.length);
    return <>
        <header class="profile-head">
            <Avatar name={name} size={72} />
            <div><h1>{name}</h1><p class="dim">{known > 0 ? sayCount('photos', known) : ' '}</p></div>
        </header>
        <FeedView feed={feed} label={say('profileTitle', { name })} onLayout={(state) => { grid.value = state; }} empty={isOwn
            ? <Empty icon="image" title={say('profileEmptyOwn')} hint={say('profileEmptyOwnHint')}>
                <button class="button primary" onClick={choosePhotos}><Icon name="upload" />{say('upload')}</button>
            </Empty>
            : <Empty icon="person" title={say('profileEmpty')} hint={say('profileEmptyHint', { name })} />} />
        <Scrubber photos={feed.photos} grid={grid} />
    </>;
}

/* The rest of the list comes while nobody waits for it: the rail shows all of it, and the end is never far. */
function fetchAll(feed: Feed): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const go = async () => {
        if (feed.photos.peek().length > 0) await feed.more();
        if (feed.state.peek() !== 'end' && feed.state.peek() !== 'failed') timer = setTimeout(() => void go(), QUIET_MS);
    };
    timer = setTimeout(() => void go(), QUIET_MS);
    return () => clearTimeout(timer);
}
