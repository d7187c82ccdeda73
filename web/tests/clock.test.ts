import { afterAll, expect, test } from 'vitest';
import { clockOf } from '../src/lib/clock';

const before = process.env['TZ'];
afterAll(() => { if (before === undefined) delete process.env['TZ']; else process.env['TZ'] = before; });

test.each([
    ['a time of the server is on the reader’s clock', 'America/New_York', '2024-05-12T23:30:00Z', '2024-05-12T19:30:00'],
    ['and may be on another day', 'Asia/Tokyo', '2024-05-12T23:30:00Z', '2024-05-13T08:30:00'],
    ['a capture is on the clock where it was', 'America/New_York', '2024-05-12T18:03:00+02:00', '2024-05-12T18:03:00'],
    ['in UTC, too', 'Asia/Tokyo', '2024-05-12T18:03:00+00:00', '2024-05-12T18:03:00'],
    ['whether or not its zone is known', 'Asia/Tokyo', '2024-05-12T18:03:00', '2024-05-12T18:03:00'],
    ['to the second', 'Asia/Tokyo', '2024-05-12T18:03:00.250-03:30', '2024-05-12T18:03:00'],
    ['also in an hour that the reader’s clocks leave out', 'Europe/Rome', '2024-03-31T02:30:00', '2024-03-31T02:30:00'],
    ['and long ago', 'Europe/Rome', '1826-07-01T12:00:00', '1826-07-01T12:00:00'],
])('%s', (_, zone, time, shown) => {
    process.env['TZ'] = zone;
    expect(new Date(clockOf(time)).toISOString().slice(0, 19)).toBe(shown);
});
