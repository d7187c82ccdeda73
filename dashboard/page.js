// The fleet's dashboard: asks for /fleet.json once a second and draws what it says.
const SECOND = 1000;
const RANGE = 600 * SECOND;
const POINT = { at: 0, requests: 1, work: 2, instances: 3, jobs: 4, p50: 5, p95: 6, p99: 7 };
const SVG = "http://www.w3.org/2000/svg";
const element = (id) => document.getElementById(id);
const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// The least of 1, 2, 5, 10, 20, … that is not below: so that the scale seldom changes.
function scaleTop(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value);
}

/* series: { class, values: [[at, value]], steps }; lines: the alarms. */
function draw(svg, now, series, lines = []) {
  const width = svg.clientWidth || 480, height = 130, left = 40, bottom = 18;
  const top = scaleTop(Math.max(1, ...lines, ...series.flatMap((one) => one.values.map(([, value]) => value))));
  const x = (at) => left + (width - left) * (1 - (now - at) / RANGE);
  const y = (value) => (height - bottom) * (1 - value / top) + 4;
  const parts = [];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const value of [0, top / 2, top])
    parts.push(shape("line", { class: "grid", x1: left, x2: width, y1: y(value), y2: y(value) }),
      shape("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, number.format(value)));
  for (const minutes of [10, 5])
    parts.push(shape("text", { x: x(now - minutes * 60 * SECOND), y: height }, `${minutes} min ago`));
  parts.push(shape("text", { x: width, y: height, "text-anchor": "end" }, "now"));
  for (const value of lines) parts.push(shape("line", { class: "alarm", x1: left, x2: width, y1: y(value), y2: y(value) }));
  for (const one of series) {
    let path = "", last = -Infinity;
    for (const [at, value] of one.values) {
      const begins = at - last > 3 * SECOND; // nobody measured in between
      path += begins ? `M${x(at)} ${y(value)}` : one.steps ? `H${x(at)}V${y(value)}` : `L${x(at)} ${y(value)}`;
      last = at;
    }
    parts.push(shape("path", { class: `series ${one.class ?? ""}`, d: path }));
  }
  svg.replaceChildren(...parts);
}

// The average of the ten seconds before each point: single seconds jump.
function smooth(points, value) {
  return points.map((point, i) => {
    const window = points.slice(Math.max(0, i - 9), i + 1);
    return [point[POINT.at], window.reduce((sum, one) => sum + value(one), 0) / window.length];
  });
}

function drawCharts(fleet) {
  const { points } = fleet;
  const now = points.at(-1)?.[POINT.at] ?? Date.now();
  const of = (index) => points.map((point) => [point[POINT.at], point[index]]);
  const alarms = fleet.policy === "step" ? [fleet.out_above, fleet.in_below] : [];
  const each = smooth(points, (point) => point[POINT.instances] && (point[POINT.requests] * 60) / point[POINT.instances]);
  draw(element("chart-requests"), now, [{ values: each }], alarms);
  draw(element("chart-instances"), now, [{ values: of(POINT.instances), steps: true }]);
  draw(element("chart-work"), now, [{ values: of(POINT.work) }]);
  draw(element("chart-latency"), now, [{ values: smooth(points, (point) => point[POINT.p50]) },
    { values: smooth(points, (point) => point[POINT.p95]), class: "second" },
    { values: smooth(points, (point) => point[POINT.p99]), class: "third" }]);
}

function showNow(fleet) {
  const last = fleet.points.slice(-10);
  const mean = (index) => (last.length ? last.reduce((sum, point) => sum + point[index], 0) / last.length : 0);
  const inService = fleet.instances.filter((one) => one.state === "in service").length;
  const set = (id, text) => { element(id).textContent = text; };
  set("rate", number.format(mean(POINT.requests)));
  set("rate-each", inService ? `${whole.format((mean(POINT.requests) * 60) / inService)} a minute per instance` : "");
  set("in-service", inService);
  set("bounds", `${fleet.wanted} wanted, ${fleet.minimum} to ${fleet.maximum}; ${fleet.warm} warm; policy ${fleet.policy}`);
  set("in-work", fleet.in_work);
  set("queued", `${fleet.queued} waiting in the balancer`);
  set("p95", `${number.format(mean(POINT.p95))} ms`);
  set("p50-p99", `p50 ${number.format(mean(POINT.p50))} ms, p99 ${number.format(mean(POINT.p99))} ms`);
}

function instanceCard(one) {
  const since = clock.format(new Date(one.since));
  return make("div", { className: "instance" }, make("b", { textContent: one.name }),
    make("span", { className: `state ${one.state.replace(" ", "-")}`, textContent: one.state }),
    make("small", { textContent: `since ${since} · ${one.address} · process ${one.pid}` }),
    make("small", { textContent: `${whole.format(one.requests)} requests, ${one.in_work} at work, ${one.streams} event streams` }));
}

function showZones(fleet) {
  const zones = [...new Set([...fleet.zones, ...fleet.instances.map((one) => one.zone)])];
  element("zones").replaceChildren(...zones.map((zone) => {
    const here = fleet.instances.filter((one) => one.zone === zone);
    const cards = here.length ? here.map(instanceCard) : [make("small", { textContent: "No instances" })];
    return make("div", { className: "zone" }, make("h3", { textContent: `Zone ${zone}` }), make("div", {}, ...cards));
  }));
}

function showActivity(fleet) {
  element("activity").replaceChildren(...fleet.activity.slice(-50).reverse().map((one) => {
    const time = make("time", { dateTime: one.at, title: one.at, textContent: clock.format(new Date(one.at)) });
    return make("li", { className: one.from === one.to ? "" : "scaled" }, time, make("span", { textContent: one.activity }));
  }));
}

async function refresh() {
  const connection = element("connection");
  try {
    const response = await fetch("fleet.json", { cache: "no-store", signal: AbortSignal.timeout(3 * SECOND) });
    if (!response.ok) throw new Error(`${response.status}`);
    const fleet = await response.json();
    document.querySelector("main").hidden = false;
    showNow(fleet);
    drawCharts(fleet);
    showZones(fleet);
    showActivity(fleet);
    if (connection.className || connection.textContent !== "Live") connection.textContent = "Live";
    connection.className = "";
  } catch {
    connection.textContent = "The fleet doesn't answer. What you see is old.";
    connection.className = "bad";
  }
  setTimeout(refresh, SECOND);
}

refresh();
