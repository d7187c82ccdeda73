import { expect, test } from 'vitest';
import { sortFiles } from '../src/uploads/files';

test.each([
    ['photo.jpg', 'image/jpeg', true], ['photo.heic', '', true], ['PHOTO.AVIF', '', true], ['drawing.svg', 'image/svg+xml', false],
    ['letter.pdf', 'application/pdf', false], ['notes', '', false], ['film.mp4', 'video/mp4', false],
])('%s (%s) may be a photo: %s', (name, type, expected) => {
    const { images, others } = sortFiles([new File(['x'], name, { type })]);
    expect([images.length, others.length]).toEqual(expected ? [1, 0] : [0, 1]);
});
