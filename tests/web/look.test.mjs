// Looking at photos: home, search, profiles, the viewer, a photo's own page, and what can be done with it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { choose, closeBrowser, jobState, PHONE, startWith, withPage } from './browser.mjs';

let server;
let ids;

before(async () => {
    const names = ['ada', 'ada', 'ada', 'annika', 'anna_b', 'ada'];
    ({ server, ids } = await startWith(names.map((name, number) => [name, photograph(number).bytes])));
});
after(async () => { await closeBrowser(); await server.stop(); });

const cells = (page) => page.locator('.grid a');
const newestOfAda = () => ids[5];

test('home shows what everybody has published, newest first', () => withPage(server, async (page) => {
    await page.goto('/');
    await page.getByRole('heading', { name: 'Recent photos' }).waitFor();
    await cells(page).nth(5).waitFor();
    const shown = await cells(page).evaluateAll((links) => links.map((link) => link.pathname));
    assert.deepEqual(shown, ids.toReversed().map((id) => `/photo/${id}`));
}));

test('search shows names and numbers of photos while one types, and goes there by keys', () => withPage(server, async (page) => {
    await page.goto('/');
    await cells(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('an');
    await page.getByText('at least three letters').waitFor();
    await page.keyboard.type('n');
    const options = page.getByRole('option');
    await options.nth(1).waitFor();
    assert.deepEqual(await options.allInnerTexts().then((all) => all.map((text) => text.replaceAll('\n', ' '))),
        ['A anna_b 1 photo', 'A annika 1 photo']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/@annika');
    await page.getByRole('heading', { name: 'annika' }).waitFor();
}));

test('the newest question is answered, in whatever order answers come', () => withPage(server, async (page) => {
    let release;
    const released = new Promise((done) => { release = done; });
    await page.route('**/users?username=ada&**', async (route) => { await released; await route.continue().catch(() => {}); });
    await page.goto('/');
    const asked = page.waitForRequest('**/users?username=ada&**');
    await page.fill('#search', 'ada');
    await asked;
    await page.fill('#search', 'annika');
    await page.getByRole('option', { name: 'annika' }).waitFor();
    release();
    await page.waitForLoadState('networkidle');
    assert.deepEqual(await page.getByRole('option').locator('strong').allInnerTexts(), ['annika']);
}));

test('a search has a page of results; nobody is said in words', () => withPage(server, async (page) => {
    await page.goto('/search?q=ann');
    await page.getByRole('heading', { name: 'start with “ann”' }).waitFor();
    await page.locator('.people strong').nth(1).waitFor();
    assert.deepEqual(await page.locator('.people strong').allInnerTexts(), ['anna_b', 'annika']);
    await page.goto('/search?q=zzz');
    await page.getByRole('heading', { name: 'No names start with “zzz”' }).waitFor();
}));

test('a profile shows its photos and their number', () => withPage(server, async (page) => {
    await page.goto('/@ada');
    await page.getByText('4 photos').waitFor();
    await cells(page).nth(3).waitFor();
    assert.equal(await cells(page).count(), 4);
    await page.goto('/@nobody_yet');
    await page.getByRole('heading', { name: 'No published photos' }).waitFor();
}));

test('arrow keys move among photos, Enter opens one, Escape leaves it', () => withPage(server, async (page) => {
    await page.goto('/@ada');
    await cells(page).first().waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.activeElement.dataset.index === '1');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => document.activeElement.dataset.index === '0');
    await page.keyboard.press('Enter');
    await page.locator('.pswp--open').waitFor();
    await page.waitForURL(`**/photo/${newestOfAda()}`);
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(`**/photo/${ids[2]}`);
    await page.keyboard.press('Escape');
    await page.locator('.pswp').waitFor({ state: 'detached' });
    await page.waitForURL('**/@ada');
    await page.waitForFunction(() => document.activeElement.dataset.index === '1'); // at the photo that was seen last
}));

for (const [device, options] of [['a desktop', {}], ['a phone', PHONE]]) {
    test(`the author's name in the viewer opens the profile, on ${device}`, () => withPage(server, async (page) => {
        await page.goto('/');
        await cells(page).nth(1).click();
        await page.locator('.viewer').waitFor();
        if (!await page.locator('.viewer-panel .info').isVisible()) await page.getByRole('button', { name: 'Details' }).click();
        const name = await page.locator('.viewer-panel .author strong').innerText();
        await page.locator('.viewer-panel .author').click();
        await page.waitForURL(`**/@${name}`);
        await page.getByRole('heading', { name, exact: true }).waitFor();
        await page.locator('.viewer').waitFor({ state: 'detached' });
        await page.waitForTimeout(400); // long enough for an address that would change once more
        assert.equal(new URL(page.url()).pathname, `/@${name}`);
        await page.goBack(); // to the photo, at its own page
        await page.waitForURL('**/photo/*');
        await page.locator('.photo-page .stage').waitFor();
    }, options));
}

for (const [device, options] of [['a desktop', {}], ['a phone', PHONE]]) {
    test(`the viewer's details leave the photo in sight, on ${device}`, () => withPage(server, async (page) => {
        await page.goto('/');
        await cells(page).first().click();
        await page.locator('.viewer').waitFor();
        if (!await page.locator('.viewer-panel .info').isVisible()) await page.getByRole('button', { name: 'Details' }).click();
        await page.locator('.viewer-panel .info').waitFor();
        await page.waitForFunction(() => {
            const photo = document.querySelector('.pswp__item[aria-hidden="false"] .pswp__img:not(.pswp__img--placeholder)')?.getBoundingClientRect();
            const panel = document.querySelector('.viewer-panel').getBoundingClientRect();
            return photo?.width > 100 && (photo.bottom <= panel.top + 1 || photo.right <= panel.left + 1);
        });
    }, options));
}

test('"back" closes the viewer; its details tell about the photo', () => withPage(server, async (page) => {
    await page.goto('/');
    await cells(page).first().click();
    await page.locator('.pswp--open').waitFor();
    await page.getByRole('button', { name: 'Details' }).click();
    const panel = page.locator('.viewer-panel');
    await panel.getByText('JPEG').waitFor();
    await panel.getByRole('link', { name: 'Download' }).waitFor();
    await page.goBack();
    await page.locator('.pswp').waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).pathname, '/');
}));

test('a photo that is turned to is its thumbnail until it has come; then it is there, and its address', () => withPage(server, async (page) => {
    let letCome;
    const come = new Promise((done) => { letCome = done; });
    await page.route(`**/${ids[4]}-comp.webp`, async (route) => { await come; await route.continue(); });
    await page.goto('/');
    await cells(page).first().click();
    const shown = page.locator('.pswp__item[aria-hidden="false"]');
    const large = shown.locator('img:not(.pswp__img--placeholder)');
    await large.waitFor();
    await page.keyboard.press('ArrowRight');
    await shown.locator(`img.pswp__img--placeholder[src$="${ids[4]}-thumb.webp"]`).waitFor();
    await page.waitForURL(`**/photo/${ids[4]}`);
    assert.equal(await large.count(), 0);
    letCome();
    await large.waitFor();
    assert.equal(await large.evaluate((image) => image.complete && image.src.split('/').at(-1)), `${ids[4]}-comp.webp`);
}));

test('a photo has an address of its own, and can be copied in three forms', () => withPage(server, async (page) => {
    await page.goto(`/photo/${newestOfAda()}`);
    await page.getByRole('img', { name: 'Photo by ada' }).waitFor();
    const copied = async (label) => {
        await page.getByRole('button', { name: label, exact: true }).click();
        await page.getByText('Copied').waitFor();
        return await page.evaluate(() => navigator.clipboard.readText());
    };
    const link = `${server.url}/photo/${newestOfAda()}`;
    const image = `${server.url}/buckets/photos/${newestOfAda()}-comp.webp`;
    assert.equal(await copied('Link'), link);
    assert.equal(await copied('Markdown'), `[![Photo by ada](${image})](${link})`);
    assert.match(await copied('HTML'), new RegExp(`^<a href="${link}"><img src="${image}" width="\\d+" height="\\d+" alt="Photo by ada"></a>$`));
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
    assert.match(download.suggestedFilename(), /^ada-[0-9a-f]{8}\.webp$/);
    await page.locator('.stage').click();
    await page.locator('.pswp--open').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.pswp').waitFor({ state: 'detached' });
}, { permissions: ['clipboard-read', 'clipboard-write'] }));

test('its author gives a photo a caption and a description; others can not', () => withPage(server, async (page) => {
    await page.goto(`/photo/${ids[0]}`);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Caption').fill('The storm, "as it came" <over> the sea');
    await page.getByLabel('Description').fill('Dark clouds above a road');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.reload();
    await page.locator('p.caption').getByText('The storm, "as it came" <over> the sea').waitFor();
    await page.getByRole('img', { name: 'Dark clouds above a road' }).waitFor();
    await page.goto(`/photo/${ids[3]}`);
    await page.getByRole('link', { name: 'Download' }).waitFor();
    assert.equal(await page.getByRole('button', { name: /Edit|Delete/ }).count(), 0);
}, { name: 'ada' }));

test('on a photo’s page the viewer says what its author has just said of it', async () => {
    const id = await server.publish('ada', photograph(8).bytes);
    await withPage(server, async (page) => {
        await page.goto(`/photo/${id}`);
        const open = async (words) => {
            await page.locator('.stage').click();
            await page.locator('.pswp').getByRole('img', { name: words }).waitFor();
            await page.keyboard.press('Escape');
            await page.locator('.pswp').waitFor({ state: 'detached' });
        };
        await open('Photo 1 of 1 by ada');
        for (const words of ['A yellow flower', 'A flower in May']) {
            await page.getByRole('button', { name: 'Edit' }).click();
            await page.getByLabel('Caption').fill(words);
            await page.getByRole('button', { name: 'Save' }).click();
            await page.getByRole('button', { name: 'Edit' }).waitFor();
            await open(words);
        }
    }, { name: 'ada' });
    await server.ask('DELETE', `/photos/${id}`, { headers: { Authorization: 'ada' } });
});

test('deleting can be undone for a while, and then is done', async () => {
    const id = await server.publish('ada', photograph(7).bytes);
    await withPage(server, async (page) => {
        await page.clock.install();
        await page.goto('/@ada');
        const cell = page.locator(`a[href$="/photo/${id}"]`);
        const remove = async () => {
            await cell.click();
            await page.locator('.pswp--open').waitFor();
            if (!await page.locator('.viewer-panel .info').isVisible()) await page.getByRole('button', { name: 'Details' }).click();
            await page.locator('.viewer-panel').getByRole('button', { name: 'Delete' }).click();
            await page.getByText('Photo deleted').last().waitFor();
            await page.keyboard.press('Escape'); // the next photo is shown
            await page.locator('.pswp').waitFor({ state: 'detached' });
            await cell.waitFor({ state: 'detached' });
            await page.clock.runFor(1000);
        };
        await remove();
        await page.getByRole('button', { name: 'Undo' }).click();
        await cell.waitFor();
        await page.clock.runFor(10_000);
        assert.equal((await server.get(`/photos/${id}`)).code, 200, 'it is still there');
        await remove();
        const gone = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
        await page.getByRole('button', { name: 'Undo' }).focus();
        await page.clock.runFor(10_000);
        assert.equal((await server.get(`/photos/${id}`)).code, 200, 'the message waits while somebody is at its button');
        await page.getByRole('button', { name: 'Undo' }).blur();
        await page.clock.runFor(10_000);
        assert.equal((await gone).status(), 204);
        assert.equal((await server.get(`/photos/${id}`)).code, 404);
    }, { name: 'ada' });
});

test('the viewer goes on to the next photo when one is deleted, and each can be undone', async () => {
    const own = await startWith([70, 71, 72].map((number) => ['zoe', photograph(number).bytes]));
    const [third, second, first] = own.ids;
    await withPage(own.server, async (page) => {
        await page.goto('/@zoe');
        await cells(page).nth(1).click();
        await page.locator('.pswp--open').waitFor();
        if (!await page.locator('.viewer-panel .info').isVisible()) await page.getByRole('button', { name: 'Details' }).click();
        const shows = (id) => page.locator(`.pswp__item[aria-hidden="false"] img[src$="${id}-comp.webp"]`).waitFor();
        const remove = () => page.locator('.viewer-panel').getByRole('button', { name: 'Delete' }).click();
        await shows(second);
        await remove();
        await shows(third);
        await page.locator('.pswp').getByRole('status').getByText('Photo 2 of 2 by zoe').waitFor();
        await remove();
        await shows(first); // the last one was deleted: the one before
        assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 2);
        await page.getByRole('button', { name: 'Undo' }).first().click();
        await page.getByRole('button', { name: 'Undo' }).first().click();
        await page.keyboard.press('Escape');
        await page.locator('.pswp').waitFor({ state: 'detached' });
        await cells(page).nth(2).waitFor();
    }, { name: 'zoe' });
    await own.server.stop();
});

test('copying works without a secure page, too', () => withPage(server, async (page) => {
    await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.goto(`/photo/${newestOfAda()}`);
    await page.getByRole('button', { name: 'Link', exact: true }).click();
    await page.getByText('Copied').waitFor();
    await page.locator('#search').focus();
    await page.keyboard.press('Control+V');
    assert.equal(await page.locator('#search').inputValue(), `${server.url}/photo/${newestOfAda()}`);
}));

test('a reload and the way back lead to where one was', () => withPage(server, async (page) => {
    await page.setViewportSize({ width: 500, height: 240 });
    await page.goto('/');
    await cells(page).first().waitFor();
    await page.evaluate(() => scrollTo(0, 150));
    const top = await page.evaluate(() => scrollY);
    assert.ok(top > 50, 'there is something to scroll');
    const isThere = () => page.waitForFunction((wanted) => Math.abs(scrollY - wanted) < 2, top);
    await page.waitForFunction((wanted) => history.state?.top === wanted, top);
    await page.reload();
    await isThere();
    await page.evaluate(() => document.querySelector('.brand').click());
    await page.evaluate(() => scrollTo(0, 150));
    await page.evaluate(() => { const link = document.createElement('a'); link.href = '/@ada'; document.body.append(link); link.click(); });
    await page.getByRole('heading', { name: 'ada' }).waitFor();
    await page.goBack();
    await isThere();
}));

test('a server that is away is not called a network that is away', () => withPage(server, async (page) => {
    await page.route('**/users?username=**', (route) => route.abort('connectionrefused'));
    await page.goto('/search?q=ann');
    await page.getByRole('heading', { name: 'The server can’t be reached' }).waitFor();
}, { expected: [/users\?username=ann/] }));

test('a photo or a page that is not there is said in words', () => withPage(server, async (page) => {
    await page.goto('/photo/0123456789abcdef0123456789abcdef');
    await page.getByRole('heading', { name: 'Photo not found' }).waitFor();
    await page.goto('/phtos/recent');
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
}, { expected: [/\/photos?\/0123456789abcdef/, /phtos/] }));

test('a server that does not answer is said in words, and asked again', () => withPage(server, async (page) => {
    await page.route('**/users?username=**', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json',
        body: '{"detail": "The store is away."}' }));
    await page.goto('/search?q=ann');
    await page.getByText('The store is away.').waitFor();
    await page.unroute('**/users?username=**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('annika').waitFor();
}, { expected: [/users\?username=ann/] }));

test('light and dark, by the system or by choice, and it is remembered', () => withPage(server, async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.goto('/');
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('radio', { name: 'Light' }).check();
    assert.equal(await ground(), light);
    await page.reload();
    await page.getByRole('heading', { name: 'Recent photos' }).waitFor();
    assert.equal(await ground(), light);
}, { colorScheme: 'light' }));

test('speaks the language of the browser, or the one that is chosen', () => withPage(server, async (page) => {
    await page.goto('/@ada');
    await page.getByText('4 foto').waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'it');
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByLabel('Lingua').selectOption('en');
    await page.getByText('4 photos').waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
}, { locale: 'it-IT' }));

test('"?" lists the keys', () => withPage(server, async (page) => {
    await page.goto('/');
    await cells(page).first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
}));

test('the whole way on a phone: log in, upload, see, delete', () => withPage(server, async (page) => {
    await page.goto('/');
    await choose(page, [photograph(9)], () => page.locator('.foot-upload').tap());
    await page.getByLabel('User name').fill('phoebe');
    await page.getByRole('button', { name: 'Log in' }).last().tap();
    await page.locator('.foot-bar').getByText('Uploads').tap();
    await jobState(page, photograph(9).name, 'Published');
    await page.getByRole('link', { name: 'Open' }).tap();
    await page.getByRole('img', { name: 'Photo by phoebe' }).waitFor();
    await page.getByRole('button', { name: 'Delete' }).tap();
    await page.getByText('Photo deleted').waitFor();
}, PHONE));
