// When photos were taken and when they were published: in the order of a profile, its names, its rail and the details; and what is kept of
// a photo. On a desktop and on a phone, by a clock that is not that of the photos.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { png, taken } from '../http/pictures.mjs';
import { photograph } from './album.mjs';
import { choose, closeBrowser, jobState, PHONE, startWith, withPage } from './browser.mjs';

const COUNT = 70; // more than the first page has
const DAY_MS = 86_400_000;
const DEVICES = [['a desktop', {}], ['a phone', PHONE]];
const KEPT = 'Photos are published at up to 1440 px; originals aren’t kept.';

/* The n-th of the profile was taken four days before the one ahead of it, on the last evening of 2023 the first, far in the west. */
const dayOf = (n) => new Date(Date.UTC(2023, 11, 31) - n * 4 * DAY_MS);
const takenOn = (day, time = '22:30:00', offset = '-10:00') => taken(png(64, 48), `${day.toISOString().slice(0, 10).replaceAll('-', ':')} ${time}`, offset);
const long = (day) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(day);
const month = (day) => new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(day);

let server;
const ids = Array(COUNT); // as the profile has them
before(async () => {
    ({ server } = await startWith());
    const order = Array.from({ length: COUNT }, (_, n) => (n * 37) % COUNT);
    for (let at = 0; at < COUNT; at += 10)
        await Promise.all(order.slice(at, at + 10).map(async (n) => { ids[n] = await server.publish('dora', takenOn(dayOf(n))); }));
});
after(async () => { await closeBrowser(); await server.stop(); });

const remove = (author, id) => server.ask('DELETE', `/photos/${id}`, { headers: { Authorization: author } });
const at = (page, n) => page.locator(`.grid li[aria-posinset="${n + 1}"] a`);
const idAt = async (page, n) => (await at(page, n).getAttribute('href')).split('/').at(-1);
const whole = (page, count) => page.waitForFunction((wanted) => document.querySelector('.grid li')?.getAttribute('aria-setsize') === String(wanted), count);
const there = { timezoneId: 'Europe/Rome' };

for (const [device, options] of DEVICES) {
    test(`a profile goes by when photos were taken, and so do their names and the rail, on ${device}`, () => withPage(server, async (page) => {
        await page.goto('/@dora');
        await whole(page, COUNT);
        for (const n of [0, 1, 2]) {
            assert.equal(await idAt(page, n), ids[n]);
            assert.equal(await at(page, n).locator('img').getAttribute('alt'), `Photo ${n + 1} of ${COUNT} by dora, ${long(dayOf(n))}`);
        }
        const rail = page.getByRole('slider', { name: 'Jump to a date' });
        assert.equal(await rail.getAttribute('aria-valuetext'), month(dayOf(0)));
        await rail.press('End');
        await page.waitForFunction(() => document.querySelector('.scrubber').getAttribute('aria-valuenow') === '100');
        await at(page, COUNT - 1).waitFor();
        const first = await page.locator('.grid li').evaluateAll((all) => { // of the last row
            const top = all.at(-1).getBoundingClientRect().top;
            return Number(all.find((one) => one.getBoundingClientRect().top === top).getAttribute('aria-posinset')) - 1;
        });
        assert.equal(await rail.getAttribute('aria-valuetext'), month(dayOf(first)));
        assert.equal(await idAt(page, COUNT - 1), ids[COUNT - 1]);
    }, { ...options, ...there }));

    test(`home goes by when photos were published, and so do their names, on ${device}`, () => withPage(server, async (page) => {
        const { photos } = (await server.get('/photos?limit=1')).json;
        await page.goto('/');
        await at(page, 0).waitFor();
        assert.equal(await idAt(page, 0), photos[0].photo_id);
        assert.match(await at(page, 0).locator('img').getAttribute('alt'), new RegExp(`, \\d+ \\w+ ${new Date().getFullYear()}$`));
    }, { ...options, ...there }));

    test(`the details say which date is which, in the viewer and on the photo's page, on ${device}`, () => withPage(server, async (page) => {
        const day = new Date(Date.UTC(2024, 4, 12));
        const author = options === PHONE ? 'fred' : 'frida';
        const zoned = await server.publish(author, takenOn(day, '18:03:00', '+02:00'));
        const unzoned = await server.publish(author, takenOn(day, '18:04:00', ''));
        const undated = await server.publish(author, png(64, 48));
        const facts = async (place) => Object.fromEntries(await place.locator('.facts > div').evaluateAll((all) =>
            all.map((one) => [one.querySelector('dt').textContent, one.querySelector('dd').textContent])));
        for (const [id, wanted] of [[zoned, '12 May 2024 at 18:03 UTC+02:00'], [unzoned, '12 May 2024 at 18:04'], [undated, undefined]]) {
            await page.goto(`/photo/${id}`);
            await page.locator('.facts').waitFor();
            const now = await facts(page.locator('.photo-page'));
            assert.equal(now.Taken, wanted);
            assert.match(now.Published, new RegExp(`${new Date().getFullYear()} at \\d\\d:\\d\\d$`));
            assert.match(await page.locator('.author time').innerText(), /^Published \d+ seconds? ago|^Published 1 minute ago/);
            await page.getByText(KEPT).waitFor();
        }
        await page.goto(`/@${author}`);
        await page.locator(`.grid a[href$="/photo/${zoned}"]`).click();
        await page.locator('.viewer').waitFor();
        await page.getByRole('button', { name: 'Details' }).click();
        await page.locator('.viewer-panel .facts').waitFor();
        assert.equal((await facts(page.locator('.viewer-panel'))).Taken, '12 May 2024 at 18:03 UTC+02:00');
        await page.locator('.viewer-panel').getByText(KEPT).waitFor();
    }, { ...options, timezoneId: 'America/New_York' }));

    test(`what is published meanwhile comes to its place, and what one looks at stays where it is, on ${device}`, () => withPage(server, async (page) => {
        await page.goto('/@dora');
        await whole(page, COUNT);
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        await at(page, COUNT - 1).waitFor();
        const [top, before] = await page.locator('.grid li').evaluateAll((all) => all.map((one) =>
            [one.querySelector('a').getAttribute('href'), one.getBoundingClientRect()]).find(([, box]) => box.bottom > 0).map((it) => it.y ?? it));
        const publish = (place, time) => server.publish('dora', takenOn(dayOf(place), time));
        const [behind, last] = [await publish(62, '22:31:00'), await publish(COUNT)]; // the first page, and all
        const above = []; // more than a row of them
        for (let minute = 31; minute < 39; minute++) above.unshift(await publish(3, `22:${minute}:00`));
        const added = [behind, last, ...above];
        await page.waitForTimeout(3100); // since the list was looked at last
        await page.evaluate(() => dispatchEvent(new Event('focus')));
        await whole(page, COUNT + added.length);
        assert.ok(Math.abs((await page.locator(`.grid a[href="${top}"]`).boundingBox()).y - before) < 2, 'it has not moved');
        const wanted = ids.toSpliced(62, 0, behind).toSpliced(3, 0, ...above).concat(last);
        const seen = new Map();
        for (const part of [1, 0.5, 0]) {
            await page.evaluate((to) => scrollTo(0, document.documentElement.scrollHeight * to), part);
            await page.waitForFunction(() => { // the photos that are in the page are those about the window
                const boxes = [...document.querySelectorAll('.grid li')].map((one) => one.getBoundingClientRect());
                const last = document.querySelector('.grid li:last-child').getAttribute('aria-posinset') === document.querySelector('.grid li').getAttribute('aria-setsize');
                return Math.min(...boxes.map(({ top }) => top)) < innerHeight / 2 && (last || Math.max(...boxes.map(({ bottom }) => bottom)) >= innerHeight);
            });
            for (const [place, href] of await page.locator('.grid li').evaluateAll((all) => all.map((one) =>
                [Number(one.getAttribute('aria-posinset')) - 1, one.querySelector('a').getAttribute('href').split('/').at(-1)]))) seen.set(place, href);
        }
        for (const [place, id] of seen) assert.equal(id, wanted[place], `place ${place}`);
        for (const place of [3, 62 + above.length, COUNT + added.length - 1]) assert.ok(seen.has(place), `place ${place} was looked at`);
        await page.goto('about:blank');
        for (const id of added) await remove('dora', id);
    }, { ...options, ...there }));

    test(`what is kept of a photo is said before an upload and after it, on ${device}`, () => withPage(server, async (page) => {
        const photo = photograph(3);
        await page.goto('/mine');
        await page.getByText(KEPT).waitFor();
        await page.goto('/');
        await choose(page, [photo]);
        if (options === PHONE) await page.getByRole('button', { name: 'Show uploads' }).click();
        await jobState(page, photo.name, 'Published');
        await page.locator('.panel').getByText(KEPT).waitFor();
        await page.goto('/mine');
        await jobState(page, photo.name, 'Published');
        await page.getByText(KEPT).waitFor();
    }, { ...options, name: options === PHONE ? 'keeper' : 'keeper_too' }));
}

test('the details say it in Italian, too', () => withPage(server, async (page) => {
    await page.goto(`/photo/${ids[0]}`);
    await page.locator('.facts').waitFor();
    const facts = await page.locator('.facts').innerText();
    assert.match(facts, /Scattata\s+31 dicembre 2023 alle (ore )?22:30 UTC-10:00\s+Pubblicata\s+\d+/);
    assert.match(await page.locator('.author time').innerText(), /^Pubblicata .* fa$/);
    await page.getByText('gli originali non vengono conservati').waitFor();
}, { locale: 'it', ...there }));
