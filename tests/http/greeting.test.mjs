// What `make run` ends with: the address to open in a browser, after the lines of the log and before all others.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newFolder, program, until } from './server.mjs';

/* What a terminal shows until the greeting has ended, and the server's answer at the first address in it. */
async function watch(words) {
    const folder = newFolder();
    const screen = join(folder, 'screen');
    const file = openSync(screen, 'w');
    const child = spawn(program, ['serve', '--data', join(folder, 'data'), ...words], { stdio: ['ignore', file, file] });
    closeSync(file);
    const ended = new Promise((done) => { child.on('exit', done); });
    try {
        const shown = await until('the greeting', () => /^[^]*-comp\.webp\n\n/.exec(readFileSync(screen, 'utf8'))?.[0]);
        const [address] = /http:\/\/\S+/.exec(shown);
        const answer = await fetch(address);
        return { shown, address, page: await answer.text(), code: answer.status };
    } finally {
        child.kill();
        await ended;
    }
}

describe('the greeting', () => {
    const cases = [
        ['a loopback address', ['--listen', '127.0.0.1:0'], /^http:\/\/127\.0\.0\.1:\d+\/$/],
        ['an address of every network, by one that a browser can open', ['--listen', '0.0.0.0:0', '--open-login'], /^http:\/\/127\.0\.0\.1:\d+\/$/],
    ];
    for (const [what, words, expected] of cases)
        it(`names first ${what}`, async () => {
            const { shown, address, page, code } = await watch(words);
            assert.match(address, expected);
            assert.equal(code, 200);
            assert.match(page, /<html/);
            assert.match(shown, new RegExp(`"event":"serving"[^]*Open it in a browser:\n\n  ${address}\n\n[^]*\n  curl `));
            assert.doesNotMatch(shown.slice(shown.indexOf(address)), /"event"/);
        });
});
