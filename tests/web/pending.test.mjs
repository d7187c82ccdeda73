// A photo on its way, at its own address: the page says how far it is, and shows the photo when it is there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { descendants } from '../fault/processes.mjs';
import { photograph } from './album.mjs';
import { closeBrowser, startWith, withPage } from './browser.mjs';

let server;
before(async () => { ({ server } = await startWith([], { flags: ['--darkrooms', '1'] })); });
after(async () => { await closeBrowser(); await server.stop(); });

for (const [what, isRefused] of [['as soon as it is published', false], ['also when no stream is to spare at first', true]]) {
    test(`it is shown ${what}`, () => withPage(server, async (page) => {
        if (isRefused) await page.route('**/events?**', (route) => route.fulfill({ status: 429, body: '' }), { times: 1 });
        const stopped = descendants(server.pid);
        assert.ok(stopped.length > 0, 'there is a darkroom');
        for (const pid of stopped) process.kill(pid, 'SIGSTOP');
        try {
            const { photo_id: id } = (await server.upload('ida', photograph(isRefused ? 81 : 80).bytes)).json;
            await page.goto(`/photo/${id}`);
            await page.getByRole('heading', { name: 'This photo isn’t published yet' }).waitFor();
            await page.getByText(/^(Checking|Processing)$/).waitFor();
            for (const pid of stopped) process.kill(pid, 'SIGCONT');
            await page.locator('.photo-page .stage img').waitFor();
        } finally {
            for (const pid of stopped) process.kill(pid, 'SIGCONT');
        }
    }, { expected: [/\/events\?/] }));
}
