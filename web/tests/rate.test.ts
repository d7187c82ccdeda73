import { expect, test } from 'vitest';
import { newRate, noteSent, secondsLeft } from '../src/uploads/rate';
import { nextSize } from '../src/uploads/tus';

const noted = (points: [number, number][]) => points.reduce((rate, [time, sent]) => noteSent(rate, sent, time), newRate());

test.each([
    ['steady', [[0, 0], [1000, 100], [2000, 200]], 800, 8],
    ['not yet known', [[0, 0], [500, 100]], 800, null],
    ['standing still', [[0, 100], [3000, 100]], 800, null],
    ['a slow start is forgotten', [[0, 0], [9000, 1], [10_000, 1001], [11_000, 2001]], 1000, 1],
    ['an upload that was taken away begins anew', [[0, 900], [1000, 1000], [2000, 100]], 800, null],
] as [string, [number, number][], number, number | null][])('seconds left: %s', (_, points, left, expected) => {
    const seconds = secondsLeft(noted(points), left);
    if (expected === null) expect(seconds).toBeNull();
    else expect(seconds).toBeCloseTo(expected, 1);
});

test.each([
    ['doubles at most on a fast network', 1 << 20, 10, 2 << 20],
    ['stays where a piece takes its time', 1 << 20, 600, 1 << 20],
    ['shrinks on a slow one', 1 << 20, 1200, 1 << 19],
    ['never below the smallest', 128 << 10, 60_000, 128 << 10],
    ['never above the largest', 8 << 20, 1, 8 << 20],
])('the size of a piece %s', (_, size, took, expected) => expect(nextSize(size, took)).toBe(expected));
