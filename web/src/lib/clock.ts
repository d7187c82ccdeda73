/* What a clock shows, as if it were UTC: of a time that ends in Z the reader's clock, of any other the one where a photo was taken. */
export function clockOf(time: string): number {
    if (!time.endsWith('Z')) return Date.parse(`${time.slice(0, 19)}Z`);
    const date = new Date(time);
    return +date - date.getTimezoneOffset() * 60_000;
}
