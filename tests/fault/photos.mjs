// Small real photos of every format that is taken, made once for a run, with some that are refused: at the door, or later by
// the workflow.
import { gif, png, vips } from '../http/pictures.mjs';

/* A few thousand bytes that look like a photo's name only: what is in them has no format. */
const letter = Buffer.from('Dear server, this is a letter and not a photo.\n'.repeat(40));

/* What has to become of each: `answer` of the upload, and `end` of a photo that was answered with 200. */
export function makeSamples() {
    const jpeg = vips(640, 480, 'jpg');
    return [
        { name: 'a JPEG', bytes: jpeg, answer: 200, end: 'SUCCESS' },
        { name: 'a large JPEG', bytes: vips(2400, 1600, 'jpg'), answer: 200, end: 'SUCCESS' },
        { name: 'a PNG', bytes: png(500, 400), answer: 200, end: 'SUCCESS' },
        { name: 'an animated GIF', bytes: gif(60, 40, 5), answer: 200, end: 'SUCCESS' },
        { name: 'a WebP', bytes: vips(640, 480, 'webp'), answer: 200, end: 'SUCCESS' },
        { name: 'an HEIC', bytes: vips(320, 240, 'heic'), answer: 200, end: 'SUCCESS' },
        { name: 'an AVIF', bytes: vips(320, 240, 'avif'), answer: 200, end: 'SUCCESS' },
        { name: 'a TIFF', bytes: vips(400, 300, 'tif', { options: '[compression=deflate]' }), answer: 200, end: 'SUCCESS' },
        { name: 'a PNG that lacks half its rows', bytes: png(300, 200, { claims: { height: 400 } }), answer: 200, end: 'ERROR' },
        { name: 'a letter', bytes: letter, answer: 415 },
        { name: 'the first half of a JPEG', bytes: jpeg.subarray(0, jpeg.length >> 1), answer: 422 },
    ];
}
