// My uploads: the queue of this device, in full.
import { useEffect } from 'preact/hooks';
import { say } from '../i18n';
import { chooseFolder, choosePhotos, hasCamera, hasFolders, takePhoto } from '../ui/choose';
import { Icon } from '../ui/icons';
import { JobList, Summary } from '../ui/jobs';
import { Empty, ListSkeleton } from '../ui/states';
import { isFinished } from '../uploads/progress';
import { clearFinished, startUploads } from '../uploads/queue';
import { areJobsKnown, jobs } from '../uploads/state';

export function Mine() {
    const choices = <div class="choices">
        <button class="button primary" onClick={choosePhotos}><Icon name="image" />{say('choosePhotos')}</button>
        {hasFolders && <button class="button" onClick={chooseFolder}><Icon name="folder" />{say('chooseFolder')}</button>}
        {hasCamera && <button class="button" onClick={takePhoto}><Icon name="camera" />{say('takePhoto')}</button>}
    </div>;
    useEffect(() => { void startUploads(); }, []);
    return <div class="narrow">
        <h1 class="page-title">{say('mine')}</h1>
        <p class="dim kept">{say('kept')}</p>
        {!areJobsKnown.value ? <ListSkeleton /> : jobs.value.length === 0 ? <Empty icon="upload" title={say('mineEmpty')} hint={say('mineEmptyHint')}>{choices}</Empty> : <>
            {choices}
            <div class="card"><div class="card-head"><Summary />
                {jobs.value.some(isFinished) && <button class="button quiet" onClick={() => void clearFinished()}>{say('clearDone')}</button>}
            </div><JobList /></div>
        </>}
    </div>;
}
