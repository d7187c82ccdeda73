// The browsers that tests know: Debian's Chromium, and Debian's Firefox ESR, which playwright-core drives by WebDriver BiDi.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { children } from '../fault/processes.mjs';

const web = join(resolve(dirname(fileURLToPath(import.meta.url)), '..', '..'), 'web', 'package.json');
const { chromium, firefox } = createRequire(web)('playwright-core');

/* As root, and without asking anybody on the network anything. Firefox asks nobody while it is driven. */
const CHROMIUM_FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];

/* Firefox has no command for these; `reducedMotion` is a preference of the whole browser there. */
const withoutTouch = ({ reducedMotion, isMobile, hasTouch, ...options }) => options;

const BROWSERS = {
    chromium: {
        program: '/usr/bin/chromium',
        launch: (program, flags) => chromium.launch({ executablePath: program, args: [...CHROMIUM_FLAGS, ...flags] }),
        options: (options) => options,
    },
    firefox: {
        program: '/usr/bin/firefox-esr',
        launch: (program, flags) => firefox.launch({ channel: 'moz-firefox', executablePath: program, args: flags,
            firefoxUserPrefs: { 'ui.prefersReducedMotion': 1 } }),
        options: withoutTouch,
    },
};

let chosen = BROWSERS[process.env.CLOUDPHOTOS_BROWSER ?? 'chromium'];

/* For a test file: all its pages are in this browser. */
export function useBrowser(name) { chosen = BROWSERS[name]; }

/* What keeps a browser's tests from running here, for `skip` of a test; false when nothing does. */
export function lacks(name) {
    const { program } = BROWSERS[name];
    return existsSync(program) ? false : `${program} is missing: install ${program.split('/').at(-1)} (packages.txt, [test])`;
}

/* Options of a context as that browser takes them. */
export const contextOptions = (options) => chosen.options(options);

/* A browser of one's own, to be closed: { browser, pid } with its first process. `flags` beyond the usual ones. */
export async function launch(flags = []) {
    const before = new Set(children(process.pid));
    const browser = await chosen.launch(chosen.program, flags);
    return { browser, pid: children(process.pid).find((pid) => !before.has(pid)) };
}
