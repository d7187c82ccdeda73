// Photographs for tests and screenshots: pieces of those that Debian's mate-backgrounds brings, cut to many shapes by vips.
// Without what cameras say of them: their place in a profile is when they were published.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDER = '/usr/share/backgrounds/mate/nature';
const NAMES = ['Storm', 'YellowFlower', 'Dune', 'LadyBird', 'GreenMeadow', 'RainDrops', 'TwoWings', 'Garden', 'FreshFlower', 'Wood',
    'Blinds', 'Aqua'];
const SHAPES = [[1500, 1000], [900, 1200], [1600, 900], [1200, 1200], [1500, 1000], [800, 1200], [1400, 1050], [1800, 800]];
const CUTS = ['centre', 'attention', 'entropy', 'low', 'high'];

/* The photograph of that number, as a JPEG: { name, bytes }. The same number is the same photograph, whoever asks. When it was taken isn't in
 * it, so that profiles have the order of publishing. */
export function photograph(number) {
    const name = NAMES[number % NAMES.length];
    const [width, height] = SHAPES[(number * 5 + Math.floor(number / SHAPES.length)) % SHAPES.length];
    const source = join(FOLDER, `${name}.jpg`);
    if (!existsSync(source)) throw new Error(`${source} is missing: install mate-backgrounds (packages.txt, [test])`);
    const folder = mkdtempSync(join(tmpdir(), 'cloudphotos-album-'));
    try {
        const target = join(folder, 'photo.jpg');
        execFileSync('vips', ['thumbnail', source, `${target}[Q=88,strip]`, String(width), '--height', String(height), '--crop',
            CUTS[Math.floor(number / NAMES.length) % CUTS.length]], { stdio: ['ignore', 'ignore', 'pipe'] });
        return { name: `${name.toLowerCase()}-${number}.jpg`, bytes: readFileSync(target) };
    } finally {
        rmSync(folder, { recursive: true });
    }
}
