// Reads what a test program printed: how many tests passed, failed and were skipped, and the part worth showing when
// something failed. Each counter takes the output, how the program ended ('' when well) and whether only some of its
// tests were asked for; it returns { passed, failed, skipped, text, problems }.

/* Flat TAP, as tests/check.c prints it. */
export function countTap(output, ending, partial) {
    const result = { passed: 0, failed: 0, skipped: 0, text: '', problems: [] };
    const kept = [];
    let plan = -1;
    for (const line of output.split('\n')) {
        const skipped = /^ok .*# SKIP/.test(line);
        if (/^not ok /.test(line)) result.failed++;
        else if (skipped) result.skipped++;
        else if (/^ok /.test(line)) result.passed++;
        else if (/^1\.\.\d+$/.test(line)) plan = Number(line.slice(3));
        if (!/^ok /.test(line)) kept.push(line);
    }
    const seen = result.passed + result.failed + result.skipped;
    if (ending && (plan !== seen || result.failed === 0 || ending !== 'exit status 1'))
        result.problems.push(`the program: ${ending}, after ${seen} tests`);
    else if (plan !== seen) result.problems.push(`the program planned ${plan} tests and ran ${seen}`);
    if (seen === 0 && !partial) result.problems.push('the program ran no test');
    if (result.problems.length > 0) result.failed++; // beside failed tests: something went wrong outside of them
    result.text = kept.join('\n');
    return result;
}

/* The TAP of `node --test`: nested, with the totals in comments at its end. */
export function countNode(output, ending, partial) {
    const result = { passed: 0, failed: 0, skipped: 0, text: '', problems: [] };
    const number = (name) => Number(output.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? NaN);
    result.passed = number('pass');
    result.failed = number('fail') + number('cancelled');
    result.skipped = partial ? 0 : number('skipped') + number('todo'); // deselected tests count as skipped there
    if (result.passed + result.failed + result.skipped === 0) // of a suite that is skipped as a whole, its totals count nothing
        result.skipped = output.match(/^ok \d+ - .* # SKIP/gm)?.length ?? 0;
    if (Number.isNaN(result.passed + result.failed)) {
        Object.assign(result, { passed: 0, failed: 1, skipped: 0 });
        result.problems.push(`node --test ended without its totals (${ending || 'exit status 0'})`);
    } else if (ending && result.failed === 0) {
        result.problems.push(`node --test: ${ending}`);
    } else if (result.passed + result.failed + result.skipped === 0 && !partial) {
        result.problems.push('the file ran no test');
    }
    if (result.problems.length > 0 && result.failed === 0) result.failed = 1;
    result.text = withoutPassed(output);
    return result;
}

/* Drops the lines of tests that passed, each with the block of YAML that follows it. */
function withoutPassed(output) {
    const kept = [];
    let block = null; // the indentation of the YAML being dropped
    for (const line of output.split('\n')) {
        const indentation = line.match(/^ */)[0];
        if (block !== null) {
            if (line === `${block}...`) block = null;
            continue;
        }
        if (line.startsWith(`${indentation}ok `)) block = '';
        else if (!line.startsWith(`${indentation}# Subtest: `)) kept.push(line);
        if (block === '') block = `${indentation}  `;
    }
    return kept.join('\n');
}
