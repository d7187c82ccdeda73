// Deleting with a way back: the photo is out of sight at once, and at the server once nobody can undo it any more.
import { say } from '../i18n';
import { deletePhoto, photoPath, type Photo } from '../lib/api';
import { asProblem } from '../lib/problem';
import { sayProblem } from '../lib/say_problem';
import { showToast } from '../lib/toast';
import { leaveFocusAt } from '../ui/focus';
import { hide } from './feed';

export function deleteWithUndo(photo: Photo, onUndo?: () => void) {
    const { photo_id: id, author_username: author } = photo;
    hide(id, true);
    let isUndone = false;
    const finish = async (isLeaving: boolean) => {
        removeEventListener('pagehide', leave);
        if (isUndone) return;
        try {
            await deletePhoto(id, author, isLeaving);
        } catch (error) {
            const problem = asProblem(error);
            if (problem.status === 404) return;
            hide(id, false);
            showToast({ text: say('deleteFailed', { reason: sayProblem(problem) }) });
        }
    };
    const leave = () => void finish(true); // who closes the page has not undone it
    addEventListener('pagehide', leave);
    const undo = () => {
        isUndone = true;
        hide(id, false);
        leaveFocusAt(`a[href$="${photoPath(id)}"]`);
        onUndo?.();
    };
    showToast({ text: say('deleted'), action: { label: say('undo'), run: undo }, onGone: () => void finish(false) });
}
