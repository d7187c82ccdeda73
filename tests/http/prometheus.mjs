// A strict reader of Prometheus's text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): what a
// scraper might forgive fails here.
import assert from 'node:assert/strict';

const typeSuffixes = { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'] };

function readLabels(text) {
    const labels = {};
    let rest = text;
    while (rest) {
        const match = rest.match(/^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,(?=.)|$)/);
        assert.ok(match, `labels: ${text}`);
        assert.ok(!(match[1] in labels), `a label twice: ${text}`);
        labels[match[1]] = match[2];
        rest = rest.slice(match[0].length);
    }
    return labels;
}

function readSample(line, family) {
    const match = line.match(/^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.]+(?:e[+-]?\d+)?|[+-]Inf|NaN)$/);
    assert.ok(match, `no sample: ${line}`);
    assert.ok(family, `a sample before any family: ${line}`);
    assert.ok(typeSuffixes[family.type].some((suffix) => match[1] === family.name + suffix),
        `${line} stands in the family ${family.name}`);
    return { name: match[1], labels: readLabels(match[2] ?? ''), value: Number(match[3].replace('Inf', 'Infinity')) };
}

function checkHistogram(family) {
    const series = new Map();
    for (const { name, labels: { le, ...labels }, value } of family.samples) {
        const key = JSON.stringify(labels);
        if (!series.has(key)) series.set(key, { buckets: [] });
        if (name.endsWith('_bucket')) series.get(key).buckets.push([Number(le.replace('Inf', 'Infinity')), value]);
        else series.get(key)[name.endsWith('_sum') ? 'sum' : 'count'] = value;
    }
    for (const [key, { buckets, sum, count }] of series) {
        const rising = (values) => values.every((value, i) => i === 0 || value >= values[i - 1]);
        assert.ok(rising(buckets.map(([bound]) => bound)) && rising(buckets.map(([, value]) => value)),
            `${family.name} ${key} is not cumulative`);
        assert.equal(buckets.at(-1)[0], Infinity, `${family.name} ${key} ends with +Inf`);
        assert.equal(buckets.at(-1)[1], count, `${family.name} ${key}: +Inf is the count`);
        assert.ok(sum >= 0 && (count > 0 || sum === 0), `${family.name} ${key}: the sum`);
    }
}

/* Families by name: { name, help, type, samples: [{ name, labels, value }] }. */
export function readMetrics(text) {
    const families = new Map();
    const seen = new Set();
    let family = null;
    assert.ok(text.endsWith('\n'), 'the last line ends');
    for (const line of text.slice(0, -1).split('\n')) {
        const comment = line.match(/^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/);
        if (comment && comment[1] === 'HELP') {
            assert.ok(!families.has(comment[2]), `HELP twice: ${comment[2]}`);
            family = { name: comment[2], help: comment[3], samples: [] };
            families.set(family.name, family);
        } else if (comment) {
            assert.ok(family?.name === comment[2] && !family.type && family.samples.length === 0, `TYPE out of place: ${line}`);
            assert.ok(comment[3] in typeSuffixes, line);
            family.type = comment[3];
        } else {
            const sample = readSample(line, family);
            const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
            assert.ok(!seen.has(key), `a series twice: ${line}`);
            seen.add(key);
            family.samples.push(sample);
        }
    }
    for (const one of families.values()) {
        assert.ok(one.type && one.help, `${one.name} has its HELP and TYPE`);
        if (one.type === 'counter') assert.match(one.name, /_total$/);
        if (one.type === 'histogram') checkHistogram(one);
        for (const { value } of one.samples) assert.ok(Number.isFinite(value) && (one.type === 'gauge' || value >= 0), one.name);
    }
    return families;
}

/* The value of one series; 0 when there is none. */
export function valueOf(families, name, labels = {}) {
    const wanted = JSON.stringify(Object.entries(labels).sort());
    const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
    assert.ok(family, `there is no family ${name}`);
    return family.samples.find((sample) => sample.name === name
        && JSON.stringify(Object.entries(sample.labels).sort()) === wanted)?.value ?? 0;
}
