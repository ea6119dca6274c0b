// Makes docs/adaptive-limit.svg from the simulation that the tests use: node scripts/plot-adaptive-limit.mjs [file]
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformFile } from '@swc/core';
import { element, picture, text } from '../bench/report/svg.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [target = join(root, 'docs/adaptive-limit.svg')] = process.argv.slice(2);

const SOURCES = [
  'lib/pool/adaptive/limit-law.ts',
  'lib/pool/adaptive/sample-window.ts',
  'lib/pool/adaptive/gradient-controller.ts',
  'test/pool/adaptive-simulation.ts',
  'test/pool/adaptive-kit.ts',
];
/** Seconds, and what the server has room for from then on. */
const CAPACITIES = [
  [0, 60],
  [60, 20],
  [120, 60],
];
const END = 180;
const PANELS = [
  { noise: 'uniform', title: 'Work of 25 to 75 ms' },
  { noise: 'exponential', title: 'Work of 50 ms on average, exponentially distributed' },
];
const MOST = 120;
const BOX = { left: 56, top: 86, width: 860, height: 190, step: 256 };
const COLOURS = { limit: '#d6246e', level: '#e8a3c0', capacity: '#1f2933', band: '#e3edf5', axis: '#627d98' };

const x = (seconds) => BOX.left + (seconds / END) * BOX.width;
const y = (tasks) => BOX.height - (Math.min(tasks, MOST) / MOST) * BOX.height;

const { scene } = await compiledKit();
const panels = PANELS.map(({ noise, title }, i) =>
  element('g', { transform: `translate(0 ${BOX.top + i * BOX.step})` }, panel(title, simulate(noise))),
);
const size = { width: BOX.left + BOX.width + 24, height: BOX.top + PANELS.length * BOX.step };
const heading = { ...size, title: 'AdaptiveLimit finds a capacity that it is not told' };
await writeFile(target, picture(heading, [legend(), ...panels]));
process.stderr.write(`${target} written\n`);

/** The limit and the level whenever one of them changes. */
function simulate(noise) {
  const running = scene({ capacity: CAPACITIES[0][1], noise, seed: 1 }, { initial: 10 });
  const { server, limit } = running;
  const points = [{ at: 0, limit: limit.limit, level: limit.level }];
  while (server.now < END * 1_000) {
    server.capacity = CAPACITIES.findLast(([from]) => from * 1_000 <= server.now)[1];
    server.run(limit, 1);
    const last = points.at(-1);
    if (limit.limit !== last.limit || limit.level !== last.level) {
      points.push({ at: server.now / 1_000, limit: limit.limit, level: limit.level });
    }
  }
  return points;
}

function panel(title, points) {
  const changes = CAPACITIES.map(([at, capacity]) => ({ at, capacity }));
  const heights = [0, 20, 60, 100];
  return [
    text(BOX.left, -8, title, { 'font-weight': 600 }),
    text(0, 0, 'tasks at a time', {
      transform: `translate(18 ${BOX.height / 2}) rotate(-90)`,
      'text-anchor': 'middle',
      fill: COLOURS.axis,
    }),
    ...changes.map((each, i) => band(each, changes[i + 1]?.at ?? END)),
    ...heights.map((tasks) =>
      text(BOX.left - 8, y(tasks) + 4, tasks, { 'text-anchor': 'end', fill: COLOURS.axis }),
    ),
    ...[0, 30, 60, 90, 120, 150, 180].map((at) =>
      text(x(at), BOX.height + 18, `${at} s`, { 'text-anchor': 'middle', fill: COLOURS.axis }),
    ),
    element('path', { d: `M${x(0)} ${y(0)}H${x(END)}`, stroke: COLOURS.axis }),
    line(changes, 'capacity', { 'stroke-dasharray': '6 4', 'stroke-width': 1.5 }),
    line(points, 'level', { 'stroke-width': 1 }),
    line(points, 'limit', { 'stroke-width': 2 }),
  ];
}

function band({ at, capacity }, end) {
  const top = y(capacity * 1.3);
  const sides = { width: x(end) - x(at), height: y(capacity / 1.3) - top };
  return element('rect', { x: x(at), y: top, ...sides, fill: COLOURS.band });
}

function line(points, key, attributes) {
  const steps = points.slice(1).map((point) => `H${round(x(point.at))}V${round(y(point[key]))}`);
  const d = `M${x(points[0].at)} ${round(y(points[0][key]))}${steps.join('')}H${x(END)}`;
  return element('path', { d, fill: 'none', stroke: COLOURS[key], ...attributes });
}

function legend() {
  const entries = [
    ['capacity', 'what the server has room for, and a factor of 1.3 around it'],
    ['limit', 'limit'],
    ['level', 'tasks that run in a probe'],
  ];
  let left = BOX.left;
  return element(
    'g',
    { transform: 'translate(0 54)', 'font-size': 12 },
    entries.flatMap(([key, label]) => {
      const at = left;
      left += 60 + label.length * 6.4;
      return [
        element('rect', { x: at, y: -8, width: 18, height: 6, fill: COLOURS[key] }),
        text(at + 24, 0, label),
      ];
    }),
  );
}

function round(value) {
  return Math.round(value * 10) / 10;
}

/** Node 20 runs no TypeScript: compiles the few files to a folder of their own, and loads the kit from there. */
async function compiledKit() {
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'nb-plot-'));
  try {
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    for (const source of SOURCES) await compile(source, folder);
    return await import(pathToFileURL(join(folder, 'test/pool/adaptive-kit.js')).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compile(source, folder) {
  const { code } = await transformFile(join(root, source), {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  const file = join(folder, source.replace(/\.ts$/, '.js'));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, code);
}
