// Where the focus is after whatever takes away what had it: never nowhere, but where one would go on. By keys alone, on a desktop and
// on a phone (which may have a keyboard, and whose screen reader has a focus too).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { choose, closeBrowser, DESKTOP, job, jobState, PHONE, startWith, withPage } from './browser.mjs';
import { letter } from './steps.mjs';

let server;
let ids;
before(async () => { ({ server, ids } = await startWith(['ada', 'ada', 'ada', 'ada'].map((name, number) => [name, photograph(number).bytes]))); });
after(async () => { await closeBrowser(); await server.stop(); });

/* What has the focus, as "tag: name"; a photo in a list by its place there. */
const focused = (page) => page.evaluate(() => {
    const element = document.activeElement;
    if (element.dataset.index) return `photo ${element.dataset.index}`;
    const label = element.getAttribute('aria-label') ?? element.querySelector('img')?.alt ?? element.innerText;
    return `${element.localName}${element.id ? `#${element.id}` : ''}: ${element.matches('body, main') ? '' : label.trim().replace(/\s+/g, ' ')}`;
});

/* Waits until the focus is there, and says where it is if it never comes. */
async function isAt(page, expected, what) {
    const fits = (text) => (expected instanceof RegExp ? expected.test(text) : text === expected);
    const end = Date.now() + 5000;
    let now = await focused(page);
    while (!fits(now) && Date.now() < end) {
        await page.waitForTimeout(20);
        now = await focused(page);
    }
    assert.ok(fits(now), `${what}: the focus is at "${now}", not at "${expected}"`);
}

const press = (role, name, within = (page) => page) => async (page) => {
    const button = within(page).getByRole(role, { name, exact: typeof name === 'string' }).filter({ visible: true }).first();
    await button.focus();
    await page.keyboard.press('Enter');
};
const key = (...names) => async (page) => { for (const name of names) await page.keyboard.press(name); };
const fill = (label, text) => (page) => page.getByLabel(label).fill(text);
const open = (path, ready) => async (page) => { await page.goto(path); await page.locator(ready).first().waitFor(); };
const edit = (within) => async (page) => { await press('button', 'Edit', within)(page); await page.locator('textarea:focus').waitFor(); };
const inPanel = (page) => page.locator('.viewer-panel');
const openDetails = async (page) => {
    await page.locator('.pswp--open').waitFor();
    if (!await page.locator('.viewer-panel .info').isVisible()) await press('button', 'Details')(page);
    await page.locator('.viewer-panel .facts').waitFor();
};
const openPhoto = (index) => async (page) => {
    await page.locator(`.grid a[data-index="${index}"]`).focus();
    await page.keyboard.press('Enter');
    await openDetails(page);
};

/* Each: what is done, how, and where the focus is then; on a phone elsewhere, if there is a fourth. A page each. */
const JOURNEYS = {
    'logging in and out': { steps: [
        ['the log-in is opened', async (page) => { await open('/', '.grid a')(page); await press('button', 'Log in')(page); }, 'input#login-name: '],
        ['it is left by Escape', key('Escape'), 'button: Log in'],
        ['it is left by its button', async (page) => { await press('button', 'Log in')(page); await press('button', 'Close')(page); }, 'button: Log in'],
        ['logged in', async (page) => { await press('button', 'Log in')(page); await fill('User name', 'ada')(page); await key('Enter')(page); },
            'a: Logged in as ada', 'a: A ada'],
        ['the list of keys is closed', async (page) => {
            await press('button', 'Menu')(page);
            await press('button', 'Keyboard')(page);
            await press('button', 'Close')(page);
        }, 'button: Menu'],
        ['logged out', async (page) => { await press('button', 'Menu')(page); await press('button', 'Log out')(page); }, 'button: Menu'],
        ['logged in because of an upload', async (page) => {
            await choose(page, [photograph(80)], () => press('button', 'Upload')(page));
            await fill('User name', 'focus_a')(page);
            await key('Enter')(page);
        }, 'button: Upload'],
    ] },
    'going to other pages': { steps: [
        ['a link of the menu', async (page) => { await open('/', '.grid a')(page); await press('button', 'Menu')(page); await press('link', 'My uploads')(page); }, 'main#content: '],
        ['back', async (page) => { await page.goBack(); await page.locator('.grid a').first().waitFor(); }, 'main#content: '],
        ['a name that was searched', async (page) => {
            await page.locator('#search').fill('ada');
            await page.getByRole('option').waitFor();
            await key('ArrowDown', 'Enter')(page);
        }, 'main#content: '],
        ['an arrow from there', async (page) => { await page.locator('.grid a').first().waitFor(); await key('ArrowDown')(page); }, 'photo 0'],
        ['asked once more after a failure', async (page) => {
            await page.route('**/users?username=**', (route) => route.fulfill({ status: 503, body: '{"detail": "Not now."}' }), { times: 1 });
            await page.goto('/search?q=ada');
            await press('button', 'Try again')(page);
            await page.locator('.people a').waitFor();
        }, 'main#content: '],
    ], expected: [/users\?username=ada/] },
    'a photo\'s own page': { name: 'ada', steps: [
        ['editing', async (page) => { await open(`/photo/${ids[0]}`, '.facts')(page); await edit()(page); }, /^textarea: /],
        ['cancelled', press('button', 'Cancel'), 'button: Edit'],
        ['left by Escape', async (page) => { await edit()(page); await key('Escape')(page); }, 'button: Edit'],
        ['the server refuses what was said', async (page) => {
            await page.route(`**/photos/${ids[0]}`, (route) => route.fulfill({ status: 503, body: '{"detail": "Not now."}' }), { times: 1 });
            await edit()(page);
            await page.getByLabel('Caption').fill(`Clouds ${Math.random()}`);
            await press('button', 'Save')(page);
            await page.getByRole('alert').waitFor();
        }, 'button: Save'],
        ['saved', async (page) => { await press('button', 'Save')(page); await page.getByText('Saved', { exact: true }).waitFor(); }, 'button: Edit'],
        ['the message is closed', press('button', 'Close'), 'main#content: '],
        ['the viewer is closed', async (page) => {
            await page.locator('.stage').focus();
            await key('Enter')(page);
            await page.locator('.pswp--open').waitFor();
            await key('Escape')(page);
            await page.locator('.pswp').waitFor({ state: 'detached' });
        }, /^a: Clouds/],
    ], expected: [/photos\/[0-9a-f]{32}/] },
    'the viewer': { name: 'ada', steps: [
        ['opened', async (page) => { await open('/@ada', '.grid a')(page); await openPhoto(0)(page); await key('Escape')(page); }, 'photo 0'],
        ['closed at another photo', async (page) => {
            await openPhoto(0)(page);
            await key('ArrowRight', 'ArrowRight')(page);
            await page.locator('.pswp').locator('.pswp__counter').getByText('3 / 4').waitFor();
            await key('Escape')(page);
            await page.locator('.pswp').waitFor({ state: 'detached' });
        }, 'photo 2'],
        ['edited', async (page) => { await openPhoto(1)(page); await edit(inPanel)(page); }, /^textarea: /],
        ['saved', async (page) => { await page.getByLabel('Caption').fill('Dunes'); await press('button', 'Save', inPanel)(page); }, 'button: Edit'],
        ['left by Escape', async (page) => { await edit(inPanel)(page); await key('Escape')(page); }, 'button: Edit'],
        ['deleted', press('button', 'Delete', inPanel), 'div: Photo viewer'],
        ['and undone from within', async (page) => {
            await press('button', 'Undo')(page);
            await page.locator('.pswp').getByRole('status').getByText('Dunes').waitFor();
        }, 'div: Photo viewer'],
        ['deleted, and closed', async (page) => {
            await press('button', 'Delete', inPanel)(page);
            await page.getByText('Photo deleted').filter({ visible: true }).waitFor();
            await key('Escape')(page);
            await page.locator('.pswp').waitFor({ state: 'detached' });
        }, 'photo 1'],
        ['undone in the list', press('button', 'Undo'), 'photo 1'],
        ['deleted again, and undone by key', async (page) => {
            await openPhoto(1)(page);
            await press('button', 'Delete', inPanel)(page);
            await page.locator('.pswp').getByRole('status').getByText('Photo deleted').waitFor();
            await key('Control+z')(page);
            await page.locator('.pswp').getByRole('status').getByText('Dunes').waitFor();
        }, 'div: Photo viewer'],
    ] },
    'deleting at its own page': { name: 'ada', steps: [
        ['deleted', async (page) => {
            await open('/@ada', '.grid a')(page);
            await page.evaluate((path) => { const link = document.createElement('a'); link.href = path; document.body.append(link); link.click(); }, `/photo/${ids[1]}`);
            await press('button', 'Delete')(page);
            await page.waitForURL('**/@ada');
        }, 'main#content: '],
        ['undone', press('button', 'Undo'), /^photo /],
    ] },
    'uploads': { name: 'focus_b', steps: [
        ['a caption is saved', async (page) => {
            await open('/mine', '.empty')(page);
            await choose(page, [photograph(90), photograph(91), letter('a.jpg')], () => press('button', 'Choose photos')(page));
            await jobState(page, 'a.jpg', 'Not published');
            for (const number of [90, 91]) await jobState(page, photograph(number).name, 'Published');
            await press('button', `Caption: ${photograph(90).name}`)(page);
            await page.getByLabel('Caption', { exact: true }).fill('Wood');
            await press('button', 'Save')(page);
            await job(page, photograph(90).name).getByText('Wood').waitFor();
        }, `button: Caption: ${photograph(90).name}`],
        ['one is removed', press('button', 'Remove from list: a.jpg'), `button: Remove from list: ${photograph(91).name}`],
        ['the last of the list is removed', press('button', `Remove from list: ${photograph(90).name}`), `button: Remove from list: ${photograph(91).name}`],
        ['the rest is cleared', press('button', 'Clear finished'), 'button: Choose photos'],
    ], expected: [/\/uploads\//] },
    'the panel of uploads': { name: 'focus_c', steps: [
        ['it is closed', async (page) => {
            await open('/', '.grid a')(page);
            await choose(page, [photograph(92)], () => press('button', 'Upload')(page));
            await page.locator('.summary').getByText('1 photo published').waitFor();
            await press('button', 'Close', (one) => one.locator('.panel'))(page);
        }, 'button: Upload'],
    ] },
};

for (const [device, options] of Object.entries({ desktop: DESKTOP, phone: PHONE }))
    for (const [journey, { steps, ...person }] of Object.entries(JOURNEYS))
        test(`${journey}, on a ${device}`, () => withPage(server, async (page) => {
            page.setDefaultTimeout(15_000);
            for (const [what, act, there, thereOnPhone = there] of steps) {
                await act(page);
                await isAt(page, device === 'phone' ? thereOnPhone : there, what);
            }
        }, { ...options, ...person, name: person.name?.replace('_', `_${device}_`) }));
