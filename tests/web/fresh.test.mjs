// Lists stay true while they are looked at: what is published or deleted elsewhere shows up by itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { closeBrowser, startWith, withPage } from './browser.mjs';

let server;
before(async () => { ({ server } = await startWith()); });
after(async () => { await closeBrowser(); await server.stop(); });

const shown = (page) => page.locator('.grid a').evaluateAll((links) => links.map((link) => link.getAttribute('href').split('/').at(-1)));
const showsOnly = (page, ids) => page.waitForFunction((wanted) => JSON.stringify(
    [...document.querySelectorAll('.grid a')].map((link) => link.getAttribute('href').split('/').at(-1))) === JSON.stringify(wanted), ids);

for (const path of ['/', '/@eve']) test(`${path} shows what another device has published and deleted`, () => withPage(server, async (page) => {
    await page.clock.install();
    await page.goto(path);
    await page.locator('.empty').waitFor();
    const first = await server.publish('eve', photograph(60).bytes);
    const second = await server.publish('eve', photograph(61).bytes);
    assert.deepEqual(await shown(page), []);
    await page.clock.fastForward(31_000);
    await showsOnly(page, [second, first]);
    assert.equal((await server.ask('DELETE', `/photos/${second}`, { headers: { Authorization: 'eve' } })).code, 204);
    await page.clock.fastForward(31_000);
    await showsOnly(page, [first]);
    await server.ask('DELETE', `/photos/${first}`, { headers: { Authorization: 'eve' } });
    await page.clock.fastForward(31_000);
    await page.locator('.empty').waitFor();
}));
