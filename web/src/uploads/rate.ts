// How long the rest will take: bytes a second over the last seconds, so that a slow start is soon forgotten.
const WINDOW_MS = 8000;
const ENOUGH_MS = 1000; // a shorter look says nothing

export interface Rate { points: { time: number; sent: number }[] }

export const newRate = (): Rate => ({ points: [] });

export function noteSent(rate: Rate, sent: number, time: number): Rate {
    const last = rate.points.at(-1);
    if (last && sent < last.sent) return { points: [{ time, sent }] }; // something was taken from the list
    return { points: [...rate.points.filter((point) => time - point.time < WINDOW_MS), { time, sent }] };
}

/* Seconds until `left` bytes are sent; null while that can't be told. */
export function secondsLeft(rate: Rate, left: number): number | null {
    const first = rate.points[0];
    const last = rate.points.at(-1);
    if (!first || !last || last.time - first.time < ENOUGH_MS || last.sent === first.sent) return null;
    return left / ((last.sent - first.sent) / ((last.time - first.time) / 1000));
}
