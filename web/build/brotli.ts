// Leaves FILE.br beside every text that Brotli makes smaller, once all is written: the server sends what is there.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Plugin } from 'vite';

export function brotli(): Plugin {
    let folder = '';
    return {
        name: 'brotli',
        apply: 'build',
        enforce: 'post',
        configResolved(config) { folder = config.build.outDir; },
        closeBundle: { order: 'post', sequential: true, handler() { compressFolder(folder); } },
    };
}

function compressFolder(folder: string) {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((one) => one.endsWith('.br'))) rmSync(join(folder, name));
    for (const name of names.filter((one) => /\.(html|js|css|svg|webmanifest)$/.test(one))) {
        const plain = readFileSync(join(folder, name));
        const packed = brotliCompressSync(plain, {
            params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
        });
        if (packed.length < plain.length) writeFileSync(join(folder, `${name}.br`), packed);
    }
}
