import { expect, test } from 'vitest';
import { thumbHashToAverageRGBA } from 'thumbhash';
import { averageColour } from '../src/photos/placeholder';

const base64 = (bytes: number[]) => btoa(String.fromCharCode(...bytes));
const byLibrary = (bytes: number[]) => {
    const { r, g, b } = thumbHashToAverageRGBA(bytes);
    return `rgb(${[r, g, b].map((part) => Math.round(part * 255)).join(' ')})`;
};

const CASES: [string, number[]][] = [
    ['a photo', [0xdc, 0x37, 0x0e, 0x17, 0x02, 0x78, 0x98, 0x87]],
    ['black', [0x00, 0x08, 0x02, 0x07, 0x00]],
    ['white', [0x3f, 0x08, 0x02, 0x07, 0x00]],
    ['more red than there is', [0x3f, 0xff, 0xff, 0x07, 0x00]],
    ['less than nothing', [0x00, 0x00, 0x00, 0x07, 0x00]],
    ['transparent', [0x9a, 0x31, 0x8a, 0x07, 0x00, 0x55]],
];
test.each(CASES)('the average colour of %s is the library\'s', (_, bytes) => expect(averageColour(base64(bytes))).toBe(byLibrary(bytes)));

test('where there is no thumbhash there is no colour', () => {
    expect(averageColour(null)).toBe('');
    expect(averageColour('not base64!')).toBe('');
});
