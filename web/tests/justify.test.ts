import { describe, expect, test } from 'vitest';
import { justify, neighbour, rowAt, rowOf, visible } from '../src/photos/justify';

const GAP = 6;
const shapes = (count: number) => Array.from({ length: count }, (_, i) => [1.5, 0.67, 1.78, 1, 1.33, 0.75][(i * 7) % 6]!);
const rowsOf = (layout: ReturnType<typeof justify>) => Array.from({ length: layout.rows }, (_, row) => {
    const [from, to] = [layout.rowStart[row]!, layout.rowStart[row + 1]!];
    return { from, to, end: layout.x[to - 1]! + layout.width[to - 1]!, height: layout.rowHeight[row]! };
});

describe('rows', () => {
    test.each([[375, 128, 40], [820, 188, 40], [1360, 224, 500], [2560, 224, 10_000]])('%i pixels wide: each but the last is as wide as the page', (width, target, count) => {
        const layout = justify(shapes(count), width, target, GAP);
        for (const row of rowsOf(layout).slice(0, -1)) expect(row.end).toBeCloseTo(width, 0);
        for (const row of rowsOf(layout)) expect(row.height).toBeGreaterThan(target * 0.5);
        for (const row of rowsOf(layout)) expect(row.height).toBeLessThan(target * 2);
    });
    test('hold every photo once, in order', () => {
        const rows = rowsOf(justify(shapes(500), 1000, 200, GAP));
        expect(rows[0]!.from).toBe(0);
        expect(rows.at(-1)!.to).toBe(500);
        rows.slice(1).forEach((row, i) => expect(row.from).toBe(rows[i]!.to));
    });
    test('keep the shape of a photo', () => {
        const layout = justify(shapes(30), 1000, 200, GAP);
        shapes(30).forEach((shape, i) => expect(layout.width[i]! / layout.rowHeight[rowOf(layout, i)]!).toBeCloseTo(shape, 2));
    });
    test('crop what would be a thread', () => {
        const layout = justify([20, 0.01, 1.5], 1000, 200, GAP);
        expect(layout.width[0]! / layout.rowHeight[rowOf(layout, 0)]!).toBeCloseTo(3.5, 2);
    });
    test('a last row that is short is not blown up', () => {
        const layout = justify([1.5], 1000, 200, GAP);
        expect(layout.rowHeight[0]).toBe(200);
        expect(layout.height).toBe(200);
    });
    test('nothing at all has no height', () => {
        const layout = justify([], 1000, 200, GAP);
        expect([layout.rows, layout.height]).toEqual([0, 0]);
        expect(visible(layout, 0, 1000)).toEqual({ from: 0, to: 0 });
    });
    test('a photo of unknown size is a square', () => {
        const layout = justify([NaN, NaN], 1000, 200, GAP);
        expect(layout.width[0]).toBe(layout.rowHeight[0]);
    });
});

describe('what is near the window', () => {
    const layout = justify(shapes(10_000), 1360, 224, GAP);
    test.each([[0, 800], [5000, 5800], [layout.height - 800, layout.height]])('from %d to %d: all photos there, and few others', (top, bottom) => {
        const { from, to } = visible(layout, top, bottom);
        const isThere = (row: number) => layout.rowTop[row]! < bottom && layout.rowTop[row]! + layout.rowHeight[row]! > top;
        const missed = shapes(10_000).map((_, i) => i).filter((i) => isThere(rowOf(layout, i)) && (i < from || i >= to));
        expect(missed).toEqual([]);
        expect(to - from).toBeLessThan(60);
    });
    test('above all is the first row, below all the last', () => {
        expect(rowAt(layout, -1000)).toBe(0);
        expect(rowAt(layout, layout.height + 1000)).toBe(layout.rows - 1);
    });
});

describe('arrow keys', () => {
    const layout = justify(shapes(40), 1000, 200, GAP);
    const last = layout.x.length - 1;
    test.each([
        ['left of the first is the first', 0, 'left', 0], ['right of the last is the last', last, 'right', last],
        ['right', 3, 'right', 4], ['left', 3, 'left', 2], ['up from the first row stays', 1, 'up', 1],
        ['down from the last row stays', last, 'down', last],
    ] as const)('%s', (_, index, direction, expected) => expect(neighbour(layout, index, direction)).toBe(expected));
    test('down comes to the photo that is there', () => {
        const below = neighbour(layout, 1, 'down');
        expect(rowOf(layout, below)).toBe(rowOf(layout, 1) + 1);
        const middle = layout.x[1]! + layout.width[1]! / 2;
        expect(layout.x[below]!).toBeLessThanOrEqual(middle);
        expect(layout.x[below]! + layout.width[below]! + GAP).toBeGreaterThan(middle);
    });
});
