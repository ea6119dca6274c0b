// The command line and the plan that comes of it.
import { parseArgs } from 'node:util';
import { MEASUREMENTS } from '../measurements/index.mjs';

export const USAGE = `node pool/run.mjs [options]
  --rounds <n>       rounds of each measurement, each variant once a round; 7 unless given (5 for memory and amap)
  --quick            everything smaller, under two minutes: an impression, no figures to quote
  --smoke            a few seconds: does everything work? its figures mean nothing
  --only <list>      of ${MEASUREMENTS.join(', ')}
  --variants <list>  only these, by their names in variants/ (pressure: ours:turn, ours:trivial ...)
  --dist <folder>    the build to measure; the repository's dist/ unless given
  --json <file>      where to write the results; results/pool.json unless given (pool-smoke.json)`;

const FULL = {
  mode: 'full',
  rounds: 7,
  longRounds: 5,
  throughput: { batch: 1_000, concurrency: 100, warmUp: 400, duration: 1_000 },
  pressure: { count: 3_000_000, warmUp: 300_000, concurrency: 100, queue: 1_000 },
  memory: {
    count: 1_000_000,
    inputBytes: 400,
    resultBytes: 250,
    concurrency: 1_000,
    queue: 10_000,
    work: 5,
    interval: 50,
    idle: 1_000,
  },
  amap: { count: 10_000_000, concurrency: 100, interval: 50, idle: 1_000 },
  executor: { batch: 1_000, concurrency: 100, warmUp: 500, duration: 1_000 },
};

const QUICK = {
  mode: 'quick',
  rounds: 1,
  longRounds: 1,
  throughput: { warmUp: 200, duration: 300 },
  pressure: { count: 300_000, warmUp: 100_000 },
  memory: { count: 200_000, idle: 500 },
  amap: { count: 1_000_000, idle: 500 },
  executor: { warmUp: 200, duration: 300 },
};

const SMOKE = {
  mode: 'smoke',
  rounds: 1,
  longRounds: 1,
  throughput: { warmUp: 0, duration: 5 },
  pressure: { count: 5_000, warmUp: 1_000 },
  memory: { count: 20_000, interval: 10, idle: 50 },
  amap: { count: 20_000, interval: 10, idle: 50 },
  executor: { warmUp: 0, duration: 5 },
};

export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      only: { type: 'string', default: MEASUREMENTS.join() },
      variants: { type: 'string' },
      dist: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { help, json, dist } = values;
  const plan = merge(FULL, values.smoke ? SMOKE : values.quick ? QUICK : {});
  return {
    help,
    json,
    dist,
    variants: values.variants?.split(',').map((item) => item.trim()),
    plan: { ...plan, ...rounds(values), only: only(values) },
  };
}

/** A smaller plan names only what differs in it. */
function merge(full, smaller) {
  return Object.fromEntries(
    Object.entries(full).map(([key, value]) => [
      key,
      typeof value === 'object' ? { ...value, ...smaller[key] } : (smaller[key] ?? value),
    ]),
  );
}

function rounds({ rounds: text }) {
  if (text === undefined) return {};
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`--rounds takes a whole number above 0, not '${text}'`);
  }
  return { rounds: value, longRounds: value };
}

function only({ only: text }) {
  const list = text.split(',').map((item) => item.trim());
  const unknown = list.find((item) => !MEASUREMENTS.includes(item));
  if (unknown !== undefined) throw new Error(`--only: '${unknown}' is none of ${MEASUREMENTS.join(', ')}`);
  return MEASUREMENTS.filter((item) => list.includes(item));
}
