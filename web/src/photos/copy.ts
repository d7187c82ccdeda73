// A photo's address, in the forms that other places take.
import { say } from '../i18n';
import { largeUrl, photoPath, type Photo } from '../lib/api';
import { showToast } from '../lib/toast';

const absolute = (path: string) => new URL(path, document.baseURI).href;
const titleOf = (photo: Photo) => photo.alt_text || photo.caption || say('photoTitle', { name: photo.author_username });
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const escapeMarkdown = (text: string) => text.replace(/\s+/g, ' ').replace(/[\\[\]]/g, '\\$&');

export const linkOf = (photo: Photo) => absolute(photoPath(photo.photo_id));
export const markdownOf = (photo: Photo) => `[![${escapeMarkdown(titleOf(photo))}](${absolute(largeUrl(photo.photo_id))})](${linkOf(photo)})`;
export const htmlOf = (photo: Photo) => `<a href="${linkOf(photo)}"><img src="${absolute(largeUrl(photo.photo_id))}" width="${photo.width}" `
    + `height="${photo.height}" alt="${escapeHtml(titleOf(photo))}"></a>`;

export async function copyText(text: string) {
    const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false) || copySelected(text);
    showToast({ text: say(isCopied ? 'copied' : 'copyFailed') });
}

/* Pages without https have no clipboard of their own; what is selected can be copied all the same. */
function copySelected(text: string): boolean {
    const field = document.createElement('textarea');
    const focused = document.activeElement;
    field.value = text;
    field.className = 'visually-hidden';
    (focused?.closest('dialog, .pswp') ?? document.body).append(field); // where the focus may be
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return isCopied;
}

export function sharePhoto(photo: Photo) {
    void navigator.share({ title: titleOf(photo), url: linkOf(photo) }).catch(() => {}); // the person thought better of it
}
