// Develops photos with sharp, one thread, as its manual shows it: the same lines in and out as image_contestant.
// Usage: node image_sharp.mjs FOLDER, the one with sharp in its node_modules.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const sharp = createRequire(join(process.argv[2], 'package.json'))('sharp');
sharp.concurrency(1);
sharp.cache(false);

const develop = (photo, side) =>
    sharp(photo).rotate().resize(side, side, { fit: 'inside', withoutEnlargement: true }).webp({ quality: 75 }).toBuffer();

for await (const line of createInterface({ input: process.stdin })) {
    const [original, large, thumbnail] = line.split('\t');
    const start = process.cpuUsage();
    const photo = await readFile(original);
    await writeFile(large, await develop(photo, 1440));
    await writeFile(thumbnail, await develop(photo, 350));
    const { user, system } = process.cpuUsage(start);
    console.log(JSON.stringify({ cpu_ms: (user + system) / 1000, peak_kb: process.resourceUsage().maxRSS }));
}
