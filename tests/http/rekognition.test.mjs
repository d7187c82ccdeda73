// Moderation by Rekognition through the real server, by upload, against a Rekognition of our own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from './certificate.mjs';
import { sql } from './database.mjs';
import { gif, png, vips, withExif } from './pictures.mjs';
import { FakeRekognition, error, keys, labels, region } from './rekognition_fake.mjs';
import { listFiles, newFolder, runProgram, startServer, until } from './server.mjs';

const quiet = { AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere', no_proxy: '*' };
const environment = { ...quiet, ...keys };
const flagsFor = (fake) => ['--moderator', 'rekognition', '--rekognition-region', region, '--rekognition-endpoint', fake.url];

const fakes = [];
async function newFake(answer, port) {
    const fake = await new FakeRekognition(answer).start(port);
    fakes.push(fake);
    return fake;
}

/* Uploads, and resolves to what GET /photos/ID says when it has ended. */
async function judge(server, bytes) {
    const { json } = await server.upload('ann', bytes);
    await server.ended_photo(json.photo_id);
    return (await server.get(`/photos/${json.photo_id}`)).json;
}

/* Waits until the workflow has tried in vain, and gives why. */
const triedInVain = (server, id) => until(`${id} to be tried in vain`, async () => {
    const { stdout } = await runProgram(['admin', 'executions', 'show', id, '--data', server.data]);
    return stdout.match(/^.*Moderation\.Unavailable.*$/m)?.[0];
});

async function assertUnseen(server, id) {
    assert.equal((await server.get(`/photos/${id}`)).json.status, 'PENDING');
    for (const [bucket, suffix] of [['photos', 'comp'], ['thumbnails', 'thumb']])
        assert.equal((await server.get(`/buckets/${bucket}/${id}-${suffix}.webp`)).code, 403);
}

const auditOf = (server, id) => JSON.parse(sql(server.data, 'SELECT audit FROM photos WHERE hex(id) = ?', id.toUpperCase())[0][0]);

const weapons = labels([['Weapons', 'Violence', 97.4], ['Violence', '', 97.4]]);

describe('a photo that Rekognition looks at', () => {
    const rows = [
        { name: 'nothing', answer: labels([]), status: 'SUCCESS', message: null },
        { name: 'weapons, in today\'s taxonomy', answer: weapons, status: 'ERROR', message: 'Not published: this photo appears to show a weapon (97% confidence).' },
        { name: 'three levels of a label', status: 'ERROR', message: 'Not published: this photo appears to show nudity (88% confidence).',
          answer: labels([['Explicit', '', 88.1], ['Explicit Nudity', 'Explicit', 88.1], ['Exposed Female Nipple', 'Explicit Nudity', 88.1]]) },
        { name: 'nudity, in the first taxonomy', status: 'ERROR', message: 'Not published: this photo appears to show nudity (99% confidence).',
          answer: labels([['Explicit Nudity', '', 99.2], ['Graphic Female Nudity', 'Explicit Nudity', 99.2]], '3.0') },
        { name: 'a top level alone', answer: labels([['Gambling', '', 50]]), status: 'ERROR', message: 'Not published: this photo appears to show "Gambling" (50% confidence).' },
        { name: 'several labels', answer: labels([['Smoking', 'Drugs & Tobacco', 61], ['Drugs & Tobacco', '', 61],
            ['Middle Finger', 'Rude Gestures', 93.6], ['Rude Gestures', '', 93.6]]),
          status: 'ERROR', message: 'Not published: this photo appears to show "Middle Finger" (94% confidence).' },
        { name: 'a label that another service is not sure of', answer: labels([['Weapons', 'Violence', 49.9]]), status: 'SUCCESS', message: null },
        { name: 'only what the operator allows', answer: labels([['Beer', 'Alcohol', 80], ['Alcohol', '', 80]]), status: 'SUCCESS', message: null },
        { name: 'what the operator allows, and more', answer: labels([['Beer', 'Alcohol', 99], ['Alcohol', '', 99], ['Hate Symbols', '', 70]]),
          status: 'ERROR', message: 'Not published: this photo appears to show "Hate Symbols" (70% confidence).' },
        { name: 'labels that are above each other', answer: labels([['A', 'B', 90], ['B', 'A', 91]]), status: 'ERROR', message: 'Not published: this photo appears to show "B" (91% confidence).' },
    ];
    let fake, server;
    before(async () => {
        fake = await newFake(({ width }) => rows[width - 100]?.answer ?? labels([]));
        server = await startServer({ flags: [...flagsFor(fake), '--rekognition-label-only', 'Gore, alcohol'], environment });
    });
    after(async () => {
        await server.stop();
        await fake.stop();
    });

    rows.forEach(({ name, answer, status, message }, i) => it(`shows ${name}: ${message ?? 'it is published'}`, async () => {
        const photo = await judge(server, png(100 + i, 90));
        assert.deepEqual([photo.status, photo.error_message], [status, message]);
        const said = JSON.parse(answer.body);
        const seen = new Map(photo.labels.map((label) => [label.name, label]));
        for (const { Name, ParentName, Confidence } of said.ModerationLabels)
            assert.deepEqual(seen.get(Name), { name: Name, parent: ParentName, confidence: Confidence });
        const audit = auditOf(server, photo.photo_id);
        assert.deepEqual([audit.moderator, audit.model_version, audit.region, audit.threshold, audit.pictures],
            ['rekognition', said.ModerationModelVersion, region, 50, 1]);
        assert.deepEqual(audit.labels.map(({ name: one, parent, confidence }) => [one, parent, confidence]),
            said.ModerationLabels.map(({ Name, ParentName, Confidence }) => [Name, ParentName, Confidence]));
        if (status === 'ERROR')
            assert.deepEqual(listFiles(server.data).filter((file) => file.includes(photo.photo_id)), [], 'nothing of it is left');
    }));

    it('is held in memory no longer than until its end', () => {
        const open = readdirSync(`/proc/${server.pid}/fd`).map((fd) => {
            try { return readlinkSync(`/proc/${server.pid}/fd/${fd}`); } catch { return ''; }
        });
        assert.deepEqual(open.filter((path) => path.startsWith('/memfd:')), []);
    });

    it('is sent as a JPEG of its pixels alone, in the size that Rekognition takes', async () => {
        const sent = [];
        const answer = fake.answer;
        fake.answer = (picture) => { sent.push(picture); return labels([]); };
        for (const bytes of [png(24, 16), vips(1500, 1000, 'webp'), withExif(vips(200, 120, 'jpg'), 6)]) await judge(server, bytes);
        fake.answer = answer;
        assert.deepEqual(sent.map(({ width, height }) => [width, height]), [[80, 80], [1152, 768], [120, 200]]);
        for (const request of fake.requests) assert.equal(request.MinConfidence, 50);
    });

    it('is shown frame by frame if it moves, and in parts if it is very long', async () => {
        const sent = [];
        const answer = fake.answer;
        fake.answer = (picture) => { sent.push(picture); return sent.length === 3 ? weapons : labels([]); };
        const moving = await judge(server, gif(90, 90, 3));
        assert.equal(moving.error_message, 'Not published: this photo appears to show a weapon (97% confidence).');
        assert.equal(auditOf(server, moving.photo_id).groups[0].pictures, 3);
        sent.length = 0;
        assert.equal((await judge(server, png(1000, 200))).error_message, 'Not published: this photo appears to show a weapon (97% confidence).');
        fake.answer = answer;
        assert.deepEqual(sent.map(({ width, height }) => `${width}x${height}`), ['1000x200', ...Array.from({ length: 7 }, () => '200x200')]);
    });

    it('is counted', async () => {
        const metrics = await server.metrics();
        assert.match(metrics, /^cloudphotos_moderation_blind 0$/m);
        assert.match(metrics, /^cloudphotos_moderator_photos_total [1-9]\d*$/m);
        assert.match(metrics, /^cloudphotos_moderator_busy 0$/m);
    });
});

describe('a photo that Rekognition can\'t or won\'t look at', () => {
    const retried = { status: 'SUCCESS', message: null };
    const errors = [
        { name: 'ImageTooLargeException', status: 'ERROR', message: /ImageTooLargeException: as the fake says/ },
        { name: 'InvalidImageFormatException', status: 'ERROR', message: /InvalidImageFormatException: as the fake says/ },
        ...['AccessDeniedException', 'HumanLoopQuotaExceededException', 'InvalidParameterException', 'InvalidS3ObjectException',
            'ProvisionedThroughputExceededException', 'ResourceNotFoundException', 'ResourceNotReadyException', 'ThrottlingException',
            'ExpiredTokenException', 'IncompleteSignatureException', 'UnrecognizedClientException', 'OptInRequired', 'RequestExpired',
            'AnErrorOfTomorrowException'].map((name) => ({ name, ...retried })),
        { name: 'InternalServerError', code: 500, ...retried },
        { name: 'ServiceUnavailableException', code: 503, ...retried },
    ].map(({ code = 400, ...row }) => ({ ...row, answer: error(`com.amazonaws.rekognition#${row.name}`, 'as the fake says', code),
        reason: new RegExp(`code ${code} ${row.name}.*: as the fake says`) }));
    const garbage = [
        ['an error named in the header alone', { code: 400, body: '{}', headers: { 'x-amzn-ErrorType': 'ThrottlingException:http://x/' } }],
        ['a gateway\'s page', { code: 502, body: '<html>Bad Gateway</html>' }],
        ['nothing with a 503', { code: 503, body: '' }],
        ['a redirect', { code: 302, body: '', headers: { Location: 'http://127.0.0.1:1/' } }],
        ['an empty 200', { code: 200, body: '' }],
        ['a page with a 200', { code: 200, body: '<html>Sign in</html>' }],
        ['a list', { code: 200, body: '[]' }],
        ['an object without labels', { code: 200, body: '{"ModerationModelVersion":"7.0"}' }],
        ['labels that are none', { code: 200, body: '{"ModerationLabels":[7]}' }],
        ['a label without a name', { code: 200, body: '{"ModerationLabels":[{"Confidence":90}]}' }],
        ['a label without a confidence', { code: 200, body: '{"ModerationLabels":[{"Name":"Weapons"}]}' }],
        ['more than 100 % sure', { code: 200, body: '{"ModerationLabels":[{"Name":"Weapons","Confidence":100.5}]}' }],
        ['a name without end', { code: 200, body: JSON.stringify({ ModerationLabels: [{ Name: 'x'.repeat(96), Confidence: 90 }] }) }],
        ['more labels than there are', { code: 200,
            body: JSON.stringify({ ModerationLabels: Array.from({ length: 257 }, (_, i) => ({ Name: `${i}`, Confidence: 90 })) }) }],
        ['an answer without end', { code: 200, body: `{"ModerationLabels":[${' '.repeat(1 << 20)}]}` }],
        ['the second half of an answer', { code: 200, body: '"Name":"Weapons"}]}' }],
    ].map(([name, answer]) => ({ name, answer: { ...answer, isGarbage: true }, ...retried,
        reason: /the response is malformed: .|code \d+ (without a name|ThrottlingException)|the response is larger than 1048576 bytes/ }));
    const rows = [...errors, ...garbage];
    let fake, server, photos;
    before(async () => {
        const answered = new Set();
        fake = await newFake(({ width }) => {
            const isFirst = !answered.has(width);
            answered.add(width);
            return isFirst ? rows[width - 100].answer : labels([]);
        });
        server = await startServer({ flags: flagsFor(fake), environment });
        photos = await Promise.all(rows.map((_, i) => judge(server, png(100 + i, 90)))); // all at once: each waits a second
    });
    after(async () => {
        await server.stop();
        await fake.stop();
    });

    rows.forEach(({ name, status, message, reason }, i) => it(`${status === 'ERROR' ? 'is refused with its fault' : 'waits'}: ${name}`, async () => {
        const photo = photos[i];
        assert.equal(photo.status, status, JSON.stringify(photo));
        if (status === 'ERROR') { // its owner reads plain words, the operator what the service said
            assert.deepEqual([photo.error_code, photo.error_message],
                ['image-unreadable', "This photo can't be read. Export it again, or in another format."]);
            assert.match((await runProgram(['admin', 'executions', 'show', photo.photo_id, '--data', server.data])).stdout, message);
            return;
        }
        assert.equal(photo.error_message, null);
        assert.match(await triedInVain(server, photo.photo_id), reason);
    }));

    it('makes every error of the service model a row here', () => {
        const named = new Set(errors.map(({ name }) => name));
        for (const name of askModel([], []).errors) assert.ok(named.has(name), name);
    });
});

describe('while Rekognition', () => {
    it('can\'t be reached, a photo waits unseen, and is published when it is back', async () => {
        const gone = await newFake();
        await gone.stop();
        const server = await startServer({ flags: flagsFor(gone), environment });
        const { json: { photo_id: id } } = await server.upload('ann', png(100, 90));
        assert.match(await triedInVain(server, id), /Rekognition can't be reached: 127\.0\.0\.1:\d+: Failed to connect/);
        await server.logged('why photos wait', ({ event, message }) =>
            event === 'trouble' && /^Photos are waiting because they can't be moderated: Rekognition can't be reached/.test(message));
        await assertUnseen(server, id);
        const back = await newFake(undefined, gone.port);
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
        await server.stop();
        await back.stop();
    });

    it('hangs, a photo waits unseen, and a server that ends does not wait for it', async () => {
        let hangs = true;
        const fake = await newFake(() => (hangs ? null : labels([])));
        const data = newFolder();
        const flags = [...flagsFor(fake), '--moderator-timeout', '300ms'];
        let server = await startServer({ flags, environment, data });
        const { json: { photo_id: id } } = await server.upload('ann', png(100, 90));
        assert.match(await triedInVain(server, id), /Operation timed out/);
        await assertUnseen(server, id);
        await server.stop();
        hangs = false;
        server = await startServer({ flags, environment, data });
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
        await server.stop();
        await fake.stop();
        rmSync(data, { recursive: true });
    });

    it('shows a certificate that nobody has signed, it gets no photo', async () => {
        const fake = await new FakeRekognition(undefined, makeCertificate(newFolder())).start();
        const server = await startServer({ flags: flagsFor(fake), environment });
        const { json: { photo_id: id } } = await server.upload('ann', png(100, 90));
        assert.match(await triedInVain(server, id), /Rekognition can't be reached: 127\.0\.0\.1:\d+: SSL certificate problem: self-signed/);
        await assertUnseen(server, id);
        assert.equal(fake.requests.length, 0);
        await server.stop();
        await fake.stop();
    });

    it('does not take our credentials, a photo waits, and is published when the file of credentials is right', async () => {
        const fake = await newFake();
        const file = join(newFolder(), 'credentials');
        const write = (secret) => writeFileSync(file,
            `[default]\naws_access_key_id = ${keys.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${secret}\n`);
        const server = await startServer({ flags: flagsFor(fake), environment: { ...quiet, AWS_SHARED_CREDENTIALS_FILE: file } });
        const { json: { photo_id: id } } = await server.upload('ann', png(100, 90));
        assert.match(await triedInVain(server, id), /There are no AWS credentials\. environment: .* file: .* instance: /);
        write('wrong');
        await until('the signature to be refused', async () => {
            const { stdout } = await runProgram(['admin', 'executions', 'show', id, '--data', server.data]);
            return /InvalidSignatureException \(is the secret key right/.test(stdout);
        });
        await assertUnseen(server, id);
        write(keys.AWS_SECRET_ACCESS_KEY);
        assert.equal((await server.ended_photo(id)).data.status, 'SUCCESS');
        await server.stop();
        await fake.stop();
    });
});

describe('a label that the operator wants a person to decide', () => {
    for (const [verb, status] of [['approve', 'SUCCESS'], ['refuse', 'ERROR']])
        it(`holds the photo back: ${verb}`, async () => {
            const fake = await newFake(() => weapons);
            const server = await startServer({ flags: [...flagsFor(fake), '--rekognition-hold', 'Violence'], environment });
            const { json: { photo_id: id } } = await server.upload('ann', png(100, 90));
            const review = (...words) => runProgram(['admin', 'moderation', 'review', ...words, '--data', server.data]);
            await until('the photo to wait for a person', async () => (await review('list')).stdout.includes(id));
            await assertUnseen(server, id);
            assert.equal((await review(verb, id)).code, 0);
            assert.equal((await server.ended_photo(id)).data.status, status);
            await server.stop();
            await fake.stop();
        });
});

describe('settings that make no sense', () => {
    const rows = [
        ['no region', [], /Rekognition needs a region, such as eu-west-1: set --rekognition-region/],
        ['a region that leads elsewhere', ['--rekognition-region', 'x.example.org/'], /"x\.example\.org\/" isn't an AWS region/],
        ['an endpoint that is no address', ['--rekognition-region', region, '--rekognition-endpoint', 'example.org'],
            /--rekognition-endpoint: "example\.org" isn't an http or https URL/],
    ];
    for (const [name, flags, sentence] of rows)
        it(`are refused at the start: ${name}`, async () => {
            const data = newFolder();
            const { code, stderr } = await runProgram(
                ['serve', '--listen', '127.0.0.1:0', '--data', data, '--moderator', 'rekognition', ...flags], { environment });
            assert.equal(code, 2);
            assert.match(stderr, sentence);
        });
});

/* { problems, errors } of Amazon's service model. */
function askModel(requests, answers) {
    const script = fileURLToPath(new URL('rekognition_model.py', import.meta.url));
    const { status, stdout, stderr } = spawnSync('/usr/bin/python3', [script],
        { input: JSON.stringify({ requests, answers }), maxBuffer: 1 << 28, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
}

describe('Debian\'s service model of Rekognition', () => {
    it('fits every request and every answer of these tests', () => {
        const requests = fakes.flatMap((fake) => fake.requests);
        const answers = fakes.flatMap((fake) => fake.answers);
        assert.ok(requests.length > 50, 'there were some');
        assert.deepEqual(askModel(requests, answers).problems, []);
    });
});
