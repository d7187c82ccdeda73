// `make screens`: every screen of the app as docs/screens/SCREEN-DEVICE-COLOURS.webp, from the real server with photographs.
// SCREENS=PATTERN takes only those whose name fits.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { photograph } from './album.mjs';
import { caption, choose, closeBrowser, jobState, openBrowser, PHONE, startWith } from './browser.mjs';
import { letter } from './steps.mjs';

const folder = join(resolve(dirname(fileURLToPath(import.meta.url)), '..', '..'), 'docs', 'screens');
const wanted = process.env.SCREENS ?? '';
const DEVICES = { phone: { ...PHONE, deviceScaleFactor: 1.5 }, tablet: { viewport: { width: 820, height: 1100 } }, desktop: { viewport: { width: 1360, height: 850 } } };
const CAPTIONS = { 0: 'Before the storm', 2: 'Dunes at noon', 5: 'After the rain' };

const seen = (page, selector) => page.waitForFunction((wantedSelector) => {
    const images = [...document.querySelectorAll(wantedSelector)];
    return images.length > 0 && images.every((image) => image.complete && image.naturalWidth > 0);
}, selector);

/* Each brings a page to what is shown. */
const SCREENS = {
    'home': async (page) => { await page.goto('/'); await seen(page, '.grid img'); },
    'search': async (page) => {
        await page.goto('/');
        await seen(page, '.grid img');
        await page.locator('#search').pressSequentially('ann');
        await page.getByRole('option').first().waitFor();
    },
    'profile': async (page) => { await page.goto('/@ada'); await seen(page, '.grid img'); },
    'photo': async (page, { ids }) => { await page.goto(`/photo/${ids[2]}`); await seen(page, '.stage img'); },
    'viewer': async (page) => {
        await page.goto('/@ada');
        await seen(page, '.grid img');
        await page.locator('.grid a').nth(2).click();
        await seen(page, '.pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)');
        await page.getByRole('button', { name: 'Details' }).click();
        await page.locator('.viewer-panel .facts').waitFor();
    },
    'uploads': async (page, { number }) => {
        await page.goto('/');
        await seen(page, '.grid img');
        await page.evaluate(() => localStorage.setItem('name', `guest_${Math.random().toString(36).slice(2, 8)}`));
        await page.reload();
        await choose(page, [photograph(40 + number), photograph(50 + number), letter('letter.jpg')], () => page.locator('.foot-upload:visible, header .button.primary:visible').click());
        await page.locator('.summary').getByText(/published/).waitFor();
        if (await page.getByRole('button', { name: 'Show uploads' }).isVisible()) await page.getByRole('button', { name: 'Show uploads' }).click();
        await seen(page, '.job-image img');
    },
    'menu': async (page) => { await page.goto('/'); await seen(page, '.grid img'); await page.getByRole('button', { name: 'Menu' }).click(); },
    'login': async (page) => {
        await page.goto('/');
        await page.evaluate(() => localStorage.setItem('name', ''));
        await page.reload();
        await seen(page, '.grid img');
        await page.getByRole('button', { name: 'Log in' }).first().click();
        await page.getByRole('dialog').waitFor();
    },
    'empty': async (page) => { await page.goto('/@nobody_yet'); await page.locator('.empty').waitFor(); },
    'waiting': async (page, { context, number }) => {
        await page.goto('/mine');
        await page.getByRole('heading', { name: 'Nothing is being uploaded' }).waitFor();
        await context.setOffline(true);
        await choose(page, [photograph(40 + number), photograph(50 + number)], () => page.getByRole('button', { name: 'Choose photos' }).click());
        await caption(page, photograph(40 + number).name, 'Written on the train, without a network');
        await jobState(page, photograph(50 + number).name, 'Waiting for network');
    },
    'error': async (page) => {
        await page.route('**/users?username=**', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"detail": "The store is away."}' }));
        await page.goto('/search?q=ann');
        await page.getByRole('button', { name: 'Try again' }).waitFor();
    },
    'offline': async (page, { context }) => { await page.goto('/'); await seen(page, '.grid img'); await context.setOffline(true); await page.locator('.offline').waitFor(); },
};

async function shoot(server, ids, device, colorScheme, screen, number) {
    const name = `${screen}-${device}-${colorScheme}`;
    if (!new RegExp(wanted).test(name)) return;
    const context = await (await openBrowser()).newContext({ ...DEVICES[device], colorScheme, locale: 'en', reducedMotion: 'reduce',
        serviceWorkers: 'block', baseURL: server.url });
    await context.addInitScript(() => { localStorage.getItem('name') ?? localStorage.setItem('name', 'ada'); });
    const page = await context.newPage();
    await SCREENS[screen](page, { ids, context, number });
    const file = join(folder, name);
    await page.screenshot({ path: `${file}.png` });
    execFileSync('vips', ['copy', `${file}.png`, `${file}.webp[Q=82]`], { stdio: 'ignore' });
    rmSync(`${file}.png`);
    await context.close();
    console.log(name);
}

const people = ['ada', 'ada', 'ada', 'annika', 'ada', 'ada', 'anna_b', 'ada', 'ada', 'annika', 'ada', 'ada'];
const { server, ids } = await startWith(Array.from({ length: 14 }, (_, number) => [people[number % people.length], photograph(number).bytes]));
for (const [number, caption] of Object.entries(CAPTIONS))
    await server.ask('PATCH', `/photos/${ids[number]}`, { headers: { Authorization: people[number], 'Content-Type': 'application/json' }, body: JSON.stringify({ caption }) });
mkdirSync(folder, { recursive: true });
let number = 0;
for (const device of Object.keys(DEVICES))
    for (const colours of ['light', 'dark'])
        for (const screen of Object.keys(SCREENS)) await shoot(server, ids, device, colours, screen, number++);
await closeBrowser();
await server.stop();
