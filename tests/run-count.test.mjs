// The runner decides whether a change lands: what it must count as a failure, as a table.
import { test } from 'node:test';
import assert from 'node:assert';
import { countNode, countTap } from './run-count.mjs';

const totals = (pass, fail, cancelled, skipped) =>
    `TAP version 13\n# pass ${pass}\n# fail ${fail}\n# cancelled ${cancelled}\n# skipped ${skipped}\n# todo 0\n`;

const cases = [
    // behaviour, counter, output, how it ended, only some asked for, passed, failed, skipped
    ['tests that pass are counted', countTap, 'ok 1 - a\nok 2 - b\n1..2\n', '', false, 2, 0, 0],
    ['a skipped test has not passed', countTap, 'ok 1 - a # SKIP no disk\nok 2 - b\n1..2\n', '', false, 1, 0, 1],
    ['a failed test is counted once', countTap, 'ok 1 - a\nnot ok 2 - b\n1..2\n', 'exit status 1', false, 1, 1, 0],
    ['a crash after tests that passed is a failure', countTap, 'ok 1 - a\n', 'ended by SIGSEGV', false, 1, 1, 0],
    ['a crash is counted beside a failed test', countTap, 'not ok 1 - a\n', 'ended by SIGABRT', false, 0, 2, 0],
    ['a leak found at exit is a failure', countTap, 'ok 1 - a\n1..1\n', 'exit status 23', false, 1, 1, 0],
    ['an early exit with status 0 is a failure', countTap, 'ok 1 - a\n', '', false, 1, 1, 0],
    ['fewer tests than planned is a failure', countTap, 'ok 1 - a\n1..2\n', '', false, 1, 1, 0],
    ['a program without tests is a failure', countTap, '1..0\n', '', false, 0, 1, 0],
    ['nothing selected in a program is no failure', countTap, '1..0\n', '', true, 0, 0, 0],
    ['node: totals are read', countNode, totals(3, 0, 0, 1), '', false, 3, 0, 1],
    ['node: cancelled tests have failed', countNode, totals(3, 1, 2, 0), 'exit status 1', false, 3, 3, 0],
    ['node: deselected tests are not skipped ones', countNode, totals(1, 0, 0, 7), '', true, 1, 0, 0],
    ['node: an end without totals is a failure', countNode, 'TAP version 13\n', 'ended by SIGKILL', false, 0, 1, 0],
    ['node: a bad exit is a failure', countNode, totals(3, 0, 0, 0), 'exit status 7', false, 3, 1, 0],
    ['node: a suite that is skipped as a whole is one skipped test', countNode, `ok 1 - a # SKIP not here\n${totals(0, 0, 0, 0)}`, '', false, 0, 0, 1],
    ['node: a file without tests is a failure', countNode, totals(0, 0, 0, 0), '', false, 0, 1, 0],
];

for (const [behaviour, count, output, ending, partial, passed, failed, skipped] of cases)
    test(behaviour, () => {
        const result = count(output, ending, partial);
        assert.deepEqual([result.passed, result.failed, result.skipped], [passed, failed, skipped]);
        assert.equal(result.problems.length > 0 || /not ok|# fail [1-9]/.test(output), failed > 0, 'a failure says why');
    });

test('what passed is left out of what is shown of a failure', () => {
    const output = 'not ok 1 - a\n  ---\n  error: x\n  ...\n    # Subtest: b\n    ok 1 - b\n      ---\n      error: y\n      ...\n';
    assert.equal(countNode(output, '', false).text.trim(), 'not ok 1 - a\n  ---\n  error: x\n  ...');
});
