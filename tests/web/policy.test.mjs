// What nobody can make the page do: its Content-Security-Policy as a browser enforces it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { photograph } from './album.mjs';
import { closeBrowser, startWith, withPage } from './browser.mjs';

let server;
before(async () => { ({ server } = await startWith([['ada', photograph(0).bytes]])); });
after(async () => { await closeBrowser(); await server.stop(); });

/* Each is refused with a TypeError that says so. */
const TRIES = [
    ['make a Trusted Types policy of a name that is not the app\'s', () => { trustedTypes.createPolicy('other', {}); }, /Policy "?other"? disallowed/i],
    ['write HTML from a string', () => { document.body.innerHTML = '<p>x</p>'; }, /TrustedHTML/],
    ['fetch a script by a string', () => { document.createElement('script').src = '/assets/x.js'; }, /TrustedScriptURL/],
];

for (const [what, attempt, sentence] of TRIES)
    test(`the page can't ${what}`, () => withPage(server, async (page) => {
        await page.goto('/');
        await page.locator('.grid img').first().waitFor();
        await page.evaluate(() => { addEventListener('securitypolicyviolation', ({ effectiveDirective }) => { globalThis.violated = effectiveDirective; }); });
        await assert.rejects(page.evaluate(attempt), (error) => error.message.includes('TypeError') && sentence.test(error.message));
        await page.waitForFunction(() => /trusted-types/.test(globalThis.violated));
    }, { expected: [/Trusted ?(Type|HTML|Script)|Content Security Policy/i] }));
