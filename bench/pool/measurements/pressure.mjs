// Submit under back-pressure, results dropped: one submitter that is faster than the tasks end.
import { createTally } from '../harness/exactly-once.mjs';
import { variants as ways } from '../variants/pressure.mjs';
import { inProcessOf, startLap, summarizeRate } from './rate.mjs';

export const title = 'submit under back-pressure, results dropped; concurrency 100, queue of 1,000';
export const rounds = (plan) => plan.rounds;

// Tasks that end at once never fill the queue; those that end with the next turn of the event loop keep it full.
const KINDS = { turn: 'tasks that end a turn later', trivial: 'trivial tasks' };

/** Every way with both kinds of tasks: 'ours:turn', 'ours:trivial' ... */
export const variants = Object.fromEntries(
  Object.entries(KINDS).flatMap(([kind, text]) =>
    Object.entries(ways).map(([name, way]) => [
      `${name}:${kind}`,
      { ...way, kind, label: `${way.label}; ${text}` },
    ]),
  ),
);

export async function prepare(name, { count, warmUp, concurrency, queue }) {
  const { open, kind } = variants[name];
  const way = await open({ concurrency, queue });
  return inProcessOf(variants[name], async () => {
    await round(name, way, kind, warmUp);
    const lap = startLap();
    const peak = await round(name, way, kind, count);
    checkPeak(name, kind, peak, queue);
    return { ...lap.rate(count), peak };
  });
}

/** Resolves with how many tasks were seen to wait at most. */
async function round(name, way, kind, count) {
  const tally = createTally(count);
  const peak = await way(count, taskMaker(kind, tally.runs));
  tally.check(name);
  return peak;
}

function taskMaker(kind, runs) {
  if (kind === 'trivial') {
    return (n) => async () => {
      runs[n]++;
    };
  }
  let turn;
  const nextTurn = () =>
    (turn ??= new Promise((resolve) =>
      setImmediate(() => {
        turn = undefined;
        resolve();
      }),
    ));
  // They share their promise: with one of their own each, the tasks would cost more than what is measured.
  return (n) => () => {
    runs[n]++;
    return nextTurn();
  };
}

/** Without a full queue there was no back-pressure to measure; with more than that there was none at all. */
function checkPeak(name, kind, peak, queue) {
  if (peak > queue) throw new Error(`${name}: ${peak} tasks waited, more than the ${queue} allowed`);
  if (kind === 'turn' && peak < 0.9 * queue) {
    throw new Error(`${name}: the queue was never nearly full (${peak} of ${queue})`);
  }
}

export function summarize(answers) {
  return { ...summarizeRate(answers), peak: Math.max(...answers.map(({ value }) => value.peak)) };
}
