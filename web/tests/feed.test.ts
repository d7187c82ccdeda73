import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Photo } from '../src/lib/api';
import { feedOf, withFirstPage, withNews } from '../src/photos/feed';

const photos = (ids: string) => [...ids].map((photo_id) => ({ photo_id }) as Photo);
const ids = (list: Photo[]) => list.map((one) => one.photo_id).join('');

test.each([
    ['what is new comes first', 'cba', 'edc', 'edcba'],
    ['what was deleted is gone', 'edcba', 'eca', 'eca'],
    ['what lies behind the page stays', 'edcba', 'edc', 'edcba'],
    ['a page that does not reach what is there takes its place', 'cba', 'zyx', 'zyx'],
    ['an empty list is filled', '', 'ba', 'ba'],
    ['what is new may come at the page’s end', 'gfedcba', 'gfx', 'gfxedcba'],
    ['and at its beginning, too', 'gfedcba', 'xgy', 'xgyfedcba'],
])('%s', (_, before, page, after) => {
    expect(ids(withFirstPage(photos(before), { photos: photos(page), next_cursor: 'more' }))).toBe(after);
});

test('the only page is all there is', () => {
    expect(ids(withFirstPage(photos('edcba'), { photos: photos('e'), next_cursor: null }))).toBe('e');
    expect(ids(withFirstPage(photos('edcba'), { photos: [], next_cursor: null }))).toBe('');
});

/* Each photo is "ID date". */
const dated = (...all: string[]) => all.map((one) => ({ photo_id: one.split(' ')[0]!, date: one.split(' ')[1]! }) as Photo);
const list = dated('d 2024-05-12T18:00:00+02:00', 'c 2024-05-12T15:00:00', 'b 2024-01-01T00:00:00Z', 'a 1969-07-20T20:17:40');

test.each([
    ['the newest', 'x 2024-06-01T00:00:00Z', true, 'xdcba'],
    ['between two', 'x 2024-03-01T00:00:00+02:00', true, 'dcxba'],
    ['an offset counts', 'x 2024-05-12T16:00:01+00:00', true, 'xdcba'],
    ['no offset is as if it were UTC', 'x 2024-05-12T15:59:59', true, 'dxcba'],
    ['fractions count', 'x 2024-05-12T15:00:00.001', true, 'dxcba'],
    ['of one moment the greater id is first', 'x 2024-05-12T15:00:00+00:00', true, 'dxcba'],
    ['and the lesser one last', 'A 2024-05-12T15:00:00', true, 'dcAba'],
    ['the oldest, of a list that is whole', 'x 1969-07-20T20:17:39', true, 'dcbax'],
    ['the oldest, of a list of which more will come', 'x 1969-07-20T20:17:39', false, 'dcba'],
    ['one that is there already', 'c 2024-05-12T15:00:00', true, 'dcba'],
])('news come to their place: %s', (_, one, isWhole, after) => {
    expect(ids(withNews(list, dated(one), isWhole))).toBe(after);
});

test('several news come at once, in whatever order', () => {
    expect(ids(withNews(list, dated('y 1900-01-01T00:00:00', 'x 2024-03-01T00:00:00Z', 'z 2030-01-01T00:00:00Z', 'w 1800-01-01T00:00:00'), true))).toBe('zdcxbayw');
});

describe('a profile that is looked at again has all its photos', () => {
    afterEach(() => vi.unstubAllGlobals());

    /* Photos are made in the order of publishing; one that is `old` was taken before all that were made earlier. */
    let made: { photo_id: string; timestamp: string; captured_at: string }[] = [];
    const moment = (minute: number) => new Date(Date.UTC(2024, 0, 1, 0, minute)).toISOString();
    const publish = (count: number, isOld: boolean) => {
        for (let left = count; left > 0; left--) {
            const minute = made.length;
            made.push({ photo_id: String(1000 + minute), timestamp: moment(minute), captured_at: moment(isOld ? -1 - minute : minute) });
        }
    };
    const inOrder = (key: 'timestamp' | 'captured_at') => made.toSorted((one, other) => (one[key] < other[key] ? 1 : -1));

    /* What the server answers; a cursor is the number of photos ahead of a page. */
    const answer = (path: string) => {
        const words = new URL(path, 'http://server').searchParams;
        const from = Number(words.get('cursor') ?? 0), to = from + Number(words.get('limit'));
        const list = inOrder(words.get('order') === 'published' ? 'timestamp' : 'captured_at');
        return Response.json({ photos: list.slice(from, to), next_cursor: to < list.length ? String(to) : null });
    };

    test.each([
        // what, photos at first, then published [count, are old]
        ['a few were published', 100, [[5, false]]],
        ['a few old ones', 100, [[5, true]]],
        ['a page of old ones', 100, [[60, true]]],
        ['more than a page of old ones', 100, [[61, true]]],
        ['more than two pages of old ones', 700, [[130, true]]],
        ['more than a page of either', 100, [[80, true], [80, false]]],
        ['old ones, where there was one page', 60, [[1, true]]],
        ['old ones and new ones, where there was hardly a page', 55, [[20, true], [10, false]]],
        ['old ones that make a second page', 50, [[40, true]]],
    ] as [string, number, [number, boolean][]][])('%s', async (what, count, news) => {
        vi.stubGlobal('fetch', async (path: string) => answer(path));
        made = [];
        publish(count, false);
        const feed = feedOf(`/users/${what.replaceAll(' ', '_')}?view=photos`);
        const toItsEnd = async () => { while (feed.state.value !== 'end') await feed.more(); };
        await toItsEnd();
        for (const [more, isOld] of news) publish(more, isOld);
        await feed.refresh();
        await toItsEnd();
        expect(feed.photos.value.map((one) => one.photo_id)).toEqual(inOrder('captured_at').map((one) => one.photo_id));
    });
});
