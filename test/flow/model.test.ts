import { expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import { amap, type FlowContext } from '../../lib/flow/index.js';
import { turn } from '../pool/signals.js';
import { upTo } from './kit.js';

/** How many microtasks or turns a task takes; 'now' answers without a promise. */
const taskTime = fc.constantFrom('now', 'microtask', 'turn', 'turns') satisfies fc.Arbitrary<string>;
const plan = fc.record({
  times: fc.array(taskTime, { maxLength: 40 }),
  maxAtOnce: fc.integer({ min: 1, max: 6 }),
  ordered: fc.boolean(),
  asyncSource: fc.boolean(),
  /** The loop takes its time after these results, is left after so many, and the task of this item fails. */
  slow: fc.array(fc.nat(40), { maxLength: 5 }),
  leaveAfter: fc.option(fc.nat(40)),
  failAt: fc.option(fc.nat(40)),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** Runs one plan, and tells what it saw. */
async function play({ times, maxAtOnce, ordered, asyncSource, slow, leaveAfter, failAt }: Plan) {
  const seen: number[] = [];
  const signals = new Map<number, AbortSignal>();
  const ended = new Set<number>();
  const peaks = { running: 0, outstanding: 0 };
  let returned = 0;
  /** Thrown by the loop, or told to `onError`. */
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);

  function* numbers() {
    try {
      yield* upTo(times.length);
    } finally {
      returned++;
    }
  }
  async function* asyncNumbers() {
    for (const each of numbers()) {
      if (each % 3 === 0) await turn(1);
      yield each;
    }
  }
  const work = (i: number, context: FlowContext): number | Promise<number> => {
    signals.set(i, context.signal);
    peaks.running = Math.max(peaks.running, signals.size - ended.size);
    peaks.outstanding = Math.max(peaks.outstanding, signals.size - seen.length);
    const end = (): number => {
      ended.add(i);
      if (i === failAt) throw new Error(`task ${i}`);
      return i;
    };
    if (times[i] === 'now') return end();
    if (times[i] === 'microtask') return Promise.resolve().then(end);
    return turn(times[i] === 'turn' ? 1 : 3).then(end);
  };
  try {
    const source = asyncSource ? asyncNumbers() : numbers();
    for await (const each of amap(work, source, { maxAtOnce, ordered, onError })) {
      seen.push(each);
      if (slow.includes(seen.length)) await turn(4);
      if (seen.length === leaveAfter) break;
    }
  } catch (caught) {
    errors.push(caught);
  }
  const running = [...signals].filter(([i]) => !ended.has(i)).map(([, signal]) => signal);
  // Tasks that run on may still fail.
  await turn(5);
  return { seen, peaks, returned, errors, ended, started: signals.size, running };
}

/** What is wrong with a run, if anything. */
async function faults(each: Plan): Promise<string[]> {
  const { times, maxAtOnce, ordered, failAt, leaveAfter } = each;
  const run = await play(each);
  const { seen, peaks, errors } = run;
  const sorted = seen.toSorted((a, b) => a - b);
  const all = String(upTo(times.length));
  const left = leaveAfter !== null && seen.length === leaveAfter;
  const failed = failAt !== null && run.ended.has(failAt);
  const wrong: [boolean, string][] = [
    [peaks.running > maxAtOnce, 'too many run'],
    // The item that the loop has in hand counts as taken a moment later here than there.
    [peaks.outstanding > 2 * maxAtOnce + 1, 'too many results are kept'],
    [!run.running.every((signal) => signal.aborted), 'a task is left alone'],
    [new Set(seen).size !== seen.length, 'a result comes twice'],
    [ordered && String(seen) !== String(upTo(seen.length)), 'the order is wrong'],
    [times.length > 0 && run.returned !== 1, 'the source is not returned, or twice'],
    [!left && !failed && String(sorted) !== all, 'results are missing'],
    [!left && !failed && run.started !== times.length, 'tasks are missing'],
    [errors.length !== (failed ? 1 : 0), 'an error is lost, or told twice'],
  ];
  return wrong.filter(([is]) => is).map(([, what]) => what);
}

test('amap, whatever tasks, source and loop do', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (each) => {
      expect(await faults(each)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
