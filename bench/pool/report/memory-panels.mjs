// docs/pool-benchmark-memory.svg: resident memory over time. The first panel has what grows without bound, the second
// one the same run without it, the third one amap.
import { element, picture, text } from '../../report/svg.mjs';

const SIZE = { width: 964, top: 58, panel: 290, left: 70, plot: { width: 860, height: 190, top: 40 } };
const MUTED = { fill: '#627d98', 'font-size': 12 };
const COLOURS = {
  bare: '#829ab1',
  ours: '#d6246e',
  'ours-plain': '#f09abf',
  'p-limit': '#3e7cb1',
  'p-limit-array': '#8fb8de',
  'p-queue': '#e0a458',
  amap: '#d6246e',
  'amap-ordered': '#f09abf',
  'p-map': '#3e7cb1',
};

/** Undefined when no memory was measured. */
export function memoryPanels({ measurements: { memory, amap } }) {
  const panels = [
    ...(memory ? [{ ...memory, title: `${countOf(memory)} ${memory.title}` }] : []),
    ...(memory ? [bounded(memory)] : []),
    ...(amap ? [{ ...amap, title: `${countOf(amap)} ${amap.title}` }] : []),
  ].filter(({ variants }) => Object.keys(variants).length > 0);
  if (panels.length === 0) return undefined;
  const groups = panels.map((panel, i) =>
    element('g', { transform: `translate(0 ${SIZE.top + i * SIZE.panel})` }, drawPanel(panel)),
  );
  const height = SIZE.top + panels.length * SIZE.panel;
  return picture({ width: SIZE.width, height, title: 'Resident memory over time' }, groups);
}

const countOf = ({ settings }) => settings.count.toLocaleString('en-US');

function bounded({ variants, ...rest }) {
  const others = Object.entries(variants).filter(([name]) => !name.startsWith('p-limit'));
  return { ...rest, title: 'the same run without p-limit', variants: Object.fromEntries(others) };
}

function drawPanel({ title, variants }) {
  const entries = Object.entries(variants);
  const points = entries.flatMap(([, variant]) => variant.points);
  const scale = scaleOf(points);
  return [
    text(24, 14, title, { 'font-weight': 600 }),
    ...gridLines(scale),
    ...entries.map(([name, variant]) => line(name, variant, scale)),
    ...legends(entries),
  ];
}

function scaleOf(points) {
  const { width, height, top } = SIZE.plot;
  const from = Math.min(...points.map(({ x }) => x));
  const to = Math.max(...points.map(({ x }) => x));
  const unit = roundStep((Math.max(...points.map(({ y }) => y)) * 1.05) / 5);
  const ceiling = unit * 5;
  return {
    from,
    to,
    unit,
    ceiling,
    x: (seconds) => SIZE.left + ((seconds - from) / (to - from || 1)) * width,
    y: (megabytes) => top + height - (megabytes / ceiling) * height,
  };
}

/** The next of 1, 2, 5, 10, 20, 50 ... */
function roundStep(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= value);
}

function gridLines(scale) {
  const right = SIZE.left + SIZE.plot.width;
  const lines = [];
  for (let megabytes = 0; megabytes <= scale.ceiling; megabytes += scale.unit) {
    const y = scale.y(megabytes);
    lines.push(element('line', { x1: SIZE.left, x2: right, y1: y, y2: y, stroke: '#e4e7eb' }));
    lines.push(text(SIZE.left - 8, y + 4, `${megabytes} MB`, { ...MUTED, 'text-anchor': 'end' }));
  }
  const step = roundStep((scale.to - scale.from) / 12);
  const below = SIZE.plot.top + SIZE.plot.height + 18;
  for (let i = Math.ceil(scale.from / step); i * step <= scale.to; i++) {
    const label = `${Number((i * step).toPrecision(3))} s`;
    lines.push(text(scale.x(i * step), below, label, { ...MUTED, 'text-anchor': 'middle' }));
  }
  return lines;
}

function line(name, { points }, scale) {
  return element('polyline', {
    points: points.map(({ x, y }) => `${scale.x(x).toFixed(1)},${scale.y(y).toFixed(1)}`).join(' '),
    fill: 'none',
    stroke: COLOURS[name] ?? '#52606d',
    'stroke-width': 2,
  });
}

/** One after the other, by the width that their letters take on average. */
function legends(entries) {
  let x = 24;
  return entries.map(([name, { label }]) => {
    const entry = element('g', {}, [
      element('rect', { x, y: 23, width: 12, height: 4, fill: COLOURS[name] ?? '#52606d' }),
      text(x + 15, 29, label, { 'font-size': 11 }),
    ]);
    x += 25 + label.length * 6;
    return entry;
  });
}
