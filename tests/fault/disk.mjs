// Disks that are small, full or read-only, and that are always taken down again.
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from './wait.mjs';

const mounted = [];
const attempt = (...words) => execFileSync(words[0], words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });

/* Lazily: whatever a broken test left open must not keep it. */
function unmount(folder) {
    attempt('umount', '-l', folder);
    mounted.splice(mounted.indexOf(folder), 1);
}
process.on('exit', () => { for (const folder of [...mounted].reverse()) try { unmount(folder); } catch { /* nothing else can be done */ } });

export const newFolder = () => mkdtempSync(join(tmpdir(), 'cloudphotos-fault-'));

/* Why there can be no disks here; undefined when there can. */
export function whyNoMounts() {
    if (process.getuid() !== 0) return 'mounting needs root';
    const folder = newFolder();
    try {
        attempt('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder);
        attempt('umount', folder);
        return undefined;
    } catch (error) {
        return `mounting is forbidden here: ${error.stderr?.toString().trim()}`;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

export class SmallDisk {
    constructor(megabytes) {
        this.folder = newFolder();
        attempt('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.folder);
        mounted.push(this.folder);
        this.ballast = join(this.folder, 'ballast');
    }

    /* Takes all that is free, to the last page. */
    fill() {
        const file = openSync(this.ballast, 'a'), block = Buffer.alloc(65536, 1);
        for (let size = block.length; size >= 1024; size >>= 1)
            try {
                for (;;) writeSync(file, block, 0, size);
            } catch (error) {
                if (error.code !== 'ENOSPC') throw error;
            }
        closeSync(file);
    }

    empty() {
        rmSync(this.ballast, { force: true });
    }

    grow(megabytes) {
        attempt('mount', '-o', `remount,size=${megabytes}m`, this.folder);
    }

    release() {
        unmount(this.folder);
        rmSync(this.folder, { recursive: true });
    }
}

/* A folder that can be made read-only while a server works in it: root mounts it onto itself, anybody else takes the right to
 * write away. */
export class Shutter {
    constructor(folder) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        this.folder = folder;
        this.byMount = process.getuid() === 0;
        if (!this.byMount) return;
        attempt('mount', '--bind', folder, folder);
        mounted.push(folder);
    }

    setMode(mode) {
        chmodSync(this.folder, mode);
        for (const name of readdirSync(this.folder))
            if (statSync(join(this.folder, name)).isDirectory()) chmodSync(join(this.folder, name), mode);
    }

    /* Waits for who is writing there at this moment: the server removes an original after it has told of its photo. */
    async close() {
        if (!this.byMount) return this.setMode(0o500);
        return waitFor('nobody to write there', () => {
            try {
                attempt('mount', '-o', 'remount,bind,ro', this.folder);
                return true;
            } catch (error) {
                if (!/busy/.test(error.stderr)) throw error;
                return false;
            }
        }, 10_000);
    }

    open() {
        if (this.byMount) attempt('mount', '-o', 'remount,bind,rw', this.folder);
        else this.setMode(0o700);
    }

    release() {
        this.open();
        if (this.byMount) unmount(this.folder);
    }
}
