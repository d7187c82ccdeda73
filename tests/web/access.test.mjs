// Everybody can use it: axe finds nothing on any screen, in any of its guises; targets are large enough.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { axeSource, choose, closeBrowser, DESKTOP, PHONE, startWith, withPage } from './browser.mjs';
import { letter } from './steps.mjs';

const axe = readFileSync(axeSource, 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const GUISES = {
    'light': { ...DESKTOP, colorScheme: 'light' },
    'dark': { ...DESKTOP, colorScheme: 'dark' },
    'a phone': { ...PHONE, colorScheme: 'light' },
    'a dark phone': { ...PHONE, colorScheme: 'dark' },
    'right to left': { ...DESKTOP, isMirrored: true },
    'forced colours': { ...PHONE, forcedColors: 'active' },
};

let server;
let ids;
before(async () => { ({ server, ids } = await startWith(['ada', 'ada', 'annika'].map((name, number) => [name, photograph(number).bytes]))); });
after(async () => { await closeBrowser(); await server.stop(); });

/* Each brings the page to a state. */
const SCREENS = {
    'home': async (page) => { await page.goto('/'); await page.locator('.grid img').nth(2).waitFor(); },
    'search': async (page) => {
        await page.goto('/');
        await page.locator('.grid img').nth(2).waitFor();
        await page.fill('#search', 'ann');
        await page.getByRole('option').waitFor();
    },
    'results': async (page) => { await page.goto('/search?q=ann'); await page.locator('.people a').waitFor(); },
    'profile': async (page) => { await page.goto('/@ada'); await page.locator('.grid img').nth(1).waitFor(); },
    'photo': async (page) => { await page.goto(`/photo/${ids[0]}`); await page.locator('.facts').waitFor(); },
    'captions': async (page) => {
        await page.goto(`/photo/${ids[0]}`);
        await page.getByRole('button', { name: 'Edit' }).click();
        await page.getByLabel('Caption').waitFor();
    },
    'viewer': async (page) => {
        await page.goto('/');
        await page.locator('.grid a').first().click();
        await page.locator('.pswp--open').waitFor();
        if (!await page.locator('.viewer-panel .info').isVisible()) await page.getByRole('button', { name: 'Details' }).click();
        await page.locator('.viewer-panel .facts').waitFor();
    },
    'menu': async (page) => { await page.goto('/'); await page.getByRole('button', { name: 'Menu' }).click(); await page.locator('#menu').waitFor(); },
    'keys': async (page) => { await page.goto('/'); await page.locator('.grid img').first().waitFor(); await page.keyboard.press('?'); await page.getByRole('dialog').waitFor(); },
    'uploads': async (page) => {
        await page.goto('/mine');
        await choose(page, [letter('letter.jpg'),
            photograph(0)], () => page.getByRole('button', { name: 'Choose photos' }).click());
        await page.locator('.summary').getByText(/published/).waitFor();
    },
    'a caption while it is uploaded': async (page) => {
        await page.route('**/uploads/*', () => {}); // never answered: it is on its way as long as we look
        await page.goto('/mine');
        await choose(page, [photograph(9)], () => page.getByRole('button', { name: 'Choose photos' }).click());
        await page.getByRole('button', { name: `Caption: ${photograph(9).name}` }).click();
        await page.getByLabel('Description').waitFor();
    },
    'nobody': async (page) => { await page.goto('/@nobody_yet'); await page.locator('.empty').waitFor(); },
    'log in': async (page) => {
        await page.goto('/');
        await page.evaluate(() => localStorage.setItem('name', ''));
        await page.reload();
        await page.getByRole('button', { name: 'Log in' }).first().click();
        await page.getByRole('dialog').waitFor();
    },
};

async function look(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ''}`).join(', ')}`);
}

/* Buttons, links and fields that are seen and smaller than 44 pixels, but for links within a text. */
const smallTargets = (page) => page.evaluate(() => [...document.querySelectorAll('button, a, input, select, textarea, [role=option]')]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches('.skip, .grid a, .segments input, p a, .pswp *'))
    .map((element) => ({ name: element.outerHTML.slice(0, 80), box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0 && (box.width < 43.5 || box.height < 43.5))
    .map(({ name, box }) => `${name} ${box.width} × ${box.height}`));

for (const [guise, { isMirrored, ...options }] of Object.entries(GUISES))
    for (const [screen, open] of Object.entries(SCREENS))
        test(`${screen}, ${guise}`, () => withPage(server, async (page) => {
            if (isMirrored) await page.addInitScript(() => {
                new MutationObserver(() => { if (document.documentElement && document.documentElement.dir !== 'rtl') document.documentElement.dir = 'rtl'; })
                    .observe(document, { childList: true, subtree: true, attributes: true });
            });
            await open(page);
            assert.deepEqual(await look(page), []);
            assert.deepEqual(await smallTargets(page), []);
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert.ok(overflow <= 0, `the page is ${overflow} pixels wider than the window`);
        }, { ...options, name: 'ada', expected: [/\/uploads\//] }));
