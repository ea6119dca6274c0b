// docs/benchmark-memory.svg: resident memory of the consumer over the time of the drain.
import { element, picture, text } from './svg.mjs';

const SIZE = { width: 964, height: 380 };
const PLOT = { left: 70, top: 64, width: 860, height: 250 };

/** Undefined when the memory of no engine was measured. */
export function memoryChart(results) {
  const memory = results.engines.ours?.memory;
  if (!memory) return undefined;
  const scale = scaleOf(memory);
  const count = memory.messages.toLocaleString('en-US');
  const title = `Memory of a consumer that drains ${count} messages of ${memory.bytes} bytes, maxConcurrency ${memory.concurrency}`;
  return picture({ ...SIZE, title }, [
    ...gridLines(scale),
    idleLine(memory, scale),
    element('polyline', {
      points: memory.points.map(({ x, y }) => `${scale.x(x).toFixed(1)},${scale.y(y).toFixed(1)}`).join(' '),
      fill: 'none',
      stroke: '#d6246e',
      'stroke-width': 2.5,
    }),
    text(PLOT.left, SIZE.height - 18, caption(memory), { fill: '#627d98', 'font-size': 12 }),
  ]);
}

function scaleOf({ points, peak }) {
  const [from, to] = [points[0].x, points.at(-1).x];
  const ceiling = Math.ceil((peak * 1.15) / 50) * 50;
  const bottom = PLOT.top + PLOT.height;
  return {
    from,
    to,
    ceiling,
    x: (seconds) => PLOT.left + ((seconds - from) / (to - from)) * PLOT.width,
    y: (megabytes) => bottom - (megabytes / ceiling) * PLOT.height,
  };
}

function gridLines(scale) {
  const grey = { stroke: '#e4e7eb' };
  const muted = { fill: '#627d98', 'font-size': 12 };
  const lines = [];
  for (let mb = 0; mb <= scale.ceiling; mb += scale.ceiling / 5) {
    const y = scale.y(mb);
    lines.push(element('line', { x1: PLOT.left, x2: PLOT.left + PLOT.width, y1: y, y2: y, ...grey }));
    lines.push(text(PLOT.left - 8, y + 4, `${Math.round(mb)} MB`, { ...muted, 'text-anchor': 'end' }));
  }
  const step = Math.max(1, Math.ceil((scale.to - scale.from) / 12));
  for (let second = Math.ceil(scale.from); second <= scale.to; second += step) {
    const y = PLOT.top + PLOT.height + 18;
    lines.push(text(scale.x(second), y, `${second} s`, { ...muted, 'text-anchor': 'middle' }));
  }
  const start = scale.x(0);
  const end = PLOT.top + PLOT.height;
  lines.push(element('line', { x1: start, x2: start, y1: PLOT.top, y2: end, stroke: '#9fb3c8' }));
  return [...lines, text(start + 6, PLOT.top + 12, 'the drain begins', muted)];
}

function idleLine({ idle }, scale) {
  const y = scale.y(idle);
  const dashes = { stroke: '#3e7cb1', 'stroke-dasharray': '6 4' };
  return element('g', {}, [
    element('line', { x1: PLOT.left, x2: PLOT.left + PLOT.width, y1: y, y2: y, ...dashes }),
    text(PLOT.left + PLOT.width, y + 16, 'idle after bootstrap', { 'text-anchor': 'end', fill: '#3e7cb1' }),
  ]);
}

function caption({ idle, peak, drift }) {
  const [above, drifted] = [peak - idle, drift].map((value) => value.toFixed(1));
  return `peak ${above} MB above idle; drift over the last three quarters of the drain ${drifted} MB`;
}
