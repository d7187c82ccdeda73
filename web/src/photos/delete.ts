// Deleting with a way back: the photo is out of sight at once, and at the server once nobody can undo it any more.
import { say } from '../i18n';
import { deletePhoto, photoPath, type Photo } from '../lib/api';
import { asProblem } from '../lib/problem';
import { sayProblem } from '../lib/say_problem';
import { showToast, UNDO_MS } from '../lib/toast';
import { leaveFocusAt } from '../ui/focus';
import { hide } from './feed';

export function deleteWithUndo(photo: Photo, onUndo?: () => void) {
    const { photo_id: id, author_username: author } = photo;
    hide(id, true);
    const finish = async (isLeaving: boolean) => {
        stop();
        try {
            await deletePhoto(id, author, isLeaving);
        } catch (error) {
            const problem = asProblem(error);
            if (problem.status === 404) return;
            hide(id, false);
            showToast({ text: say('deleteFailed', { reason: sayProblem(problem) }) });
        }
    };
    const timer = setTimeout(() => void finish(false), UNDO_MS);
    const leave = () => void finish(true); // who closes the page has not undone it
    const stop = () => { clearTimeout(timer); removeEventListener('pagehide', leave); };
    addEventListener('pagehide', leave);
    const undo = () => {
        stop();
        hide(id, false);
        leaveFocusAt(`a[href$="${photoPath(id)}"]`);
        onUndo?.();
    };
    showToast({ text: say('deleted'), action: { label: say('undo'), run: undo } });
}
