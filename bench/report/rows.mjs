// What the tables and the chart show: a heading, a way to read the figure, and which direction is better.
export const ROWS = [
  { title: 'single submits, 1,000 in flight', unit: 'messages/s', read: (e) => e.add?.perSecond },
  { title: 'bulk add', unit: 'messages/s', read: (e) => e.bulk?.perSecond },
  { title: 'drain: fetch, run, settle', unit: 'messages/s', read: (e) => e.drain?.perSecond },
  { title: 'idle latency, median', unit: 'us', lower: true, read: (e) => e.latency?.median },
  { title: 'idle latency, p99', unit: 'us', lower: true, read: (e) => e.latency?.p99 },
  { title: 'Redis CPU, bulk add', unit: 'us/message', lower: true, read: (e) => e.bulk?.redisCpu },
  { title: 'Redis CPU, single submits', unit: 'us/message', lower: true, read: (e) => e.add?.redisCpu },
  { title: 'Redis CPU, drain', unit: 'us/message', lower: true, read: (e) => e.drain?.redisCpu },
  { title: 'Node CPU, bulk add', unit: 'us/message', lower: true, read: (e) => e.bulk?.nodeCpu },
  { title: 'Node CPU, single submits', unit: 'us/message', lower: true, read: (e) => e.add?.nodeCpu },
  { title: 'Node CPU, drain', unit: 'us/message', lower: true, read: (e) => e.drain?.nodeCpu },
];

export const BASELINE = 'bullmq';

/** The rows that at least one engine has a figure for: [{title, unit, lower, values: [{label, value, ratio}]}]. */
export function filledRows(results) {
  const engines = Object.entries(results.engines);
  return ROWS.map(({ read, ...row }) => {
    const base = read(results.engines[BASELINE] ?? {});
    const values = engines.map(([name, engine]) => {
      const value = read(engine);
      return { name, label: engine.label, value, ratio: ratioOf(value, base, row.lower) };
    });
    return { ...row, values };
  }).filter((row) => row.values.some(({ value }) => value !== undefined));
}

/** How many times better than the baseline. */
function ratioOf(value, base, lower) {
  if (value === undefined || base === undefined) return undefined;
  return lower ? base / value : value / base;
}

/** Three significant digits, thousands separated. */
export function formatNumber(value) {
  if (value === undefined) return '';
  if (value >= 100) return Math.round(Number(value.toPrecision(3))).toLocaleString('en-US');
  return value.toPrecision(value >= 10 ? 3 : 2);
}

export const formatRatio = (ratio) => `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(2)}x`;
