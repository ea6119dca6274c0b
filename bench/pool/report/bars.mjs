// docs/pool-benchmark.svg: one panel for each measurement of speed, one horizontal bar for each variant, from zero.
import { formatNumber } from '../../report/rows.mjs';
import { element, picture, text } from '../../report/svg.mjs';

const OURS = '#d6246e';
const PEER = '#3e7cb1';
const FLOOR = '#9fb3c8';
const SIZE = { width: 964, left: 24, labels: 410, bars: 380, top: 58, step: 24, bar: 18, gap: 52 };

/** Undefined when no speed was measured. */
export function barsChart({ measurements, node, cores, plan }) {
  const panels = ['throughput', 'pressure', 'executor']
    .flatMap((name) => measurements[name] ?? [])
    .filter(({ variants }) => Object.keys(variants).length > 0);
  if (panels.length === 0) return undefined;
  let y = SIZE.top;
  const groups = panels.map((measurement) => {
    const group = element('g', { transform: `translate(${SIZE.left} ${y})` }, panel(measurement));
    y += SIZE.gap + Object.keys(measurement.variants).length * SIZE.step;
    return group;
  });
  const rounds = `the median of ${plan.rounds} round(s), each in a process of its own; Node ${node}, ${cores} cores`;
  const note = text(SIZE.left, y, `a second, more is better; ${rounds}`, {
    fill: '#627d98',
    'font-size': 12,
  });
  const title = 'A task pool in one process: tasks and calls a second';
  return picture({ width: SIZE.width, height: y + 18, title }, [...groups, note]);
}

function panel({ title, variants }) {
  const entries = Object.values(variants);
  const largest = Math.max(...entries.map(({ perSecond }) => perSecond));
  return [
    text(0, 14, title, { 'font-weight': 600 }),
    ...entries.flatMap((entry, i) => bar(entry, 24 + i * SIZE.step, largest)),
  ];
}

function bar({ label, perSecond, side }, y, largest) {
  const middle = y + SIZE.bar / 2 + 4.5;
  const width = Math.max((perSecond / largest) * SIZE.bars, 2);
  const weight = side === 'ours' ? 600 : 400;
  const fill = { ours: OURS, peer: PEER }[side] ?? FLOOR;
  return [
    text(SIZE.labels - 8, middle, label, { 'text-anchor': 'end', 'font-weight': weight, 'font-size': 12 }),
    element('rect', { x: SIZE.labels, y, width, height: SIZE.bar, rx: 2, fill }),
    text(SIZE.labels + width + 6, middle, formatNumber(perSecond), {
      'font-weight': weight,
      'font-size': 12,
    }),
  ];
}
