// What the viewer forgets when the list beneath it changes: PhotoSwipe keeps slides by their index.
import { signal } from '@preact/signals';
import type PhotoSwipe from 'photoswipe';
import { expect, test } from 'vitest';
import type { Photo } from '../src/lib/api';
import { followList } from '../src/viewer/list';

const photos = (count: number) => Array.from({ length: count }, (_, n) => ({ photo_id: String(n) }) as Photo);

test.each([
    ['the list has become shorter', 40, 39, 5],
    ['it has become longer', 5, 4, 40],
    ['it is as long, and others are there', 40, 20, 40],
])('no slide stays at an index that it no longer has: %s', (_, before, shown, after) => {
    const list = signal(photos(before));
    const kept = new Set([-2, -1, 0, 1, 2].map((beside) => shown + beside));
    const content = {};
    const viewer = {
        currIndex: shown, potentialIndex: shown, currSlide: { data: { id: String(shown) }, index: shown, content }, isDestroying: false,
        contentLoader: { removeByIndex: (index: number) => kept.delete(index) }, mainScroll: { itemHolders: [] }, on: () => {},
    };
    followList(viewer as unknown as PhotoSwipe, list);
    list.value = photos(after).map((one) => ({ ...one, photo_id: `new ${one.photo_id}` }));
    expect([...kept]).toEqual([]);
    expect(viewer.currIndex).toBe(Math.min(shown, after - 1));
});
