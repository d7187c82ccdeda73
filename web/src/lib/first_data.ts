// Answers that the server has written into the page, so that the first screen needs no second request:
// <script type="application/json" id="first-data">{"/photos?limit=60": {…}}</script>, by the path that would be asked.
let answers: Record<string, unknown> | undefined;

/* All of them, as they came. */
export function givenAnswers(): Record<string, unknown> {
    if (typeof document === 'undefined') return {}; // in the service worker
    const element = document.getElementById('first-data');
    try {
        return JSON.parse(element?.textContent || '{}') as Record<string, unknown>;
    } catch {
        return {};
    }
}

/* The answer for that path; only once, for it grows old. */
export function firstData(path: string): unknown {
    answers ??= givenAnswers();
    const answer = answers[path];
    delete answers[path];
    return answer;
}
