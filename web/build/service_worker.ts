// Builds the service worker last, with the list of what the app consists of, and a version that changes when any of it does.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

const OUTSIDE_BUNDLE = ['manifest.webmanifest', 'icon.svg'];

export function serviceWorker(target: string[]): Plugin {
    let folder = '';
    let define: Record<string, unknown> = {};
    return {
        name: 'service-worker',
        apply: 'build',
        configResolved(config) { folder = config.build.outDir; define = config.define ?? {}; },
        async writeBundle(_options, bundle) {
            const shell = [...OUTSIDE_BUNDLE, ...Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name))];
            const version = createHash('sha256').update(shell.join()).update(readFileSync(join(folder, 'index.html')))
                .digest('hex').slice(0, 12);
            await build({
                configFile: false, logLevel: 'warn', publicDir: false,
                define: { ...define, __SHELL__: JSON.stringify(shell), __VERSION__: JSON.stringify(version) },
                build: {
                    outDir: folder, emptyOutDir: false, target, modulePreload: false,
                    rollupOptions: { checks: { pluginTimings: false }, input: 'src/worker/worker.ts', output: { entryFileNames: 'sw.js', format: 'iife' } },
                },
            });
        },
    };
}
