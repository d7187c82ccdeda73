import { describe, expect, test } from 'vitest';
import { isForSender, isToSend, newJob, step, withWords, type Job, type JobEvent, type JobState, type JobWords } from '../src/uploads/job';
import { progressOf } from '../src/uploads/progress';

const job = (change: Partial<Job> = {}): Job => ({ ...newJob('ada', { name: 'a.jpg', size: 1000 }), ...change });
const run = (events: JobEvent[], start = job()) => events.reduce(step, start);

const begun: JobEvent = { kind: 'begun' };
const accepted: JobEvent = { kind: 'accepted', photoId: 'f00d' };

describe('a job becomes', () => {
    const cases: [string, JobEvent[], JobState, Partial<Job>?][] = [
        ['sending, once it is begun', [begun], 'sending'],
        ['sending, with what was sent', [begun, { kind: 'progress', sent: 400 }], 'sending', { sent: 400 }],
        ['never more than whole', [begun, { kind: 'progress', sent: 4000 }], 'sending', { sent: 1000 }],
        ['waiting when the network is cut', [begun, { kind: 'cut', reason: null }], 'waiting'],
        ['waiting with the reason when the server is full', [begun, { kind: 'cut', reason: { detail: 'Full.' } }], 'waiting', { reason: { detail: 'Full.' } }],
        ['sending without it when it goes on', [begun, { kind: 'cut', reason: { detail: 'Full.' } }, begun], 'sending', { reason: null }],
        ['sending when the network is back', [begun, { kind: 'cut', reason: null }, begun], 'sending'],
        ['waiting without losing its place', [begun, { kind: 'created', url: '/uploads/1' }, { kind: 'cut', reason: null }], 'waiting', { uploadUrl: '/uploads/1' }],
        ['checking when the server has it', [begun, accepted], 'checking', { photoId: 'f00d', sent: 1000, uploadUrl: null }],
        ['checking while it is looked at', [begun, accepted, { kind: 'stage', stage: 'DetectAndStore' }], 'checking'],
        ['in review while a person has to decide', [begun, accepted, { kind: 'stage', stage: 'Review' }], 'review'],
        ['processing while it is made smaller', [begun, accepted, { kind: 'stage', stage: 'Resize' }], 'processing'],
        ['published', [begun, accepted, { kind: 'stage', stage: 'Publish' }, { kind: 'ended', status: 'SUCCESS', reason: null }], 'published', { reason: null }],
        ['refused, with the reason', [begun, accepted, { kind: 'ended', status: 'ERROR', reason: { detail: 'No.' } }], 'refused', { reason: { detail: 'No.' } }],
        ['refused before it is a photo', [begun, { kind: 'refused', reason: { detail: 'Too large.' } }], 'refused', { reason: { detail: 'Too large.' } }],
        ['published at once when the author has it already', [begun, { kind: 'present', photoId: 'f00d' }], 'published', { isPresent: true, photoId: 'f00d' }],
        ['queued again by a retry', [begun, { kind: 'failed', reason: { detail: 'x' } }, { kind: 'retried' }], 'queued', { reason: null }],
        ['checking again by a retry when the server has it', [begun, accepted, { kind: 'failed', reason: { detail: 'x' } }, { kind: 'retried' }], 'checking'],
    ];
    test.each(cases)('%s', (_, events, state, rest = {}) => expect(run(events)).toMatchObject({ state, ...rest }));
});

describe('what comes late changes nothing', () => {
    const cases: [string, JobState, JobEvent][] = [
        ['a stage after the end', 'published', { kind: 'stage', stage: 'Resize' }],
        ['an end after the end', 'published', { kind: 'ended', status: 'ERROR', reason: { detail: 'No.' } }],
        ['progress after a refusal', 'refused', { kind: 'progress', sent: 5 }],
        ['a cut after it was accepted', 'checking', { kind: 'cut', reason: null }],
        ['a retry of what was refused', 'refused', { kind: 'retried' }],
        ['a retry of what is under way', 'sending', { kind: 'retried' }],
        ['an end of what is not at the server', 'queued', { kind: 'ended', status: 'SUCCESS', reason: null }],
    ];
    test.each(cases)('%s', (_, state, event) => {
        const before = job({ state });
        expect(step(before, event)).toBe(before);
    });
});

test('what was shared without a name waits for one, and keeps it', () => {
    const shared = newJob('', { name: 'a.jpg', size: 1 });
    expect(isToSend(shared)).toBe(false);
    const adopted = step(shared, { kind: 'adopted', author: 'ada' });
    expect(isToSend(adopted)).toBe(true);
    expect(step(adopted, { kind: 'adopted', author: 'bob' }).author).toBe('ada');
});

const words: JobWords = { caption: 'Dunes', at: 1000, isToTell: true, reason: null };

describe('what is said of a photo', () => {
    const cases: [string, JobState, boolean, boolean][] = [
        ['waits while it is queued, which is to send anyhow', 'queued', true, true],
        ['is told while it is checked', 'checking', true, true],
        ['is told when it is published', 'published', true, true],
        ['is not told twice', 'published', false, false],
        ['is told nobody when it is refused', 'refused', true, false],
        ['is told nobody when it has failed', 'failed', true, false],
    ];
    test.each(cases)('%s', (_, state, isToTell, wanted) =>
        expect(Boolean(isForSender(job({ state, words: { ...words, isToTell } })))).toBe(wanted));

    test('last counts, in whatever order it is heard', () => {
        const later = { ...words, caption: 'Dunes at noon', at: 2000 };
        const told = { ...words, isToTell: false };
        expect(withWords(withWords(job(), words), later).words).toBe(later);
        expect(withWords(withWords(job(), later), told).words).toBe(later);
        expect(withWords(withWords(job(), words), told).words).toBe(told);
    });
});

test('jobs of the same moment stay in order', () => {
    const times = Array.from({ length: 5 }, () => newJob('ada', { name: 'a', size: 1 }, 1000).added);
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
});

test('all together are as far as their bytes', () => {
    const jobs = [job({ state: 'sending', sent: 500 }), job({ state: 'queued', size: 3000 }), job({ state: 'published', size: 9000, sent: 9000 })];
    expect(progressOf(jobs)).toBe(500 / 4000);
    expect(progressOf([])).toBe(1);
});
