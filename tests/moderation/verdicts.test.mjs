// Every photograph of the suite gets its verdict, by upload, through the real server; and what a verdict does not depend on.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { newFolder, startServer } from '../http/server.mjs';
import { flags, gun, judge, kitten, manifest, modelsWith, photographs, skip, suite, vips } from './photographs.mjs';

/* A label that is not listed has less than the least that is. */
const LEAST = 25;
const confidenceOf = (photo, name) => photo.labels.find((label) => label.name === name)?.confidence ?? LEAST;

describe('moderation', { skip }, () => {
    let server, folder;
    before(async () => {
        folder = newFolder();
        server = await startServer({ flags });
    });
    after(async () => {
        await server.stop();
        rmSync(folder, { recursive: true });
    });

    for (const path of photographs('accept'))
        it(`publishes ${basename(path)}`, async () => {
            const photo = await judge(server, path);
            assert.equal(photo.status, 'SUCCESS', JSON.stringify(photo));
            assert.ok(Array.isArray(photo.labels));
        });

    const drawing = join(suite, '..', 'uploads', 'mod_drawing_l_profile.png');
    it('publishes a drawing of an L-profile, which looks like a rifle in a part of it', { skip: !existsSync(drawing) && `there is no ${drawing}` }, async () => {
        const photo = await judge(server, drawing);
        assert.equal(photo.status, 'SUCCESS', JSON.stringify(photo));
    });

    for (const path of photographs('refuse'))
        it(`refuses ${basename(path)}, in words, with the label, and without a trace in the public buckets`, async () => {
            const photo = await judge(server, path);
            const name = basename(dirname(path));
            const label = photo.labels.find((one) => one.name.toLowerCase() === name);
            assert.equal(photo.status, 'ERROR');
            assert.ok(label.confidence >= 50, JSON.stringify(photo.labels));
            assert.equal(photo.error_message, `Not published: this photo appears to show a weapon (${label.confidence.toFixed(0)}% confidence).`);
            assert.ok(photo.labels.some((one) => one.name === label.parent && one.parent === ''), 'its parent is listed too');
            for (const [bucket, suffix] of [['photos', 'comp'], ['thumbnails', 'thumb']])
                assert.equal((await server.get(`/buckets/${bucket}/${photo.photo_id}-${suffix}.webp`)).code, 403);
        });

    it('tells the event stream the reason and the labels', async () => {
        const { json } = await server.upload('ann', readFileSync(gun));
        const { data } = await server.ended_photo(json.photo_id);
        assert.match(data.error_message, /^Not published: this photo appears to show a weapon \(\d+% confidence\)\.$/);
        assert.equal(data.labels[0].name, 'Weapons');
    });

    it('gives the same labels to the same pixels every time, with however many processes', async () => {
        const many = await startServer({ flags: [...flags, '--moderators', '5'] });
        for (const path of [...photographs('refuse'), drawing, kitten].filter(existsSync)) {
            const others = await Promise.all(Array.from({ length: 6 }, (_, i) => judge(i % 3 ? many : server, path)));
            const first = await judge(server, path);
            for (const other of others) assert.deepEqual([other.status, other.labels], [first.status, first.labels], path);
        }
        await many.stop();
    });

    for (const path of [...photographs('refuse'), ...photographs('accept')])
        it(`agrees within 5 points about ${basename(path)} as JPEG, PNG and WebP`, async () => {
            // Without a profile, so that all three hold the same picture.
            const plain = join(folder, `${basename(path)}.plain.png`);
            vips('colourspace', path, `${plain}[strip]`, 'srgb');
            const [jpeg, ...others] = await Promise.all(['jpg[Q=95,strip]', 'png[strip]', 'webp[Q=90,strip]'].map((ending) => {
                vips('copy', plain, join(folder, `${basename(path)}.${ending}`));
                return judge(server, join(folder, `${basename(path)}.${ending.replace(/\[.*/, '')}`));
            }));
            for (const other of others)
                for (const { name: label } of manifest.labels) {
                    const difference = Math.abs(confidenceOf(other, label) - confidenceOf(jpeg, label));
                    assert.ok(difference <= 5, `${other.format}: ${JSON.stringify(other.labels)}; jpeg: ${JSON.stringify(jpeg.labels)}`);
                }
        });

    it('looks at more than the first frame of an animation', async () => {
        const frames = ['accept/daisy.jpg', 'accept/tabby.jpg', 'refuse/weapons/revolver.jpg'].map((name, i) => {
            const path = join(folder, `frame${i}.png`);
            vips('thumbnail', join(suite, name), path, '300', '--height', '300', '--size', 'force');
            return path;
        });
        vips('arrayjoin', frames.join(' '), join(folder, 'joined.v'), '--across', '1');
        vips('gifsave', join(folder, 'joined.v'), join(folder, 'moving.gif'), '--page-height', '300');
        const photo = await judge(server, join(folder, 'moving.gif'));
        assert.equal(photo.frames, 3);
        assert.match(photo.error_message ?? '', /^Not published: this photo appears to show a weapon/, JSON.stringify(photo));
    });

    for (const [shape, position, size] of [['wide', ['2600', '20'], ['4000', '400']], ['tall', ['20', '2600'], ['400', '4000']]])
        it(`sees a small part of a very ${shape} photo`, async () => {
            vips('thumbnail', join(suite, 'refuse', 'weapons', 'assault_rifle.jpg'), join(folder, 'small.png'), '360', '--height', '360');
            vips('embed', join(folder, 'small.png'), join(folder, `${shape}.png`), ...position, ...size, '--extend', 'white');
            const photo = await judge(server, join(folder, `${shape}.png`));
            assert.match(photo.error_message ?? '', /^Not published: this photo appears to show a weapon/, JSON.stringify(photo));
        });
});

describe('models are data', { skip }, () => {
    it('an entry in the manifest is a new label', async () => {
        const folder = modelsWith([{ name: 'Kittens', parent: 'Animals', action: 'refuse', threshold: 0.3,
            evidence: [{ model: 'imagenet-lite2', outputs: [281, 282, 285] }] }]);
        const server = await startServer({ flags: ['--moderator', 'onnx', '--models', folder] });
        const [animal, weapon] = await Promise.all([kitten, gun].map((path) => judge(server, path)));
        assert.match(animal.error_message, /^Not published: this photo appears to show "Kittens" \(\d+% confidence\)\.$/);
        assert.equal(weapon.status, 'SUCCESS');
        await server.stop();
        rmSync(folder, { recursive: true });
    });
});
