import { defineConfig } from 'vite';
import { brotli } from './build/brotli.ts';
import { ownPreload } from './build/preload.ts';
import { serviceWorker } from './build/service_worker.ts';

// Browsers of 2024: light-dark(), popover and nesting are used as they are written.
const browsers = ['chrome123', 'firefox125', 'safari17.5'];

export default defineConfig({
    plugins: [ownPreload(), serviceWorker(browsers), brotli()],
    // All addresses are relative: the server writes its own place into <base>, so one build serves below any path.
    base: './',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    // Where the interface is; elsewhere, when the app is not served by the server itself: CLOUDPHOTOS_API=https://photos.example
    define: { __API__: JSON.stringify(process.env['CLOUDPHOTOS_API'] || '.') },
    build: {
        target: browsers, cssTarget: browsers, modulePreload: { polyfill: false }, assetsInlineLimit: 0,
        // One file for what the first screen needs; later, viewer and languages are files of their own.
        rollupOptions: { checks: { pluginTimings: false }, output: { codeSplitting: { groups: [{ name: 'app', tags: ['$initial'] }] } } },
    },
    test: { include: ['tests/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
