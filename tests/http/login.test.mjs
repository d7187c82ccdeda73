// How the program is started: who may come in, and that flags, variables, INI file and --help are one table.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { png } from './pictures.mjs';
import { newFolder, runProgram, startServer } from './server.mjs';

/* One for all tests that need no other, because a sanitized program is slow to start. */
let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

describe('a login', () => {
    let folder;
    before(() => { folder = newFolder(); });
    after(() => rmSync(folder, { recursive: true }));

    it('is a name without proof, and the server says so when it starts', async () => {
        const line = await server.logged('login', (one) => one.event === 'login');
        assert.equal(line.level, 'warning');
        assert.match(line.message, /^No passwords: anyone who can reach this server can act as any user\.$/);
    });

    it('is the reason not to listen for other machines, unless that is wanted', async () => {
        // Nothing of this gets as far as a socket.
        for (const address of ['0.0.0.0:0', '[::]:0', '192.0.2.1:0', 'example.org:0', '10.127.0.1:0', '0:0', '128.0.0.1:0',
            '127.example.org:0', 'localhost.example.org:0']) {
            const ended = await runProgram(['serve', '--listen', address, '--data', join(folder, 'data')]);
            assert.equal(ended.code, 2, `${address}: ${ended.stderr}`);
            assert.match(ended.stderr, /would let other machines in, and there are no passwords/);
            assert.match(ended.stderr, /127\.0\.0\.1 or \[::1\], or add --open-login/);
            assert.equal(existsSync(join(folder, 'data')), false, 'it ends before it makes its folder');
        }
    });

    it('is no hindrance on the loopback', async () => {
        for (const [address, ...flags] of [['127.1.2.3:0'], ['localhost:0', '--open-login']]) {
            const other = await startServer({ flags: ['--listen', address, ...flags] });
            assert.match(other.address, /^(127\.\d+\.\d+\.\d+|\[::1\]):[1-9]\d*$/);
            assert.equal((await other.get('/healthcheck')).code, 200);
            await other.stop();
        }
    });
});

describe('the moderator', () => {
    it('that looks at nothing is named when the server starts', async () => {
        const line = await server.logged('moderation', (one) => one.event === 'moderation');
        assert.equal(line.level, 'warning');
        assert.equal(line.moderator, 'none');
        assert.match(line.cannot_see, /everything/);
    });

    it('that nobody knows is refused, naming the known ones', async () => {
        const folder = newFolder();
        const ended = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', folder, '--moderator', 'oracle']);
        rmSync(folder, { recursive: true });
        assert.equal(ended.code, 2);
        assert.match(ended.stderr, /there is no moderator "oracle"; there are: none/);
    });
});

/* The rows of --help: { name, value (its word), example }. The example is the default, or what the setting could be. */
async function readHelp(command) {
    const ended = await runProgram([command, '--help']);
    assert.equal(ended.code, 0, ended.stderr);
    const rows = [...ended.stdout.matchAll(/^  --([a-z-]+)(?: ([A-Z:]+))? +(.*?)(?: \[(.*)\])?$/gm)]
        .map(([, name, value, help, standard]) => ({ name, value, help, standard }));
    return { text: ended.stdout, rows };
}

describe('settings', () => {
    let folder, rows, text;
    before(async () => {
        folder = newFolder();
        ({ rows, text } = await readHelp('serve'));
    });
    after(() => rmSync(folder, { recursive: true }));

    const fitting = ({ name, standard }) => ({ listen: '127.0.0.1:0', data: join(folder, 'data'), store: `sqlite:${folder}/x.db`,
        buckets: `file:${folder}/x`, config: join(folder, 'empty.ini'), workers: '1' })[name] ?? standard;
    /* Read all settings, then stop at a bad last one: so nothing is started. */
    const readOnly = (words, options) => runProgram(['serve', ...words, '--log-level', 'nonsense'], options);
    const readWell = (ended) => {
        assert.equal(ended.code, 2, ended.stderr);
        assert.equal(ended.stderr, 'cloudphotos serve: --log-level: "nonsense" is not debug, info, warning or error\n');
    };

    it('in --help are the ones that an operator needs, each with a sentence', () => {
        const names = rows.map(({ name }) => name);
        for (const name of ['listen', 'data', 'store', 'buckets', 'moderator', 'open-login', 'max-upload', 'max-pixels',
            'max-frames', 'connections',
            'idle-timeout', 'header-timeout', 'drain-timeout', 'darkrooms', 'darkroom-timeout', 'darkroom-memory', 'log-level',
                'config', 'help'])
            assert.ok(names.includes(name), name);
        assert.equal(new Set(names).size, names.length);
        for (const { name, help } of rows) assert.match(help, /\w+ \w+/, name);
        assert.match(text, /^Usage: cloudphotos serve \[OPTIONS\]/);
    });

    it('in --help are all taken as flags, with their defaults, in both spellings', async () => {
        writeFileSync(join(folder, 'empty.ini'), '');
        const settings = rows.filter(({ name }) => !['help', 'log-level'].includes(name));
        assert.ok(settings.length > 15);
        // All at once, because a sanitized program is slow to start. A flag that isn't taken is named in its sentence.
        readWell(await readOnly(settings.flatMap((row) => (row.value ? [`--${row.name}`, fitting(row)] : [`--${row.name}`]))));
        readWell(await readOnly(settings.map((row) => (row.value ? `--${row.name}=${fitting(row)}` : `--${row.name}=no`))));
    });

    it('in --help are all taken as variables, and as keys of the file', async () => {
        const settings = rows.filter(({ name }) => !['help', 'log-level', 'config'].includes(name));
        const environment = Object.fromEntries(settings.map((row) =>
            [`CLOUDPHOTOS_${row.name.toUpperCase().replaceAll('-', '_')}`, row.value ? fitting(row) : 'no']));
        readWell(await readOnly([], { environment }));
        const file = join(folder, 'all.ini');
        writeFileSync(file, ['# all', '; of them', '[serve]',
            ...settings.map((row) => `${row.name} = ${row.value ? fitting(row) : 'no'}`), ''].join('\n'));
        readWell(await readOnly(['--config', file]));
        readWell(await readOnly([], { environment: { CLOUDPHOTOS_CONFIG: file } }));
    });

    it('of one source go before those of the next: flag, variable, file, default', async () => {
        const file = join(folder, 'limit.ini');
        writeFileSync(file, '[admin]\nlimit = 3\n[serve]\nmax-upload = 3K\n');
        const environment = { CLOUDPHOTOS_MAX_UPLOAD: '2K' };
        for (const [words, variables, bytes] of [[['--config', file, '--max-upload', '1K'], environment, 1024],
            [['--config', file], environment, 2048],
            [['--config', file], {}, 3072], [[], {}, 64 << 20]]) {
            const limited = await startServer({ flags: words, environment: variables });
            const answer = await limited.upload('ann', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(5000)]));
            if (bytes < 5000) assert.match(answer.json.detail, new RegExp(`larger than ${bytes / 1024} KB, which is the limit`));
            else assert.equal(answer.code, 422);
            await limited.stop();
        }
    });

    const wrong = [
        [['--colour'], /there is no option --colour/], [['--colour=red'], /there is no option --colour/],
        [['-x'], /there is no option -x/],
        [['--Data', 'x'], /there is no option --Data/], [['--dat', 'x'], /there is no option --dat/],
        [['word'], /"word" is not expected/],
        [['--data'], /--data needs a value/], [['--max-upload', '64X'], /--max-upload: "64X" is not a number of bytes/],
        [['--max-upload', '-1'], /out of range; allowed is 1K to 4G/], [['--max-upload', '1023'], /out of range/],
        [['--max-upload', '99999999999999999999'], /./],
        [['--pool-threads', '0'], /out of range; allowed is 1 to 1024/], [['--pool-threads', '3.5'], /is not a whole number/],
        [['--pool-threads', ''], /is not a whole number/],
        [['--idle-timeout', '5 s'], /is not a time/], [['--open-login=perhaps'], /is not yes or no/],
        [['--log-level', 'loud'], /is not debug, info, warning or error/],
        [['--moderator', 'none', '--when-unsure', 'perhaps'], /--when-unsure: "perhaps" is not refuse, hold or publish/],
        [['--config', '/nowhere/at/all.ini'], /can't be read/], [['--listen', '127.0.0.1'], /./],
        [['--listen', '127.0.0.1:99999'], /./],
        [['--listen', '127.0.0.1:http'], /./], [['--store', 'mysql:x'], /./], [['--buckets', 'ftp:x'], /./],
    ];
    for (const [words, sentence] of wrong)
        it(`that make no sense end the program at once, with status 2 and a sentence: ${words.join(' ')}`, async () => {
            const where = words.includes('--data') || words.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
            const ended = await runProgram(['serve', ...where, '--data', join(folder, 'wrong'), ...words]);
            assert.equal(ended.code, 2, `${ended.stdout}${ended.stderr}`);
            assert.match(ended.stderr, sentence);
            assert.match(ended.stderr, /^cloudphotos serve: .+\n$/);
        });

    for (const words of [['--log-level', 'loud'], ['--when-unsure', 'perhaps'], ['--allow-origin', 'photos'], ['--trusted-proxy', 'photos'],
        ['--base-path', 'photos']])
        it(`that make no sense leave nothing behind: ${words.join(' ')}`, async () => {
            const data = join(folder, `untouched${words[0]}`);
            assert.equal((await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', data, ...words])).code, 2);
            assert.equal(existsSync(data), false, 'it ends before it makes its folder');
        });

    for (const [says, content, sentence] of [['an unknown key', '[serve]\ncolour = red\n',
        /wrong\.ini:2: there is no setting "colour"/],
        ['no equals sign', 'listen\n', /wrong\.ini:1: expected key = value/],
        ['an open section', '[serve\n', /wrong\.ini:1: a section is written \[name\]/],
        ['a bad value', '\n\nmax-frames = many\n', /wrong\.ini:3: max-frames: "many" is not a whole number/]])
        it(`in a file with ${says} are refused, naming the place`, async () => {
            const file = join(folder, 'wrong.ini');
            writeFileSync(file, content);
            const ended = await runProgram(['serve', '--data', join(folder, 'wrong'), '--config', file]);
            assert.equal(ended.code, 2);
            assert.match(ended.stderr, sentence);
        });
});

describe('the program', () => {
    it('without a command says which there are', async () => {
        const ended = await runProgram([]);
        assert.equal(ended.code, 2);
        assert.match(ended.stderr, /serve .*\n +worker .*\n +fleet .*\n +admin /);
    });

    for (const word of ['--help', '-h', 'help'])
        it(`tells about itself: ${word}`, async () => {
            const ended = await runProgram([word]);
            assert.equal(ended.code, 0);
            assert.match(ended.stdout, /Usage: cloudphotos COMMAND/);
        });

    it('tells its version', async () => {
        assert.match((await runProgram(['--version'])).stdout, /^cloudphotos \d+\.\d+\.\d+\n$/);
    });

    it('does not know other commands', async () => {
        const ended = await runProgram(['dance']);
        assert.equal(ended.code, 2);
        assert.match(ended.stderr, /there is no command "dance"/);
    });

    it('shares a data folder with others', async () => {
        const one = await startServer(), other = await startServer({ data: one.data });
        const id = await one.publish('ann', png(30, 20));
        assert.equal((await other.get(`/photos/${id}`)).json.status, 'SUCCESS');
        assert.equal((await other.get(`/buckets/photos/${id}-comp.webp`)).code, 200);
        await other.stop();
        assert.equal((await one.get('/healthcheck')).code, 200);
        await one.stop();
    });

    it('does not share one that an earlier version serves, which wants it alone', async () => {
        const early = await startServer();
        await early.kill();
        const lock = spawn('flock', ['--exclusive', join(early.data, 'buckets', '.lock'), 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
        lock.stdin.write('locked');
        await once(lock.stdout, 'data');
        const ended = await runProgram(['serve', '--listen', '127.0.0.1:0', '--data', early.data]);
        lock.stdin.end();
        assert.equal(ended.code, 1);
        assert.match(ended.stderr, /^cloudphotos serve: The folder .*buckets is in use by another process \(PID \d+\)\.\n$/);
        rmSync(early.data, { recursive: true });
    });

    it('does not listen where somebody listens already', async () => {
        const folder = newFolder();
        const ended = await runProgram(['serve', '--listen', `127.0.0.1:${server.port}`, '--data', folder]);
        rmSync(folder, { recursive: true });
        assert.equal(ended.code, 1);
        assert.match(ended.stderr, /Can't listen on 127\.0\.0\.1:\d+: Address already in use/);
    });

    const NO_ID = 'the id of the photo is missing; ids have 32 hexadecimal digits';
    const BAD_ID = '"0123" isn\'t an id; ids have 32 hexadecimal digits';
    for (const [words, sentence] of [['executions show', NO_ID], ['executions retry 0123', BAD_ID],
        ['executions dance', 'executions has no sub-command "dance"; there are list, show ID, retry ID and abort ID'],
        ['moderation review approve', NO_ID], ['moderation review refuse 0123', BAD_ID],
        ['moderation review dance', 'review has no sub-command "dance"; there are list, approve ID and refuse ID'],
        ['moderation verdicts forget', NO_ID], ['moderation verdicts forget 0123', BAD_ID],
        ['moderation verdicts dance', 'verdicts has no sub-command "dance"; there are list and forget ID']])
        it(`says what is wrong with the words of an admin command: ${words}`, async () => {
            const ended = await runProgram(['admin', ...words.split(' '), '--data', newFolder()]);
            assert.deepEqual([ended.code, ended.stderr], [2, `cloudphotos admin: ${sentence}\n`]);
        });

    it('looks into the executions beside a running server, and retries what failed', async () => {
        const { png } = await import('./pictures.mjs');
        const good = await server.publish('ann', png(20, 20));
        const broken = Buffer.from(png(400, 300));
        broken.fill(0x55, 60, broken.length - 30);
        const bad = (await server.upload('ann', broken)).json.photo_id;
        assert.equal((await server.ended_photo(bad)).data.status, 'ERROR');
        const admin = (...words) => runProgram(['admin', ...words, '--data', server.data]);
        const list = await admin('executions');
        assert.equal(list.code, 0, list.stderr);
        assert.match(list.stdout, new RegExp(`^ID +STATUS +STARTED +UPDATED +STATE\n${bad}  FAILED .*\n${good}  SUCCEEDED .*\n$`));
        assert.match((await admin('executions', 'list', '--status', 'FAILED')).stdout, new RegExp(`^ID.*\n${bad} .*\n$`));
        assert.equal((await admin('executions', '--limit', '1')).stdout.split('\n').length, 3);
        const shown = await admin('executions', 'show', good);
        assert.match(shown.stdout, /ExecutionStarted[^]*TaskStateEntered[^]*DetectAndStore[^]*Resize[^]*Publish[^]*ExecutionSucceeded/);
        const again = await admin('executions', 'retry', good);
        assert.equal(again.code, 1);
        assert.match(again.stderr, /An execution that is SUCCEEDED can't be retried/);
        for (const [words, code] of [[['executions', 'show', 'x'], 2], [['executions', 'show'], 2], [['executions', 'dance'], 2],
            [['dance'], 2], [[], 2],
            [['executions', 'show', '0'.repeat(32)], 1], [['executions', '--status', 'LATE'], 2]])
            assert.equal((await admin(...words)).code, code, words.join(' '));
    });
});
