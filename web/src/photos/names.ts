// What a photo is called where it can't be seen: by its author's words, or by its place in the list.
import { say, sayDate, sayNumber } from '../i18n';
import type { Photo } from '../lib/api';

export const sayPhoto = (photo: Photo, index: number, count: number) => photo.alt_text || photo.caption || say('photoNumber', {
    n: sayNumber(index + 1), count: sayNumber(count), name: photo.author_username, date: sayDate(photo.date),
});
