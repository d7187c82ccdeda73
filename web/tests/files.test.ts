import { expect, test } from 'vitest';
import { imagesOf } from '../src/uploads/files';

test.each([
    ['photo.jpg', 'image/jpeg', true], ['photo.heic', '', true], ['PHOTO.AVIF', '', true], ['drawing.svg', 'image/svg+xml', false],
    ['letter.pdf', 'application/pdf', false], ['notes', '', false], ['film.mp4', 'video/mp4', false],
])('%s (%s) may be a photo: %s', (name, type, expected) => {
    expect(imagesOf([new File(['x'], name, { type })]).length).toBe(expected ? 1 : 0);
});
