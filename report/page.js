// Draws the page of a report from `report`, which src/load/report_data.c writes:
//   { title, curve: [{ rate, mean, deviation, failed }], runs: [{ title, command, begin, ended, interval, table, curve, events: [{ at, text }],
//     levels: [{ value, plot, text }], gauges: [{ plot, name, points: [[at, value]] }], at, users,
//     series: { p50, p90, p99, max, mean, deviation, ok, failed, dropped }, labels: [{ name, requests }] }] }
// Times are seconds since the run's begin, latencies milliseconds, counts per second, failures of the curve per cent.
(() => {
    const COLOURS = ['#1f6fb2', '#e07b39', '#2e8b57', '#b8860b', '#7b4fa3', '#0e8a8a', '#8c564b', '#556070'];
    const GOOD = '#2e8b57', BAD = '#d1495b', WARNING = '#b8860b', BLUE = '#1f6fb2', QUIET = '#5b6675';
    const PLOT_HEIGHT = 260;
    const main = document.querySelector('main');

    const add = (parent, name, text, className) => {
        const element = document.createElement(name);
        if (text !== undefined) element.textContent = text;
        if (className) element.className = className;
        return parent.appendChild(element);
    };
    const number = (value, places = 3) => (value === null || value === undefined ? '–'
        : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(places))));
    const clock = (seconds) => {
        const whole = Math.round(seconds), minutes = Math.floor(whole / 60), rest = whole % 60;
        return seconds < 120 ? `${number(seconds)} s` : `${minutes}:${String(rest).padStart(2, '0')}`;
    };

    // ---- Plots ----

    /* Vertical lines where something happened, and horizontal ones for levels. */
    function marks(events, levels, scale) {
        return {
            hooks: {
                draw: (plot) => {
                    const { ctx: context, bbox: box } = plot, ratio = devicePixelRatio;
                    context.save();
                    context.font = `${11 * ratio}px system-ui, sans-serif`;
                    context.textAlign = 'left';
                    context.setLineDash([4 * ratio, 4 * ratio]);
                    context.strokeStyle = context.fillStyle = QUIET;
                    context.lineWidth = ratio;
                    const sharp = (position) => Math.round(position) + ratio / 2; // a line of one pixel, not of two halves
                    const line = (x1, y1, x2, y2) => { context.beginPath(); context.moveTo(x1, y1); context.lineTo(x2, y2); context.stroke(); };
                    for (const { at, text } of events) {
                        const x = sharp(plot.valToPos(at, 'x', true));
                        if (x < box.left || x > box.left + box.width) continue;
                        line(x, box.top, x, box.top + box.height);
                        context.fillText(text, x + 3 * ratio, box.top + 11 * ratio);
                    }
                    context.strokeStyle = context.fillStyle = BAD;
                    for (const { value, text } of levels) {
                        const y = sharp(plot.valToPos(value, scale, true));
                        line(box.left, y, box.left + box.width, y);
                        context.fillText(text, box.left + 4 * ratio, y - 4 * ratio);
                    }
                    context.restore();
                },
            },
        };
    }

    const series = (label, stroke, more = {}) => ({ label, stroke, width: 1.5, points: { show: false }, spanGaps: false,
        value: (_, value) => number(value), ...more });
    const axis = (label, more = {}) => ({ label, labelSize: 22, labelFont: '12px system-ui, sans-serif', font: '11px system-ui, sans-serif',
        stroke: QUIET, grid: { stroke: '#e8ecf1', width: 1 }, size: 58, ...more });

    const drawn = [];
    function plot(parent, title, caption, data, options) {
        const figure = add(parent, 'figure');
        add(figure, 'h3', title);
        add(figure, 'figcaption', caption);
        const made = new uPlot({ width: figure.clientWidth, height: PLOT_HEIGHT, cursor: { drag: { x: true, y: false } }, ...options }, data, figure);
        drawn.push({ made, figure });
    }
    const timeAxis = () => axis('', { labelSize: 0, values: (_, ticks) => ticks.map(clock), size: 30 });
    const timeSeries = { label: 'time', value: (_, value) => (value === null ? '–' : clock(value)) };
    const overTime = (label, rows, more = {}) => ({
        scales: { x: { time: false }, y: { range: (_, least, most) => [0, Math.max(most * 1.08, 1e-9)] }, ...more.scales },
        axes: [timeAxis(), axis(label)],
        series: [timeSeries, ...rows],
        plugins: more.plugins ?? [],
    });

    /* Percentiles lie far apart when something goes wrong: then the axis is logarithmic. */
    function latencyPlot(parent, run) {
        const { p50, p90, p99, max } = run.series;
        const known = (values) => values.filter((value) => value > 0);
        if (known(max).length === 0) return;
        const isWide = Math.max(...known(max)) > 30 * Math.min(...known(p50), Infinity);
        const scales = isWide ? { y: { distr: 3 } } : undefined;
        plot(parent, 'Latency over time', `Milliseconds from the planned start${isWide ? ', on a logarithmic axis' : ''}; requests that were answered with 200, and those that timed out.`,
            [run.at, p50, p90, p99, max],
            overTime('ms', [series('p50', GOOD), series('p90', BLUE), series('p99', WARNING), series('max', BAD, { width: 1 })], { scales, plugins: [marks(run.events, [], 'y')] }));
    }

    function outcomePlot(parent, run) {
        const rows = [series('succeeded', GOOD, { fill: '#2e8b5722' }), series('failed', BAD, { fill: '#d1495b33' })];
        const data = [run.at, run.series.ok, run.series.failed];
        if (run.series.dropped.some((value) => value > 0)) {
            rows.push(series('dropped by the generator', WARNING, { dash: [4, 4] }));
            data.push(run.series.dropped);
        }
        plot(parent, 'Successes and failures', 'Requests a second, by the interval in which they ended.', data,
            overTime('per second', rows, { plugins: [marks(run.events, [], 'y')] }));
    }

    /* Levels are of the requests, unless they name another plot. */
    const levelsOf = (run, plot) => run.levels.filter((level) => level.plot === plot);
    /* From 0 to above all that is drawn. */
    const upTo = (...values) => ({ y: { range: () => [0, Math.max(...values) * 1.08 || 1] } });

    function targetPlot(parent, run) {
        const total = run.at.map((_, i) => run.labels.reduce((sum, label) => sum + label.requests[i], 0));
        const many = run.labels.length > 1 ? run.labels : [];
        const levels = levelsOf(run, '');
        plot(parent, many.length ? 'Requests in total and by target' : 'Requests in total', 'Requests a second; dashed lines are events and alarms.',
            [run.at, total, ...many.map((label) => label.requests)],
            overTime('per second', [series('total', '#1c2430', { width: 2 }), ...many.map((label, i) => series(label.name, COLOURS[i % COLOURS.length]))],
                { scales: upTo(...total, ...levels.map(({ value }) => value)), plugins: [marks(run.events, levels, 'y')] }));
    }

    /* What somebody else has noted over time, such as a server of its executions: a plot for each title. */
    function gaugePlots(parent, run) {
        const titleOf = (gauge) => gauge.plot || gauge.name;
        for (const title of new Set(run.gauges.map(titleOf))) {
            const gauges = run.gauges.filter((gauge) => titleOf(gauge) === title), levels = levelsOf(run, title);
            const data = uPlot.join(gauges.map(({ points }) => [points.map(([at]) => at), points.map(([, value]) => value)]));
            const values = gauges.flatMap(({ points }) => points.map(([, value]) => value));
            plot(parent, title, 'Noted beside the run.', data, overTime('', gauges.map(({ name }, i) => series(name, COLOURS[i % COLOURS.length], { spanGaps: true })),
                { scales: upTo(...values, ...levels.map(({ value }) => value)), plugins: [marks(run.events, levels, 'y')] }));
        }
    }

    function userPlot(parent, run) {
        if (!run.users.some((value) => value > 0)) return;
        plot(parent, 'Active users', 'At the end of each interval.', [run.at, run.users],
            overTime('users', [series('users', BLUE, { fill: '#1f6fb222', paths: uPlot.paths.stepped({ align: -1 }) })]));
    }

    /* One point is no curve. */
    function curvePlot(parent, points) {
        if (points.length < 2) return;
        const column = (value) => points.map(value);
        const mean = column((point) => point.mean);
        plot(parent, 'Time and failures against the rate', 'Mean latency ± standard deviation, and the share of requests that failed, of intervals with a similar planned rate.',
            [column((point) => point.rate), column((point) => point.mean + point.deviation), column((point) => Math.max(0, point.mean - point.deviation)), mean,
                column((point) => point.failed)],
            {
                scales: { x: { time: false }, y: { range: (_, least, most) => [0, most * 1.08 || 1] }, failed: { range: (_, least, most) => [0, Math.max(1, most * 1.08)] } },
                axes: [axis('requests planned a second', { size: 36 }), axis('ms'), axis('% failed', { scale: 'failed', side: 1, grid: { show: false } })],
                series: [{ label: 'rate', value: (_, value) => number(value) }, series('mean + deviation', '#1f6fb266', { width: 1 }), series('mean − deviation', '#1f6fb266', { width: 1 }),
                    series('mean', BLUE, { width: 2, points: { show: true, size: 6 } }), series('failed', BAD, { scale: 'failed', points: { show: true, size: 5 } })],
                bands: [{ series: [1, 2], fill: '#1f6fb222' }],
            });
    }

    // ---- Tables and text ----

    const COLUMNS = [
        ['', (row) => row.label], ['samples', (row) => row.samples.toLocaleString('en')], ['average ms', (row) => number(row.average)],
        ['min ms', (row) => number(row.min)], ['p50 ms', (row) => number(row.p50)], ['p99 ms', (row) => number(row.p99)], ['max ms', (row) => number(row.max)],
        ['deviation ms', (row) => number(row.deviation)], ['error %', (row) => number(row.errors)], ['per second', (row) => number(row.throughput)],
        ['KB/s', (row) => number(row.kilobytes)],
    ];

    function summaryTable(parent, rows) {
        const table = add(add(parent, 'div', undefined, 'table'), 'table', undefined, 'summary');
        const head = add(add(table, 'thead'), 'tr'), body = add(table, 'tbody');
        for (const [name] of COLUMNS) add(head, 'th', name);
        for (const row of rows) {
            const line = add(body, 'tr');
            for (const [, value] of COLUMNS) add(line, 'td', value(row));
        }
    }

    const FAILURES = { status: 'other status than 200', timeout: 'timed out', connect: 'no connection', reset: 'connection reset', cut: 'answer cut', garbled: 'no HTTP' };
    function failureText(all) {
        const kinds = Object.entries(all.failures).map(([kind, count]) => `${FAILURES[kind] ?? kind} ${count.toLocaleString('en')}`);
        const text = kinds.length > 0 ? `Failed: ${kinds.join(', ')}. ` : 'Nothing failed. ';
        return all.dropped > 0 ? `${text}The generator dropped ${all.dropped.toLocaleString('en')} starts.` : text;
    }

    function showRun(run) {
        const section = add(main, 'section');
        add(section, 'h2', run.title || `cloudphotos ${run.command}`);
        add(section, 'p', `cloudphotos ${run.command}, begun ${run.begin}, intervals of ${number(run.interval)} s; ended: ${run.ended}.`);
        summaryTable(section, run.table);
        add(section, 'p', failureText(run.table.at(-1)));
        for (const draw of [latencyPlot, outcomePlot, targetPlot, userPlot, gaugePlots]) draw(section, run);
        curvePlot(section, run.curve);
    }

    document.title = report.title;
    add(main, 'h1', report.title);
    for (const run of report.runs) showRun(run);
    curvePlot(add(main, 'section'), report.curve); // of the runs that had one rate each

    const fit = () => { for (const { made, figure } of drawn) made.setSize({ width: figure.clientWidth, height: PLOT_HEIGHT }); };
    addEventListener('resize', fit);
    /* A4 without margins, at 96 dots an inch. */
    addEventListener('beforeprint', () => { for (const { made } of drawn) made.setSize({ width: 680, height: 220 }); });
    addEventListener('afterprint', fit);
})();
