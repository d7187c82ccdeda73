// On paper: photos whole, with caption, author and day; no bars, no buttons, no dark ground. Read from the PDF that a browser prints,
// in which every photo is a colour of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { png } from '../http/pictures.mjs';
import { closeBrowser, DESKTOP, PHONE, startWith, withPage } from './browser.mjs';

const SHAPES = [[300, 200], [200, 300], [400, 200], [240, 240], [300, 225]];
const COUNT = 24;
/* Apart from each other by more than what WebP changes, and none of them grey. */
const colourOf = (number) => [[40, 120, 220][number % 3], [40, 120, 220][Math.floor(number / 3) % 3], [0, 90, 255][Math.floor(number / 9)]];
const shapeOf = (number) => SHAPES[number % SHAPES.length];
const plain = (number) => png(...shapeOf(number), { value: (x, y, channel) => colourOf(number)[channel] });
const photos = Array.from({ length: COUNT }, (_, number) => number).filter((number) => new Set(colourOf(number)).size > 1);

let server;
let ids;
let folder;
before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloudphotos-print-'));
    ({ server, ids } = await startWith(photos.map((number) => ['ada', plain(number)])));
    await server.ask('PATCH', `/photos/${ids[0]}`, { headers: { Authorization: 'ada', 'Content-Type': 'application/json' },
        body: JSON.stringify({ caption: 'The sea in the morning' }) });
});
after(async () => { await closeBrowser(); await server.stop(); rmSync(folder, { recursive: true }); });

/* The pages as rows of pixels: { width, height, at(x, y) } each. */
async function print(page) {
    const file = join(folder, 'page.pdf');
    await page.pdf({ path: file, format: 'A4', printBackground: true, margin: { top: '12mm', bottom: '12mm', left: '12mm', right: '12mm' } });
    const count = Number(execFileSync('vipsheader', ['-f', 'n-pages', file]));
    return Array.from({ length: count }, (_, number) => {
        const raw = join(folder, 'page.ppm');
        execFileSync('vips', ['flatten', `${file}[page=${number},dpi=36]`, raw], { stdio: ['ignore', 'ignore', 'pipe'] });
        const bytes = readFileSync(raw);
        const [head, width, height] = /^P6\s(?:#.*\s)*(\d+) (\d+)\s255\s/.exec(bytes.toString('latin1', 0, 200));
        const pixels = bytes.subarray(head.length);
        return { width: Number(width), height: Number(height), at: (x, y) => pixels.subarray(3 * (y * width + x), 3 * (y * width + x) + 3) };
    });
}

const EDGE = 5; // so many pixels of a line may be a mixture of two others

/* Where a colour is: once for each page that has it. */
function places(pages, number) {
    const wanted = colourOf(number);
    return pages.flatMap(({ width, height, at }, page) => {
        const columns = new Array(width).fill(0);
        const rows = new Array(height).fill(0);
        for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
            const pixel = at(x, y);
            if (wanted.some((channel, index) => Math.abs(pixel[index] - channel) > 12)) continue;
            columns[x]++;
            rows[y]++;
        }
        const extent = (counts) => counts.findLastIndex((count) => count > EDGE) - counts.findIndex((count) => count > EDGE) + 1;
        return Math.max(...rows) <= EDGE ? [] : [{ page, width: extent(columns), height: extent(rows) }];
    });
}

function assertWhole(pages, number) {
    const found = places(pages, number);
    assert.equal(found.length, 1, `photo ${number} is on one page: ${JSON.stringify(found)}`);
    const [width, height] = shapeOf(number);
    const [{ width: shown, height: tall }] = found;
    assert.ok(Math.abs(shown / tall - width / height) < 0.12, `photo ${number} is whole: ${shown} × ${tall}, not as ${width} × ${height}`);
}

/* The part of a page that is white. */
const whiteness = ({ width, height, at }) => {
    let white = 0;
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (at(x, y).every((channel) => channel > 250)) white++;
    return white / (width * height);
};

const printed = (page) => page.evaluate(() => document.body.innerText.trim().split(/\n+/));

for (const [device, options] of [['a desktop', DESKTOP], ['a phone', PHONE]]) {
    test(`a profile, from ${device}: every photo once, and whole`, () => withPage(server, async (page) => {
        await page.goto('/@ada');
        await page.locator('.grid img').first().waitFor();
        await page.waitForFunction((count) => document.querySelector('.grid li')?.getAttribute('aria-setsize') === String(count), photos.length);
        await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
        await page.waitForFunction(() => [...document.querySelectorAll('.grid img')].every((image) => image.complete));
        const pages = await print(page);
        for (const number of photos) assertWhole(pages, number);
        for (const one of pages) assert.ok(whiteness(one) > 0.2, 'the ground is white');
        await page.emulateMedia({ media: 'print' });
        assert.deepEqual(await printed(page), ['A', 'ada', `${photos.length} photos`]);
    }, { ...options, name: 'ada', colorScheme: 'dark' }));

    test(`a photo, from ${device}: whole, with its words`, () => withPage(server, async (page) => {
        await page.goto(`/photo/${ids[0]}`);
        await page.locator('.facts').waitFor();
        await page.evaluate(() => document.querySelector('.stage img').decode());
        const pages = await print(page);
        assert.equal(pages.length, 1);
        assertWhole(pages, photos[0]);
        assert.ok(whiteness(pages[0]) > 0.5, 'the ground is white');
        await page.emulateMedia({ media: 'print' });
        const lines = await printed(page);
        assert.ok(['ada', 'The sea in the morning', 'Published'].every((line) => lines.includes(line)), lines.join('\n'));
        assert.ok(lines.some((line) => /^\d+ \w+ 20\d\d/.test(line)), lines.join('\n'));
        assert.ok(!lines.some((line) => /Download|Delete|Edit|Copy|Link|HTML|Upload|Home|ago$/.test(line)), lines.join('\n'));
        assert.ok(await page.evaluate(() => getComputedStyle(document.body).color) === 'rgb(28, 27, 25)', 'dark words');
    }, { ...options, name: 'ada', colorScheme: 'dark' }));
}
