// Where a container or a service manager forbids a system call that the server needs, it says what to do. Where one is forbidden that it
// can do without, it works.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { png } from '../http/pictures.mjs';
import { newFolder, program, startProcess, within } from '../http/server.mjs';

const forbid = fileURLToPath(new URL('forbid', import.meta.url));
const { EPERM, ENOSYS } = constants.errno;
const OPENAT2 = 437, CLOSE_RANGE = 436; // on every processor
const UNSHARE = { x64: 272, arm64: 97 }[process.arch], SECCOMP = { x64: 317, arm64: 277 }[process.arch];

function run(call, error) {
    const words = [String(call), String(error), program, 'serve', '--listen', '127.0.0.1:0', '--data', newFolder()];
    const child = spawn(forbid, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (piece) => { stderr += piece; });
    return within('its end', new Promise((done) => { child.on('close', (code) => done({ code, stderr })); })).finally(() => child.kill('SIGKILL'));
}

describe('where is forbidden', () => {
    for (const [name, call, error, says] of [
        ['openat2, as RestrictSUIDSGID= does', OPENAT2, ENOSYS, /RestrictSUIDSGID= .*systemd unit, or let the container's seccomp profile allow it/],
        ['openat2, as an old container engine does', OPENAT2, EPERM, /openat2 \(Linux 5\.6\).*seccomp profile/],
        ['close_range', CLOSE_RANGE, EPERM, /The darkroom can't work: The sandbox could not close the descriptors: .*a systemd unit or a container that allows close_range and seccomp\./],
        ['seccomp', SECCOMP, EPERM, /The darkroom can't work: The sandbox could not filter system calls: .*a systemd unit or a container that allows close_range and seccomp\./],
    ]) it(`${name}, the server says what to do`, { skip: !call && 'its number is not known here' }, async () => {
        const { code, stderr } = await run(call, error);
        assert.equal(code, 1);
        assert.match(stderr, says);
    });

    it('a namespace, as containers do, photos are published all the same', { skip: !UNSHARE && 'the number of unshare is not known here' }, async () => {
        const server = await startProcess({ wrapper: [forbid, String(UNSHARE), String(EPERM)] });
        await server.publish('ann', png(20, 20));
        await server.stop();
    });
});
