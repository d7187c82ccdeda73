// Choosing photos: the browser's picker for files, folders, or the camera.
import { upload } from '../uploads/state';

const ACCEPT = 'image/*,.heic,.heif,.avif,.tif,.tiff';

/* Inputs live only while their picker is open. */
function pick(prepare: (input: HTMLInputElement) => void) {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.accept = ACCEPT;
    input.hidden = true;
    prepare(input);
    const finish = () => { if (input.files?.length) upload(input.files); input.remove(); };
    input.addEventListener('change', finish);
    input.addEventListener('cancel', () => input.remove());
    document.body.append(input);
    input.click();
}

export const choosePhotos = () => pick(() => {});
export const chooseFolder = () => pick((input) => { input.webkitdirectory = true; });
export const takePhoto = () => pick((input) => { input.multiple = false; input.accept = 'image/*'; input.capture = 'environment'; });

export const hasFolders = 'webkitdirectory' in HTMLInputElement.prototype && !matchMedia('(pointer: coarse)').matches;
export const hasCamera = matchMedia('(pointer: coarse)').matches;
