import { expect, test } from 'vitest';
import type { Photo } from '../src/lib/api';
import { withFirstPage } from '../src/photos/feed';

const photos = (ids: string) => [...ids].map((photo_id) => ({ photo_id }) as Photo);
const ids = (list: Photo[]) => list.map((one) => one.photo_id).join('');

test.each([
    ['what is new comes first', 'cba', 'edc', 'edcba'],
    ['what was deleted is gone', 'edcba', 'eca', 'eca'],
    ['what lies behind the page stays', 'edcba', 'edc', 'edcba'],
    ['a page that does not reach what is there takes its place', 'cba', 'zyx', 'zyx'],
    ['an empty list is filled', '', 'ba', 'ba'],
])('%s', (_, before, page, after) => {
    expect(ids(withFirstPage(photos(before), { photos: photos(page), next_cursor: 'more' }))).toBe(after);
});

test('the only page is all there is', () => {
    expect(ids(withFirstPage(photos('edcba'), { photos: photos('e'), next_cursor: null }))).toBe('e');
    expect(ids(withFirstPage(photos('edcba'), { photos: [], next_cursor: null }))).toBe('');
});
