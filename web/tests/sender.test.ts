import { expect, test, vi } from 'vitest';
import { newJob, type Job } from '../src/uploads/job';
import { makeSender } from '../src/uploads/sender';

/* A store whose lists are answered when the test says so. */
const asked = vi.hoisted(() => [] as ((jobs: Job[]) => void)[]);
vi.mock('../src/uploads/store', () => ({
    listJobs: () => new Promise<Job[]>((answer) => { asked.push(answer); }),
    fileOf: () => Promise.resolve(undefined),
    saveJob: () => Promise.resolve(),
    dropFile: () => Promise.resolve(),
}));

test('a job that comes while all lanes are looking is not overlooked', async () => {
    const told: Job[] = [];
    const sender = makeSender((news) => { if (news.kind === 'job') told.push(news.job); });
    void sender.run();
    const late = newJob('ada', { name: 'late.jpg', size: 1 });
    void sender.run();
    for (const answer of asked.splice(0)) answer([]); // what was asked before it was there
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0));
    asked.splice(0)[0]!([late]);
    await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ id: late.id, state: 'failed' }));
});
