// The results as a table for the terminal and as one for docs/benchmark.md.
import { BASELINE, filledRows, formatNumber, formatRatio } from './rows.mjs';

export function textTable(results) {
  const rows = cells(results);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  return [...rows.map((row) => row.map(pad).join('  ')), '', ...footnotes(results)].join('\n');
}

export function markdownTable(results) {
  const line = (row) => `| ${row.join(' | ')} |`;
  const [head, ...body] = cells(results);
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [
    line(head),
    line(rule),
    ...body.map(line),
    '',
    ...footnotes(results).map((text) => `- ${text}`),
  ].join('\n');
}

function cells(results) {
  const labels = Object.values(results.engines).map(({ label }) => label);
  const rows = filledRows(results).map(({ title, unit, values }) => [
    `${title} (${unit})`,
    ...values.map(cell),
  ]);
  return [['', ...labels], ...rows];
}

function cell({ name, value, ratio }) {
  if (value === undefined) return '';
  return name === BASELINE || ratio === undefined
    ? formatNumber(value)
    : `${formatNumber(value)} (${formatRatio(ratio)})`;
}

function footnotes({ plan, node, redis, cores, versions, engines }) {
  const used = Object.entries(versions).flatMap(([name, version]) => (version ? [`${name} ${version}`] : []));
  return [
    `${plan.messages.toLocaleString('en-US')} messages, the median of ${plan.rounds} round(s); in brackets: times better than BullMQ`,
    `Node ${node}, redis-server ${redis}, ${cores} cores; ${used.join(', ')}`,
    ...Object.values(engines).flatMap((engine) => [
      ...drainNote(engine),
      ...processesNote(engine),
      ...memoryNote(engine),
    ]),
  ];
}

function drainNote({ label, drain }) {
  if (!drain) return [];
  const tried = Object.entries(drain.tried).map(([at, perSecond]) => `${at}: ${formatNumber(perSecond)}`);
  const others = tried.length > 0 ? `, the best of ${tried.join(', ')}` : '';
  return [`${label}: drained at concurrency ${drain.concurrency}${others}`];
}

function processesNote({ label, processes }) {
  if (!processes) return [];
  const [one, two] = [processes.one, processes.two].map(({ perSecond }) => formatNumber(perSecond));
  return [`${label}: one consumer process drains ${one} a second, two drain ${two}`];
}

function memoryNote({ label, memory }) {
  if (!memory) return [];
  const [idle, peak, drift] = [memory.idle, memory.peak, memory.drift].map((value) => value.toFixed(1));
  const count = memory.messages.toLocaleString('en-US');
  return [
    `${label}: ${count} messages of ${memory.bytes} bytes through ${memory.concurrency} slots: ` +
      `${idle} MB idle, ${peak} MB at the peak, ${drift} MB drift over the last three quarters`,
  ];
}
