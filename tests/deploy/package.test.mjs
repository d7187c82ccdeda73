// `make deb`: the package has what it should, with what it should depend on. tools/fresh-package installs it on a machine that boots.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newFolder, program, runProgram } from '../http/server.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (command, ...words) => execFileSync(command, words, { encoding: 'utf8', cwd: root });

const FILES = [
    'usr/bin/cloudphotos', 'usr/libexec/cloudphotos-darkroom', 'usr/libexec/cloudphotos-moderator', 'usr/sbin/cloudphotos-admin', 'usr/sbin/cloudphotos-models',
    'usr/lib/sysusers.d/cloudphotos.conf', 'etc/cloudphotos/cloudphotos.ini', 'etc/cloudphotos/environment', 'usr/share/man/man1/cloudphotos.1.gz',
    'usr/share/man/man8/cloudphotos-models.8.gz', 'usr/share/doc/cloudphotos/operations.md.gz', 'usr/share/doc/cloudphotos/copyright',
    'usr/share/cloudphotos/manifest.json', 'var/lib/cloudphotos-models/manifest.json',
];
/* Of each library that the programs are linked against, which packages of this machine have it (another architecture's, too). */
function owners(paths) {
    const libraries = new Set(paths.flatMap((path) => [...run('objdump', '-p', path).matchAll(/NEEDED +(\S+)/g)].map(([, name]) => name)));
    const lines = run('dpkg-query', '-S', ...[...libraries].map((name) => `*/${name}`)).split('\n');
    return [...libraries].map((name) => ({ name, packages: lines.filter((line) => line.endsWith(`/${name}`)).map((line) => line.split(':')[0]) }));
}

describe('the Debian package', () => {
    const folder = newFolder();
    const inside = (name) => join(folder, 'root', name);
    let deb;
    before(() => {
        deb = run('tools/build-deb', dirname(program), folder).trim();
        run('dpkg-deb', '--raw-extract', deb, join(folder, 'root'));
    });

    it('has the programs, their settings and documents', () => {
        for (const name of FILES) lstatSync(inside(name)); // links lead to where the package is installed
        const units = ['usr/lib/systemd/system', 'lib/systemd/system'].map(inside).filter(existsSync).flatMap((path) => readdirSync(path));
        assert.deepEqual(units.sort(), readdirSync(join(root, 'deploy/systemd')).filter((name) => name.endsWith('.service')).sort());
        assert.ok(!existsSync(inside('var/lib/cloudphotos')), 'the data folder is not the package’s');
    });

    it('depends on the libraries of its programs, and on nothing that builds', () => {
        const depends = run('dpkg-deb', '--field', deb, 'Depends').split(',').map((word) => word.trim().split(/[ (]/)[0]);
        const libraries = owners(FILES.slice(0, 3).map(inside));
        assert.ok(libraries.length > 10);
        for (const { name, packages } of libraries) assert.ok(packages.some((one) => depends.includes(one)), `${name} is in ${packages}, but it depends on ${depends}`);
        for (const name of depends) assert.doesNotMatch(name, /-dev$|^(gcc|make|meson|npm|nodejs)/);
        assert.ok(depends.includes('libstdc++6'), 'ONNX Runtime, which comes with the models, needs it');
    });

    it('keeps its settings for an administrator, and passwords for root', () => {
        const settings = readFileSync(inside('DEBIAN/conffiles'), 'utf8').trim().split('\n').sort();
        assert.deepEqual(settings, ['/etc/cloudphotos/cloudphotos.ini', '/etc/cloudphotos/environment']);
        assert.equal(statSync(inside('etc/cloudphotos/environment')).mode & 0o777, 0o600);
    });

    it('has scripts that a shell reads, and starts one service', () => {
        for (const name of ['postinst', 'prerm', 'postrm']) run('sh', '-n', inside(`DEBIAN/${name}`));
        const postinst = readFileSync(inside('DEBIAN/postinst'), 'utf8');
        assert.match(postinst, /systemd-sysusers/);
        assert.deepEqual([...postinst.matchAll(/deb-systemd-invoke \S+ (.*?)[>|]/g)].map(([, units]) => units.trim()), ["'cloudphotos.service'"]);
    });

    it('has a manual page with every command', async () => {
        const { stdout } = await runProgram(['--help']);
        const page = readFileSync(join(root, 'docs/cloudphotos.1'), 'utf8');
        const section = page.slice(page.indexOf('.SH COMMANDS'), page.indexOf('.SH SETTINGS'));
        const commands = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name);
        assert.ok(commands.length > 3);
        for (const name of commands) assert.match(section, new RegExp(`\\b${name}\\b`));
    });
});
