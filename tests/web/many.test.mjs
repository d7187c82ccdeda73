// A profile of 10,000 photos: all of them are there, only those near the window are in the page.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { newFolder, program, startServer } from '../http/server.mjs';
import { photograph } from './album.mjs';
import { closeBrowser, withPage } from './browser.mjs';

const COUNT = 10_000;
const MONTH = /^(January|February|March|April|May|June|July|August|September|October|November|December) 20\d\d$/;

let server;
let name;
before(async () => {
    const folder = newFolder();
    const build = dirname(program);
    execFileSync('ninja', ['--quiet', '-C', build, 'bench/make_library']);
    execFileSync(join(build, 'bench', 'make_library'), [join(folder, 'made.db'), '--users', '1', '--photos', String(COUNT)]);
    copyFileSync(join(folder, 'made.db'), join(folder, 'photos.db'));
    server = await startServer({ data: folder });
    name = (await server.get('/photos?limit=1')).json.photos[0].author_username;
});
after(async () => { await closeBrowser(); await server.stop(); });

/* The library has no images: all are this one. */
async function openProfile(page) {
    const image = photograph(1).bytes;
    await page.route('**/buckets/**', (route) => route.fulfill({ contentType: 'image/jpeg', body: image }));
    await page.goto(`/@${name}`);
    await page.getByText('10,000 photos').waitFor();
    await page.waitForFunction((count) => document.querySelector('.grid li')?.getAttribute('aria-setsize') === String(count), COUNT);
}

test('all photos are there, and few of them in the page, wherever one looks', () => withPage(server, async (page) => {
    await openProfile(page);
    const places = () => page.locator('.grid li').evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('aria-posinset'))));
    for (const part of [0, 0.5, 1]) {
        await page.evaluate((to) => scrollTo(0, document.documentElement.scrollHeight * to), part);
        await page.waitForFunction((to) => {
            const cells = [...document.querySelectorAll('.grid li')].map((cell) => Number(cell.getAttribute('aria-posinset')));
            return Math.min(...cells) <= to && to <= Math.max(...cells);
        }, Math.max(1, COUNT * part));
        const seen = await places();
        assert.ok(seen.length < 150, `${seen.length} cells`);
        assert.equal(new Set(seen).size, seen.length);
    }
}));

test('the rail says where in time one is, and leads elsewhere', () => withPage(server, async (page) => {
    await openProfile(page);
    const rail = page.getByRole('slider', { name: 'Jump to a date' });
    const first = await rail.getAttribute('aria-valuetext');
    assert.match(first, MONTH);
    await rail.focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => document.querySelector('.scrubber').getAttribute('aria-valuenow') === '100');
    assert.match(await rail.getAttribute('aria-valuetext'), MONTH);
    assert.notEqual(await rail.getAttribute('aria-valuetext'), first);
    const box = await rail.boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + 1);
    await page.waitForFunction(() => document.querySelector('.scrubber').getAttribute('aria-valuenow') === '0');
}));

test('the photo that one comes back to is where it was', () => withPage(server, async (page) => {
    await openProfile(page);
    await page.evaluate(() => scrollTo(0, 50_000));
    const cell = page.locator('.grid a').nth(30);
    await cell.waitFor();
    const before = await page.evaluate(() => scrollY);
    await page.evaluate(() => document.querySelector('.brand').click()); // the mouse would have the browser scroll a little first
    await page.getByRole('heading', { name: 'Recent photos' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name }).waitFor();
    await page.waitForFunction((top) => Math.abs(scrollY - top) < 5, before);
}));
