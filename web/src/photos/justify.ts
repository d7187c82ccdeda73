// Justified rows: photos keep their shape, each row is as wide as the page. Flat arrays, for a profile may have 10,000.

export interface Layout {
    x: Float32Array;        // of each photo: its left edge
    width: Float32Array;
    rowStart: Int32Array;   // of each row: its first photo; one more entry than rows, the number of photos
    rowTop: Float32Array;   // one more entry than rows: where the next row would begin
    rowHeight: Float32Array;
    rows: number;
    height: number;
}

/* A panorama would make its row a thread, a receipt would fill the page: such are cropped to these shapes. */
const RATIO_MIN = 0.4;
const RATIO_MAX = 3.5;

/* `ratio` is width by height; `target` the height that rows should have, more or less. */
export function justify(ratio: ArrayLike<number>, width: number, target: number, gap: number): Layout {
    const count = ratio.length;
    const layout: Layout = {
        x: new Float32Array(count), width: new Float32Array(count), rowStart: new Int32Array(count + 1),
        rowTop: new Float32Array(count + 1), rowHeight: new Float32Array(count + 1), rows: 0, height: 0,
    };
    const shape = (index: number) => Math.min(RATIO_MAX, Math.max(RATIO_MIN, ratio[index] || 1));
    let start = 0;
    let sum = 0;
    let top = 0;
    const close = (end: number, tallest: number) => {
        const height = Math.min(tallest, (width - gap * (end - start - 1)) / sum);
        let x = 0;
        for (let index = start; index < end; index++) {
            layout.x[index] = x;
            layout.width[index] = shape(index) * height;
            x += layout.width[index]! + gap;
        }
        layout.rowStart[layout.rows] = start;
        layout.rowTop[layout.rows] = top;
        layout.rowHeight[layout.rows++] = height;
        top += height + gap;
        start = end;
        sum = 0;
    };
    for (let index = 0; index < count; index++) {
        const before = (width - gap * (index - start - 1)) / sum;
        const after = (width - gap * (index - start)) / (sum + shape(index));
        if (index > start && after < target && before - target < target - after) close(index, Infinity);
        sum += shape(index);
    }
    if (start < count) close(count, target);
    layout.rowStart[layout.rows] = count;
    layout.rowTop[layout.rows] = top;
    layout.height = Math.max(0, top - gap);
    return layout;
}

/* The row at that height; the first above all, the last below all. */
export function rowAt(layout: Layout, y: number): number {
    let low = 0;
    let high = layout.rows - 1;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (layout.rowTop[middle + 1]! <= y) low = middle + 1;
        else high = middle;
    }
    return Math.max(0, low);
}

export function rowOf(layout: Layout, index: number): number {
    let low = 0;
    let high = layout.rows - 1;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (layout.rowStart[middle + 1]! <= index) low = middle + 1;
        else high = middle;
    }
    return Math.max(0, low);
}

/* The photos of all rows that touch [top, bottom]: from `from` up to, not including, `to`. */
export function visible(layout: Layout, top: number, bottom: number): { from: number; to: number } {
    if (layout.rows === 0) return { from: 0, to: 0 };
    return { from: layout.rowStart[rowAt(layout, top)]!, to: layout.rowStart[rowAt(layout, bottom) + 1]! };
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/* The photo that is next to this one in that direction; this one itself at the edge. */
export function neighbour(layout: Layout, index: number, direction: Direction): number {
    const count = layout.x.length;
    if (direction === 'left') return Math.max(0, index - 1);
    if (direction === 'right') return Math.min(count - 1, index + 1);
    const row = rowOf(layout, index) + (direction === 'up' ? -1 : 1);
    if (row < 0 || row >= layout.rows) return index;
    const middle = layout.x[index]! + layout.width[index]! / 2;
    let best = layout.rowStart[row]!;
    for (let other = best; other < layout.rowStart[row + 1]!; other++)
        if (layout.x[other]! <= middle) best = other;
    return best;
}
