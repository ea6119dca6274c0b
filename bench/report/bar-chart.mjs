// docs/benchmark.svg: one panel for each figure, one horizontal bar for each engine, linear from zero.
import { BASELINE, filledRows, formatNumber, formatRatio } from './rows.mjs';
import { element, picture, text } from './svg.mjs';

const COLOURS = {
  ours: '#d6246e',
  floor: '#9fb3c8',
  'floor-pages': '#9fb3c8',
  bullmq: '#3e7cb1',
  bee: '#e0a458',
};
const COLUMNS = 2;
const PANEL = { width: 470, top: 58, gap: 34, bar: 22, step: 28, labels: 140, bars: 190, left: 24 };

export function barChart(results) {
  const rows = filledRows(results);
  const engines = Object.keys(results.engines).length;
  const height = PANEL.gap + 14 + engines * PANEL.step;
  const lines = Math.ceil(rows.length / COLUMNS);
  const panels = rows.map((row, i) => {
    const x = PANEL.left + (i % COLUMNS) * PANEL.width;
    const y = PANEL.top + Math.floor(i / COLUMNS) * height;
    return element('g', { transform: `translate(${x} ${y})` }, panel(row));
  });
  const size = { width: PANEL.left + COLUMNS * PANEL.width, height: PANEL.top + lines * height + 30 };
  const note = text(PANEL.left, size.height - 14, footnote(results), { fill: '#627d98', 'font-size': 12 });
  return picture({ ...size, title: 'A task queue over Redis: messages, microseconds, processor time' }, [
    ...panels,
    note,
  ]);
}

function panel({ title, unit, lower, values }) {
  const largest = Math.max(...values.map(({ value = 0 }) => value));
  const heading = [
    text(0, 14, title, { 'font-weight': 600 }),
    text(PANEL.labels + PANEL.bars + 90, 14, `${unit}, ${lower ? 'less' : 'more'} is better`, {
      'text-anchor': 'end',
      fill: '#627d98',
      'font-size': 12,
    }),
  ];
  return [...heading, ...values.flatMap((entry, i) => bar(entry, 24 + i * PANEL.step, largest))];
}

function bar({ name, label, value, ratio }, y, largest) {
  const middle = y + PANEL.bar / 2 + 4.5;
  const width = value === undefined ? 0 : Math.max((value / largest) * PANEL.bars, 2);
  const weight = name === 'ours' ? 600 : 400;
  const figure = value === undefined ? 'not measured' : figureOf({ name, value, ratio });
  return [
    text(PANEL.labels - 8, middle, label, { 'text-anchor': 'end', 'font-weight': weight }),
    element('rect', {
      x: PANEL.labels,
      y,
      width,
      height: PANEL.bar,
      rx: 2,
      fill: COLOURS[name] ?? '#829ab1',
    }),
    text(PANEL.labels + width + 6, middle, figure, { 'font-weight': weight, 'font-size': 12 }),
  ];
}

function figureOf({ name, value, ratio }) {
  const number = formatNumber(value);
  return name === BASELINE || ratio === undefined ? number : `${number} (${formatRatio(ratio)})`;
}

function footnote({ plan, node, redis, cores, versions }) {
  const peers = [`BullMQ ${versions.bullmq ?? '-'}`, `bee-queue ${versions['bee-queue'] ?? '-'}`].join(', ');
  const count = plan.messages.toLocaleString('en-US');
  return `${count} messages, ${cores} cores, Node ${node}, redis-server ${redis}, ${peers}; (2.00x) is twice as good as BullMQ`;
}
