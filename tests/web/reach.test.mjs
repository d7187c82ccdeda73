// The app in narrow and low windows (a zoom of 400 % on a desktop: WCAG 1.4.10), in colours that people have chosen, and in Italian:
// nothing is cut off or covered, everything that is there can be seen, and no word of English is left.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { choose, closeBrowser, startWith, withPage } from './browser.mjs';
import { letter } from './steps.mjs';

let server;
let ids;
before(async () => { ({ server, ids } = await startWith(['ada', 'ada', 'annika'].map((name, number) => [name, photograph(number).bytes]))); });
after(async () => { await closeBrowser(); await server.stop(); });

const button = (page, ...names) => page.getByRole('button', { name: new RegExp(`^(${names.join('|')})$`) }).filter({ visible: true }).first();
const noPhoto = letter('a-long-name-of-what-is-no-photo-at-all-whatever-it-says.jpg');

/* The main way through the app, in English or Italian. */
const SCREENS = {
    home: async (page) => { await page.goto('/'); await page.locator('.grid img').nth(2).waitFor(); },
    menu: async (page) => { await button(page, 'Menu').click(); await page.locator('#menu').waitFor(); },
    search: async (page) => { await page.keyboard.press('Escape'); await page.fill('#search', 'ann'); await page.getByRole('option').waitFor(); },
    results: async (page) => { await page.keyboard.press('Enter'); await page.locator('.people a').waitFor(); },
    profile: async (page) => { await page.goto('/@ada'); await page.locator('.grid img').nth(1).waitFor(); },
    viewer: async (page) => {
        await page.locator('.grid a').first().click();
        await button(page, 'Details', 'Dettagli').click();
        await page.locator('.viewer-panel .facts').waitFor();
    },
    photo: async (page) => { await page.goto(`/photo/${ids[0]}`); await page.locator('.facts').waitFor(); },
    captions: async (page) => { await button(page, 'Edit', 'Modifica').click(); await page.locator('textarea').first().waitFor(); },
    keys: async (page) => { await page.goto('/@nobody_yet'); await page.locator('.empty').waitFor(); await page.keyboard.press('?'); await page.getByRole('dialog').waitFor(); },
    uploads: async (page) => {
        await page.goto('/mine');
        await page.locator('.empty').waitFor();
        await choose(page, [photograph(40), noPhoto], () => button(page, 'Choose photos', 'Scegli foto').click());
        await page.locator('.job-published').waitFor();
        await page.locator('.job-refused').waitFor();
    },
    missing: async (page) => { await page.goto('/phtos'); await page.locator('.empty').waitFor(); },
    login: async (page) => {
        await page.evaluate(() => localStorage.setItem('name', ''));
        await page.goto('/');
        await button(page, 'Log in', 'Accedi').click();
        await page.getByRole('dialog').waitFor();
    },
};

/* What is wider than the window, in the page or in itself; photos beside the one in the viewer are outside of it on purpose. */
const cutOff = (page) => page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.visually-hidden, .skip, .pswp__container, [hidden], svg, option'))
    .filter((one) => {
        const box = one.getBoundingClientRect();
        const isCut = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'hidden' && !one.matches('.job-name, .grid li, .pswp, .pswp *');
        return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1 || isCut);
    }).map((one) => `${one.localName}.${one.className} ${one.textContent.slice(0, 30)}`));

const WINDOWS = { '320 × 256': { width: 320, height: 256 }, '320 × 640': { width: 320, height: 640 }, '640 × 400': { width: 640, height: 400 } };
for (const [size, viewport] of Object.entries(WINDOWS))
    for (const locale of ['en', 'it-IT'])
        test(`nothing is cut off in a window of ${size}, ${locale}`, () => withPage(server, async (page) => {
            for (const [screen, come] of Object.entries(SCREENS)) {
                await come(page);
                assert.deepEqual(await cutOff(page), [], screen);
            }
        }, { viewport, locale, name: 'ada', expected: [/phtos|\/uploads\/|\/photo\//] }));

/* Whether the focus's own box is where one sees it. */
const isCovered = (page) => page.evaluate(() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const top = Math.max(0, box.top), bottom = Math.min(innerHeight, box.bottom);
    const seen = document.elementFromPoint((Math.max(0, box.left) + Math.min(innerWidth, box.right)) / 2, (top + bottom) / 2);
    return bottom <= top || !(element.contains(seen) || seen?.contains(element)) ? element.outerHTML.slice(0, 100) : null;
});

test('what has the focus is never beneath a bar', () => withPage(server, async (page) => {
    await page.goto(`/photo/${ids[0]}`);
    await page.locator('.facts').waitFor();
    for (const way of ['Tab', 'Shift+Tab'])
        for (let step = 0; step < 22; step++) {
            await page.keyboard.press(way);
            if (await page.evaluate(() => document.activeElement === document.body)) continue; // round the corner
            assert.equal(await isCovered(page), null, `${way} ${step}`);
        }
}, { viewport: { width: 390, height: 440 }, name: 'ada' }));

/* Icons and words that have the colour of their ground. */
const unseen = (page) => page.evaluate(() => {
    const solid = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor;
            if (!/, 0\)$|transparent/.test(colour)) return colour;
        }
        return getComputedStyle(document.documentElement).backgroundColor;
    };
    const ground = (element) => (element.closest('.pswp__top-bar, .pswp__button--arrow') ? getComputedStyle(document.querySelector('.pswp__bg')).backgroundColor : solid(element));
    return [...document.querySelectorAll('button, a, label span, h1, h2, p, .pswp__icn')].filter((one) => one.checkVisibility({ visibilityProperty: true }))
        .filter((one) => (one.matches('.pswp__icn') ? getComputedStyle(one).fill : getComputedStyle(one).color) === ground(one) && (one.matches('.pswp__icn') || one.textContent.trim()))
        .map((one) => `${one.localName}.${one.className.baseVal ?? one.className} ${one.textContent.slice(0, 30)}`);
});

test('everything is seen in forced colours', () => withPage(server, async (page) => {
    for (const screen of ['home', 'menu', 'profile', 'viewer', 'photo', 'captions', 'login']) {
        await SCREENS[screen](page);
        assert.deepEqual(await unseen(page), [], screen);
    }
}, { forcedColors: 'active', name: 'ada', expected: [/\/uploads\//] }));

/* The words of a catalogue, whose lines are `key: 'words',`, plural forms among them. */
const wordsOf = (code) => [...readFileSync(new URL(`../../web/src/i18n/${code}.ts`, import.meta.url), 'utf8').matchAll(/\w+: '((?:[^'\\]|\\.)+)'/g)].map(([, words]) => words);
const escape = (text) => text.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
const asPattern = (words) => new RegExp(`^${words.split(/\{\w+\}/).map(escape).join('.+')}$`);

/* All words of a page: those that are seen, and those that are only told. */
const wordsOn = (page) => page.evaluate(() => {
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node instanceof Text) { if (!node.parentElement.closest('script, style, noscript, option')) found.push(node.data); } // languages are named in themselves
        else for (const name of ['aria-label', 'title', 'alt', 'placeholder', 'aria-valuetext']) found.push(node.getAttribute(name) ?? '');
    }
    return found.map((text) => text.trim()).filter(Boolean);
});

test('no word of English is left in Italian', () => withPage(server, async (page) => {
    const italian = wordsOf('it');
    const english = wordsOf('en').filter((words) => !italian.includes(words) && words.replace(/\{\w+\}/g, '').trim().length > 1);
    assert.ok(english.length > 100, 'the catalogue is read');
    const patterns = english.map(asPattern);
    for (const [screen, come] of Object.entries(SCREENS)) {
        await come(page);
        assert.equal(await page.evaluate(() => document.documentElement.lang), 'it');
        const left = (await wordsOn(page)).filter((text) => patterns.some((pattern) => pattern.test(text))
            || /\b(the|this|photo|photos|file|isn’t|by|of|and|upload)\b/i.test(text.replace(/Cloud Photos|[\w-]+\.jpg|file/g, '')));
        assert.deepEqual(left, [], screen);
    }
}, { locale: 'it-IT', name: 'ada', expected: [/phtos|\/uploads\//] }));
