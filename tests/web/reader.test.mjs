// The app as a screen reader tells it: the accessibility tree of the main pages, and what live regions say, each thing once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listen, readTree, told } from './aloud.mjs';
import { photograph } from './album.mjs';
import { choose, closeBrowser, PHONE, startWith, withPage } from './browser.mjs';
import { letter } from './steps.mjs';

let server;
let ids;
before(async () => {
    ({ server, ids } = await startWith(['ada', 'ada', 'annika'].map((name, number) => [name, photograph(number).bytes])));
    await server.ask('PATCH', `/photos/${ids[0]}`, { headers: { Authorization: 'ada', 'Content-Type': 'application/json' },
        body: JSON.stringify({ caption: 'Storm', alt_text: 'Dark clouds above a road' }) });
});
after(async () => { await closeBrowser(); await server.stop(); });

const tidy = (line) => line.replace(/\d{1,2} \w+ 20\d\d( at \d\d:\d\d)?/g, 'DATE').replace(/\d+ (second|minute)s? ago|now$/, 'AGO')
    .replace(/[\d,]+ × [\d,]+ · [\d.]+ kB/, 'SIZE').replace(/\s+$/, '');

const TOP = `
link: Skip to content
banner:
  link: Cloud Photos
  search:
    combobox: Search people (opens listbox, collapsed)
    status: (live polite)
  navigation: Main`;
const HEAD = `${TOP}
    button: Upload
    link: Logged in as ada
    button: Menu (collapsed)`;
const FOOT = `
status: (live polite)`;
const PHONE_HEAD = `${TOP}
    button: Menu (collapsed)`;
const PHONE_FOOT = `
navigation: Menu
  link: Home
  button: Upload
  link: Uploads
  link: ada${FOOT}`;

const KEPT = `
    paragraph:
      text: Photos are published at up to 1440 px; originals aren’t kept. Very wide or tall photos may have up to 4096 px.`;

const open = (path, ready) => async (page) => { await page.goto(path); await page.locator(ready).last().waitFor(); };

/* How a page is come to, and all that there is to say of it; HEAD and FOOT stand around it unless `isWhole`. */
const PAGES = {
    'home': { come: open('/', '.grid li:nth-child(3) img'), tree: `
main: Cloud Photos
  heading: Recent photos
  list: Recent photos
    listitem:
      link: Photo 1 of 3 by annika, DATE
        image: Photo 1 of 3 by annika, DATE
    listitem:
      link: Photo 2 of 3 by ada, DATE
        image: Photo 2 of 3 by ada, DATE
    listitem:
      link: Dark clouds above a road
        image: Dark clouds above a road` },
    'a profile': { come: open('/@ada', '.grid li:nth-child(2) img'), tree: `
main: ada
  sectionheader:
    heading: ada
    paragraph:
      text: 2 photos
  list: Photos by ada
    listitem:
      link: Photo 1 of 2 by ada, DATE
        image: Photo 1 of 2 by ada, DATE
    listitem:
      link: Dark clouds above a road
        image: Dark clouds above a road` },
    'a search': { come: open('/search?q=anni', '.people a'), isWhole: true, tree: `
${HEAD.trim().replace('Search people (', 'Search people = anni (').replace('    status', '      text: anni\n    status')}
main: Search
  heading: People whose names start with “anni”
  list:
    listitem:
      link: annika 1 photo${FOOT}` },
    'no uploads': { come: open('/mine', '.empty'), tree: `
main: My uploads
  heading: My uploads${KEPT.replaceAll('\n  ', '\n')}
  heading: Nothing is being uploaded
  paragraph:
    text: Choose photos, drop them anywhere on this page, or paste them.
  button: Choose photos
  button: Choose a folder` },
};

const trim = (text) => text.trim().split('\n');

for (const [what, { come, tree, isWhole }] of Object.entries(PAGES))
    test(`what there is to say of: ${what}`, () => withPage(server, async (page) => {
        await come(page);
        assert.deepEqual(await readTree(page, tidy), trim(isWhole ? tree : HEAD + tree + FOOT));
    }, { name: 'ada' }));

test('what there is to say of: home, on a phone', () => withPage(server, async (page) => {
    await PAGES.home.come(page);
    assert.deepEqual(await readTree(page, tidy), trim(PHONE_HEAD + PAGES.home.tree + PHONE_FOOT));
}, { name: 'ada', ...PHONE }));

const DETAILS = `
  region: Details
    link: ada Published AGO
      time: (“DATE”)
        text: Published AGO
    paragraph:
      text: Storm
    link: Download
    button: Edit
    button: Delete
    group: Copy
      button: Link
      button: Markdown
      button: HTML
    DescriptionList:
      term: Published
      definition:
        text: DATE
      term: Original
      definition:
        text: JPEG · SIZE
      term: Shown
      definition:
        text: WebP · SIZE
      term: Description for people who can’t see it
      definition:
        text: Dark clouds above a road`;

/* With the dialog alone: it is modal. */
const dialogOf = (lines) => lines.slice(lines.findIndex((line) => line.startsWith('dialog:')));

test('what there is to say of: a photo, and its place in the viewer', () => withPage(server, async (page) => {
    await listen(page);
    await page.goto(`/photo/${ids[0]}`);
    await page.locator('.facts').waitFor();
    assert.deepEqual(await readTree(page, tidy), trim(`${HEAD}
main: Cloud Photos
  heading: Storm, a photo by ada
  button: Back
  link: Dark clouds above a road View full screen
    image: Dark clouds above a road${DETAILS}${KEPT}${FOOT}`));
    await page.goto('/');
    await page.locator('.grid a').nth(1).click();
    await page.getByRole('button', { name: 'Details' }).click();
    await page.keyboard.press('ArrowRight');
    await page.locator('.viewer-panel').getByText('Storm').waitFor();
    await page.locator('.viewer-panel').getByText('WebP').waitFor();
    assert.deepEqual(dialogOf(await readTree(page, tidy)), trim(`
dialog: Photo viewer (modal)
  group:
    image: Dark clouds above a road
  text: 3 / 3
  button: Details (expanded)
  button: Zoom
  button: Close
  button: Previous${DETAILS}${KEPT}
  status: (live polite)
  status: (live polite)
    text: Dark clouds above a road`));
    assert.deepEqual((await told(page)).map(tidy), ['Photo 2 of 3 by ada, DATE', 'Dark clouds above a road']);
}, { name: 'ada' }));

test('what there is to say of: logging in', () => withPage(server, async (page) => {
    await listen(page);
    await page.goto('/');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByLabel('User name').fill('Not a name!');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    assert.deepEqual(dialogOf(await readTree(page)), trim(`
dialog: Pick a name (modal)
  heading: Pick a name
  button: Close
  form:
    paragraph:
      text: Your photos are published under this name. There are no passwords: anyone who can reach this server can use any name.
    text: User name
    textbox: User name = Not a name! (invalid, “Up to 64 lowercase letters, digits and underscores.”)
      text: Not a name!
    alert: (live assertive)
      text: Up to 64 lowercase letters, digits and underscores.
    button: Log in`));
}));

for (const [device, options] of [['a desktop', {}], ['a phone', PHONE]])
    test(`thirty uploads, of which two are refused, take four sentences, on ${device}`, () => withPage(server, async (page) => {
        const letters = ['a.jpg', 'b.jpg'].map(letter);
        const photos = Array.from({ length: 28 }, (_, number) => photograph(100 + number));
        await listen(page);
        await page.goto('/');
        await page.locator('.grid a').first().waitFor();
        await choose(page, [...photos.slice(0, 14), letters[0], ...photos.slice(14), letters[1]]);
        await page.getByRole('log', { name: 'Uploads' }).getByText('28 published, 2 not').waitFor({ state: 'attached' });
        await page.waitForTimeout(1500); // what would come twice would have come by then
        const refused = (name) => `${name}: Not published. This file isn’t a photo in a supported format. Export it as JPEG, PNG, GIF, WebP, HEIC, AVIF or TIFF.`;
        const [begun, ...others] = (await told(page)).toSorted((one, other) => Number(/progress$/.test(other)) - Number(/progress$/.test(one)));
        assert.match(begun, /^(2[0-9]|30) uploads in progress$/); // some may have ended before the last was added
        assert.deepEqual(others.toSorted(), ['28 published, 2 not', ...['a.jpg', 'b.jpg'].map(refused)]);
        assert.equal(others.at(-1), '28 published, 2 not');
    }, { name: `reader_${device.slice(2)}`, expected: [/\/uploads\//], ...options }));

test('every page has one heading above all others', () => withPage(server, async (page) => {
    for (const path of ['/', '/@ada', '/@nobody', '/search', '/search?q=zzz', '/search?q=ada', '/mine', '/phtos', `/photo/${ids[0]}`, `/photo/${'0'.repeat(32)}`]) {
        await page.goto(path);
        await page.locator('h1, h2').first().waitFor();
        assert.equal(await page.locator('h1').count(), 1, path);
    }
}, { expected: [/phtos|photos?\/0{32}/] }));
