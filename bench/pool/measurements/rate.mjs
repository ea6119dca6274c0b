// What the measurements of speed share.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { cpuUsed, now } from '../../child/clock.mjs';
import { median } from '../../harness/statistics.mjs';
import { createTally, expectValue } from '../harness/exactly-once.mjs';

/**
 * Runs whole batches for `duration` ms, at least one, checking every one. Between two batches the event loop turns
 * once, as it does in a server: two microseconds that every variant pays.
 */
export async function repeatBatches(who, runBatch, batch, duration) {
  const lap = startLap();
  let tasks = 0;
  do {
    const results = await runBatch(batch);
    tasks += batch.check(who, results);
    await turn();
  } while (lap.micros() < duration * 1_000);
  return lap.rate(tasks);
}

/** A storage in use slows down every promise of its process; some variants are measured in such a process. */
export function inProcessOf({ storage }, work) {
  return storage ? () => new AsyncLocalStorage().run({}, work) : work;
}

/** Time on the wall, and of the processors: what others do on the machine shows in the first one only. */
export function startLap() {
  const [start, cpu] = [now(), cpuUsed()];
  const micros = () => now() - start;
  return {
    micros,
    rate: (tasks) => ({ perSecond: (tasks / micros()) * 1e6, cpu: ((cpuUsed() - cpu) / tasks) * 1_000 }),
  };
}

/** Trivial async tasks, as thunks and as a function of an item, that return their number and count their runs. */
export function createBatch(size) {
  const tally = createTally(size);
  const { runs } = tally;
  const work = async (n) => {
    runs[n]++;
    return n;
  };
  const items = Array.from({ length: size }, (_, n) => n);
  const thunks = items.map((n) => async () => {
    runs[n]++;
    return n;
  });
  return { items, thunks, work, check: (who, results) => check(who, results, tally) };
}

function check(who, results, { runs, reset, check: checkRuns }) {
  if (results.length !== runs.length)
    throw new Error(`${who}: ${results.length} results, not ${runs.length}`);
  for (let n = 0; n < results.length; n++) {
    if (results[n] !== n) expectValue(who, n, n, results[n]);
    if (runs[n] !== 1) checkRuns(who);
  }
  reset();
  return results.length;
}

/** The median round, and all of them: ratios are taken round by round. `cpu` is in nanoseconds a task. */
export function summarizeRate(answers) {
  const [perSecond, cpu] = ['perSecond', 'cpu'].map((key) => answers.map(({ value }) => value[key]));
  return { perSecond: median(perSecond), cpu: median(cpu), rounds: { perSecond, cpu } };
}
