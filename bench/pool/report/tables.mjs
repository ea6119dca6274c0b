// The results as tables: for the terminal, and as markdown for docs/pool-benchmark.md.
import { formatNumber } from '../../report/rows.mjs';
import { claimsTable } from './claims-table.mjs';
import { megabytes, nanoseconds, rangeText } from './format.mjs';
import { protectionsTable } from './protections.mjs';

export function textReport(results) {
  return [...tables(results).map(asText), footnotes(results).join('\n')].join('\n\n');
}

export function markdownReport(results) {
  const notes = footnotes(results).map((note) => `- ${note}`);
  return [...tables(results).map(asMarkdown), notes.join('\n')].join('\n\n');
}

/** [{title, rows}]; the first row is the head. */
function tables(results) {
  const { throughput, pressure, memory, amap, executor } = results.measurements;
  return [
    claimsTable(results),
    ratesTable(throughput, () => 'fastq'),
    protectionsTable(throughput),
    ratesTable(pressure, (name) => `p-queue:${name.split(':')[1]}`),
    memoryTable(memory),
    memoryTable(amap),
    ratesTable(executor, (name) => (name.endsWith('-2') ? 'piscina-2' : 'piscina')),
  ].filter((table) => table !== undefined && table.rows.length > 1);
}

/** Tasks a second, and how many times the reference's. */
function ratesTable(measurement, referenceOf) {
  if (!measurement) return undefined;
  const { title, variants } = measurement;
  const rows = Object.entries(variants).map(([name, { label, perSecond, cpu, rounds }]) => {
    const reference = variants[referenceOf(name)];
    return [
      label,
      formatNumber(perSecond),
      nanoseconds(perSecond).toFixed(0),
      cpu.toFixed(0),
      reference ? (perSecond / reference.perSecond).toFixed(2) : '',
      rangeText(rounds.perSecond, formatNumber),
    ];
  });
  const reference = variants[referenceOf(Object.keys(variants)[0] ?? '')];
  const times = reference ? `of ${reference.label.replace(/[,;].*/, '')}` : '';
  return { title, rows: [['', 'a second', 'ns each', 'CPU ns', times, 'its rounds'], ...rows] };
}

function memoryTable(measurement) {
  if (!measurement) return undefined;
  const rows = Object.values(measurement.variants).map((variant) => [
    variant.label,
    variant.count.toLocaleString('en-US'),
    megabytes(variant.idle),
    megabytes(variant.growth),
    rangeText(variant.rounds.growth, megabytes),
    megabytes(variant.drift),
    megabytes(variant.rise),
    formatNumber(variant.perSecond),
  ]);
  const head = ['', 'tasks', 'idle MB', 'grows by MB', 'its rounds', 'drift MB', 'rise MB', 'a second'];
  return { title: measurement.title, rows: [head, ...rows] };
}

function asText({ title, rows }) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  return [title, ...rows.map((row) => row.map(pad).join('  ').trimEnd())].join('\n');
}

function asMarkdown({ title, rows: [head, ...body] }) {
  const line = (row) => `| ${row.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [`### ${title}`, '', line(head), line(rule), ...body.map(line)].join('\n');
}

const MODES = {
  quick: ['A quick run: an impression, no figures to quote, and too small for the targets.'],
  smoke: ['A smoke run: its figures mean nothing.'],
};

function footnotes({ plan, node, cores, versions, measurements }) {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version ?? '-'}`);
  return [
    ...(MODES[plan.mode] ?? []),
    `Each variant in a process of its own, ${plan.rounds} round(s) in turn (memory and amap ${plan.longRounds}); ` +
      `figures are medians, ratios the median of the rounds' ratios.`,
    ...scaledNote(measurements.memory),
    `Node ${node}, ${cores} cores; ${used.join(', ')}`,
  ];
}

/** What had to be cut down grew by less than it would have: a ratio of it is on the safe side. */
function scaledNote(memory) {
  const scaled = Object.values(memory?.variants ?? {}).filter(({ count }) => count < memory.settings.count);
  return scaled.map(
    ({ label, count }) =>
      `${label}: only ${count.toLocaleString('en-US')} tasks, more may not fit in memory here; its growth is that of these.`,
  );
}
