import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Photo } from '../src/lib/api';
import { sourcesOf } from '../src/photos/sources';

const photo = (width: number, height: number, medium_width: number | null) => ({ photo_id: 'id', width, height, medium_width }) as Photo;
const landscape = photo(1440, 960, 800);

describe('the images that are offered', () => {
    afterEach(() => vi.unstubAllGlobals());
    test.each([
        ['a small tile of a plain screen', landscape, 300, 1, ['thumb 350', 'medium 800', 'comp 1440']],
        ['one that is hardly larger than the thumbnail', landscape, 400, 1, ['thumb 350', 'medium 800', 'comp 1440']],
        ['a larger tile', landscape, 420, 1, ['medium 800', 'comp 1440']],
        ['a small tile of a phone', landscape, 192, 3, ['medium 800', 'comp 1440']],
        ['a photo as wide as a phone', landscape, 390, 3, ['comp 1440']],
        ['more than there is', landscape, 2000, 2, ['comp 1440']],
        ['an upright photo', photo(960, 1440, 533), 300, 1, ['medium 533', 'comp 960']],
        ['a panorama', photo(4096, 1000, 1440), 390, 3, ['medium 1440', 'comp 4096']],
        ['a photo without a medium image', photo(1440, 960, null), 390, 3, ['thumb 350']],
        ['a small photo', photo(900, 600, null), 390, 3, ['comp 900']],
        ['a tiny photo', photo(200, 100, null), 390, 3, ['comp 200']],
    ])('for %s', (_, one, drawn, density, wanted) => {
        vi.stubGlobal('devicePixelRatio', density);
        const { sizes, srcset, src } = sourcesOf(one, drawn);
        const offered = srcset.split(',').map((each) => each.replace(/^.*-(\w+)\.webp (\d+)w$/, '$1 $2'));
        expect(offered).toEqual(wanted);
        expect(srcset.startsWith(src)).toBe(true);
        expect(sizes).toBe(`${Math.floor(drawn * 0.85)}px`);
    });
});
