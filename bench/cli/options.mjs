// The command line and the plan that comes of it.
import { parseArgs } from 'node:util';
import { ENGINES } from '../engines/index.mjs';
import { MEASUREMENTS } from '../measurements/index.mjs';

export const USAGE = `node run.mjs [options]
  --messages <n>       messages a round, 100000 unless given
  --rounds <n>         rounds of each measurement, the median counts; 5 unless given (9 of latency)
  --quick              20,000 messages, one round, small memory run
  --smoke              2,000 messages, one round: does everything work? (no figures to quote)
  --only <list>        of ${MEASUREMENTS.join(', ')}
  --engines <list>     of ${ENGINES.join(', ')}
  --concurrency <n>    this one instead of the best of several
  --everywhere         the measurements "processes" and "memory" for every engine, not only for ours
  --json <file>        where to write the results; results/latest.json unless given`;

const MEMORY = { messages: 1_000_000, bytes: 400, concurrency: 1_000, work: 5, interval: 250 };
const FULL = {
  messages: 100_000,
  rounds: 5,
  search: true,
  searchMessages: 20_000,
  addsInFlight: 1_000,
  batch: 500,
  lanes: 4,
  latencyRounds: 9,
  latencySamples: 200,
  latencyInterval: 10,
  memory: MEMORY,
};
const QUICK = {
  messages: 20_000,
  rounds: 1,
  latencyRounds: 1,
  searchMessages: 10_000,
  memory: { ...MEMORY, messages: 100_000 },
};
const SMOKE = {
  messages: 2_000,
  rounds: 1,
  latencyRounds: 1,
  search: false,
  latencySamples: 50,
  memory: { ...MEMORY, messages: 20_000, interval: 20 },
};

export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      only: { type: 'string', default: MEASUREMENTS.join() },
      engines: { type: 'string', default: ENGINES.join() },
      concurrency: { type: 'string' },
      everywhere: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const mode = values.smoke ? SMOKE : values.quick ? QUICK : {};
  return {
    help: values.help,
    json: values.json,
    engines: listOf('engines', values.engines, ENGINES),
    plan: {
      ...FULL,
      ...mode,
      ...positive('messages', values.messages),
      ...positive('rounds', values.rounds),
      ...positive('latencyRounds', values.rounds),
      ...positive('concurrency', values.concurrency),
      only: listOf('only', values.only, MEASUREMENTS),
      everywhere: values.everywhere,
    },
  };
}

function positive(name, text) {
  if (text === undefined) return {};
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`--${name} takes a whole number above 0, not '${text}'`);
  }
  return { [name]: value };
}

function listOf(name, text, known) {
  const list = text.split(',').map((item) => item.trim());
  const unknown = list.find((item) => !known.includes(item));
  if (unknown !== undefined) throw new Error(`--${name}: '${unknown}' is none of ${known.join(', ')}`);
  return known.filter((item) => list.includes(item));
}
