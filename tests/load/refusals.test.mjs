// What load, simulate and report refuse: with one clear line, and exit status 2.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newFolder, runProgram } from '../http/server.mjs';
import { KnownServer } from './known_server.mjs';

const folder = newFolder();
const chain = join(folder, 'chain.json');
writeFileSync(chain, '{\n"start": "a",\n"states": {"a": {"next": {"b": 0.5,\n"a": 0.4}}, "b": {"request": {"path": "/"}, "next": {"a": 1}}}}');
const text = join(folder, 'text');
writeFileSync(text, 'hello\n');

/* URL is that of a server that is there; what the line has to name. */
const CASES = [
    [['load', 'URL'], /one of --rate, --ramp and --steps/],
    [['load', '--rate', '5/s', '--ramp', '0:5/s', 'URL'], /one of --rate/],
    [['load', '--rate', '5/s'], /give the URL/],
    [['load', '--rate', 'fast', 'URL'], /"fast" isn't a rate: a rate is written 100\/s, 4000\/m/],
    [['load', '--ramp', '0:100/s,60s', 'URL'], /"60s" has no time/],
    [['load', '--rate', '5/s', '--arrivals', 'random', 'URL'], /"random" is neither uniform nor poisson/],
    [['load', '--rate', '5/s', '--timeout', '0', 'URL'], /--timeout: "0" is out of range/],
    [['load', '--rate', '5/s', '--bogus', 'URL'], /no option --bogus/],
    [['load', '--rate', '5/s', '--header', 'nonsense', 'URL'], /"nonsense" isn't a header/],
    [['load', '--rate', '5/s', '--header', 'Content-Length: 5', 'URL'], /the length is set from the body/],
    [['load', '--rate', '5/s', '--method', 'GET /', 'URL'], /"GET \/" isn't a method/],
    [['load', '--rate', '5/s', '--photos', '/nonexistent', 'URL'], /\/nonexistent: No such file/],
    [['load', '--rate', '5/s', '--photos', text, 'URL'], /Not a directory/],
    [['load', '--rate', '5/s', '--body', folder, 'URL'], /regular file/],
    [['load', '--rate', '5/s', '--out', '/nonexistent/run', 'URL'], /can't be created/],
    [['load', '--rate', '5/s', '--find-knee', '--slo', 'p99', 'URL'], /"p99" is no objective/],
    [['load', '--steps', '0:5/s', '--find-knee', 'URL'], /give --rate/],
    [['load', '--rate', '5/s', 'https://127.0.0.1/'], /https is not spoken/],
    [['load', '--rate', '5/s', 'ftp://127.0.0.1/'], /http:\/\/HOST/],
    [['load', '--rate', '5/s', 'http://127.0.0.1:99999x/'], /port is malformed/],
    [['load', '--rate', '5/s', 'http://ann@127.0.0.1/'], /a URL with a user/],
    [['load', '--rate', '5/s', 'http://127.0.0.1:1/'], /can't be reached: Connection refused/],
    [['load', '--rate', '5/s', 'http://198.51.100.1/'], /isn't this machine.*--yes/],
    [['load', 'merge'], /give the new file/],
    [['load', 'merge', join(folder, 'sum'), text], /text:1: /],
    [['simulate', '--users', '5', '--line', '0:5', 'URL'], /one of --users and --line/],
    [['simulate', '--users', '5,x', 'URL'], /"x" isn't a number of users/],
    [['simulate', '--users', '5', '--chain', chain, 'URL'], /chain.json:3: the shares of what follows "a" add up to 0.9, not 1/],
    [['simulate', '--users', '5', '--chain', text, 'URL'], /text: .*line 1/],
    [['simulate', '--users', '5', 'URL'], /state "upload": give --photos/],
    [['simulate', '--users', '5', '--prefix', 'a b', '--photos', folder, 'URL'], /"a b" can't start a name/],
    [['simulate', '--users', '5', '--photos', folder, 'http://198.51.100.1/'], /isn't this machine/],
    [['report'], /give the files/],
    [['report', '/nonexistent'], /can't be read/],
    [['report', text], /text:1: /],
];

test('bad flags, files and targets are refused with one line', async (t) => {
    const server = await new KnownServer(() => 'ok').listen();
    for (const [words, line] of CASES)
        await t.test(words.join(' '), async () => {
            const { code, stderr } = await runProgram(words.map((word) => (word === 'URL' ? server.url : word)), { cwd: folder });
            assert.equal(code, 2);
            assert.match(stderr, line);
            assert.match(stderr, /^cloudphotos (load|load merge|simulate|report): .*\n$/, 'it is one line');
        });
    assert.equal(server.records.length, 0, 'nothing was sent');
    server.die();
});

test('--help of each says what there is', async () => {
    for (const command of ['load', 'load merge', 'simulate', 'report']) {
        const { code, stdout } = await runProgram([...command.split(' '), '--help']);
        assert.equal(code, 0);
        assert.match(stdout, new RegExp(`^Usage: cloudphotos ${command} `));
    }
});
