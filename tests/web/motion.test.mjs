// Animated photos play, can be stopped, and stand still where the system asks for little motion, until somebody wants one to play.
// Whether something moves is seen: pictures of the same place, half a second apart.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gif, readWebp } from '../http/pictures.mjs';
import { until } from '../http/server.mjs';
import { photograph } from './album.mjs';
import { choose, closeBrowser, job, jobState, PHONE, startWith, withPage } from './browser.mjs';

const FRAMES = 8;
const moving = () => gif(400, 300, FRAMES, 10);

let server;
let film, photo;
before(async () => { ({ server, ids: [film, photo] } = await startWith([['ada', moving()], ['ada', photograph(1).bytes]])); });
after(async () => { await closeBrowser(); await server.stop(); });

/* Whether what is seen there changes within a second. */
async function moves(place) {
    await place.waitFor();
    const first = await place.screenshot();
    for (let look = 0; look < 5; look++) {
        await place.page().waitForTimeout(200);
        if (!(await place.screenshot()).equals(first)) return true;
    }
    return false;
}
const comesToMove = (place) => until('it moves', () => moves(place));
const comesToStand = (place) => until('it stands still', async () => !await moves(place));
const drawn = (place) => place.evaluate((image) => image.decode());

const inList = async (page) => { await page.goto('/@ada'); return page.locator(`a[href$="/photo/${film}"] img`); };
const atItsPage = async (page) => { await page.goto(`/photo/${film}`); return page.locator('.stage img'); };
const inViewer = async (page) => {
    await page.goto('/@ada');
    await page.locator(`a[href$="/photo/${film}"]`).click();
    return page.locator('.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)');
};
const PLACES = [['in a list', inList], ['at its own page', atItsPage], ['in the viewer', inViewer]];

test('what the server publishes of it moves, and it says so', async () => {
    const thumbnail = Buffer.from(await (await fetch(`${server.url}/buckets/thumbnails/${film}-thumb.webp`)).arrayBuffer());
    assert.equal(readWebp(thumbnail).frames, FRAMES);
    const listed = (await server.get('/users/ada?view=photos')).json.photos;
    assert.deepEqual(listed.map(({ photo_id, frames }) => [photo_id, frames]), [[photo, 1], [film, FRAMES]]);
});

for (const [device, options] of [['a desktop', {}], ['a phone', PHONE]])
    for (const [where, open] of PLACES) {
        test(`it plays ${where}, can be stopped, and goes on, on ${device}`, () => withPage(server, async (page) => {
            const place = await open(page);
            await comesToMove(place);
            await page.getByRole('button', { name: 'Pause animations' }).filter({ visible: true }).last().click();
            await comesToStand(place);
            await drawn(place);
            await page.getByRole('button', { name: 'Play animation' }).filter({ visible: true }).last().click();
            await comesToMove(place);
        }, { reducedMotion: 'no-preference', ...options }));
        test(`it stands still ${where} under reduced motion, until it shall play, on ${device}`, () => withPage(server, async (page) => {
            const place = await open(page);
            const button = page.getByRole('button', { name: 'Play animation' }).filter({ visible: true }).last();
            await button.waitFor();
            await place.waitFor();
            assert.equal(await moves(place), false);
            await drawn(place);
            assert.deepEqual(await page.locator('img').evaluateAll((all, id) => all.map((one) => one.currentSrc).filter((src) => src.includes(id)), film), [],
                'nothing shows the animation, not even beneath');
            await button.click();
            await comesToMove(place);
        }, { reducedMotion: 'reduce', ...options }));
    }

test('what is stopped in the list is stopped in the viewer, and the other way round', () => withPage(server, async (page) => {
    await comesToMove(await inList(page));
    await page.getByRole('button', { name: 'Pause animations' }).click();
    await page.locator(`a[href$="/photo/${film}"]`).click();
    await page.locator('.pswp').getByRole('button', { name: 'Play animation' }).click();
    await page.keyboard.press('Escape');
    await page.locator('.pswp').waitFor({ state: 'detached' });
    await comesToMove(page.locator(`a[href$="/photo/${film}"] img`));
}, { reducedMotion: 'no-preference' }));

const LEAVING = [
    ['Escape', () => document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))],
    ['"back"', () => history.back()],
];
for (const [what, leave] of LEAVING) test(`${what} while the viewer zooms in closes it`, () => withPage(server, async (page) => {
    await page.goto('/@ada');
    await page.evaluate(`new MutationObserver((_, observer) => {
        if (!document.querySelector('.pswp')) return;
        observer.disconnect();
        (${leave})();
        document.body.dataset.left = 'yes';
    }).observe(document.body, { childList: true })`);
    await page.locator(`a[href$="/photo/${photo}"]`).click();
    await page.locator('[data-left]').waitFor();
    await page.locator('.pswp').waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).pathname, '/@ada');
}, { reducedMotion: 'no-preference' }));

test('a photo that stands still has no such button', () => withPage(server, async (page) => {
    await page.goto(`/photo/${photo}`);
    await page.locator('.stage img').waitFor();
    await page.locator('.stage').click();
    await page.locator('.pswp--open').waitFor();
    assert.equal(await page.getByRole('button', { name: /animation/ }).count(), 0);
}));

test('the row of an upload never moves', () => withPage(server, async (page) => {
    await page.goto('/mine');
    await choose(page, [{ name: 'film.gif', bytes: gif(300, 200, FRAMES, 10) }], () => page.getByRole('button', { name: 'Choose photos' }).click());
    await jobState(page, 'film.gif', 'Published');
    const place = job(page, 'film.gif').locator('img');
    await drawn(place);
    assert.equal(await moves(place), false);
}, { name: 'motion_a', reducedMotion: 'no-preference' }));

test('nothing of the app itself moves under reduced motion', () => withPage(server, async (page) => {
    await page.route('**/photos?**', () => {}); // never answered: what stands in for photos breathes
    await page.goto('/search?q=');
    await page.evaluate(() => document.querySelector('.brand').click());
    await page.locator('.skeleton-rows').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    const running = await page.evaluate(() => document.getAnimations().map((one) => one.effect.target.className));
    assert.deepEqual(running, []);
    const styles = await page.evaluate(() => [...document.querySelectorAll('*')].map((one) => getComputedStyle(one))
        .filter(({ animationName, transitionDuration }) => animationName !== 'none' || transitionDuration !== '0s').length);
    assert.equal(styles, 0);
}));
