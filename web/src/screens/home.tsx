// Home: what everybody has published of late.
import { say } from '../i18n';
import { recentFeed } from '../photos/feed';
import { FeedView } from '../photos/feed_view';
import { choosePhotos } from '../ui/choose';
import { Icon } from '../ui/icons';
import { Empty } from '../ui/states';

export function Home() {
    return <>
        <h1 class="page-title">{say('recentTitle')}</h1>
        <FeedView feed={recentFeed()} label={say('recentTitle')} empty={
            <Empty icon="image" title={say('recentEmpty')} hint={say('recentEmptyHint')}>
                <button class="button primary" onClick={choosePhotos}><Icon name="upload" />{say('upload')}</button>
            </Empty>} />
    </>;
}
