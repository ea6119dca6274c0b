// The cases of aiometer's own test suite (tests/test_aiometer.py), in our words and by a fake clock.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { amap, runAll, runAny, runOnEach, type FlowLimits } from '../../lib/flow/index.js';
import { Gauge, turn } from '../pool/signals.js';
import { collect, upTo } from './kit.js';

const items = ['apple', 'banana', 'cherry', 'apple'];
const capitalize = async (item: string): Promise<string> => `${item[0]!.toUpperCase()}${item.slice(1)}`;
const fast = async (): Promise<string> => 'fast';
const slow = async (): Promise<string> => {
  await turn(5);
  return 'slow';
};

describe('runners', () => {
  test('run_on_each processes each item, equal ones too', async () => {
    const output: string[] = [];
    await runOnEach(async (item) => output.push(item), items);
    expect(output.toSorted()).toEqual(items.toSorted());
  });

  test('run_all keeps the order of the functions', async () => {
    expect(await runAll([fast, slow])).toEqual(['fast', 'slow']);
    expect(await runAll([slow, fast])).toEqual(['slow', 'fast']);
  });

  test('amap gives all results', async () => {
    const output = await collect(amap(capitalize, items));
    expect(output.toSorted()).toEqual(['Apple', 'Apple', 'Banana', 'Cherry']);
  });

  test('amap runs all tasks for a loop that ignores their results', async () => {
    // In aiometer an untouched `async with` block waits for its tasks; here it is the loop that runs them.
    const called = jest.fn();
    for await (const _ of amap(called, items)) continue;
    expect(called).toHaveBeenCalledTimes(4);
  });

  test("a task's exception comes out of the amap loop as it is", async () => {
    class Failure extends Error {}
    const failing = async (item: string): Promise<string> => {
      if (item === 'fail') throw new Failure();
      return item;
    };
    await expect(collect(amap(failing, ['apple', 'banana', 'fail', 'apple']))).rejects.toBeInstanceOf(
      Failure,
    );
  });

  test('run_any gives the result of the faster one', async () => {
    expect(await runAny([slow, fast])).toBe('fast');
  });

  test('functions made in a loop have their own item', async () => {
    // aiometer refuses lambdas: in Python those of a loop all see its last item. Closures of JavaScript do not.
    const fns = items.map((item) => () => capitalize(item));
    expect(await runAll(fns)).toEqual(['Apple', 'Banana', 'Cherry', 'Apple']);
    expect(await runAny(fns)).toBe('Apple');
  });
});

type Runner = (task: () => Promise<void>, count: number, limits: FlowLimits) => Promise<unknown>;
const runners: [string, Runner][] = [
  ['run_on_each', (task, count, limits) => runOnEach(task, upTo(count), limits)],
  [
    'run_all',
    (task, count, limits) =>
      runAll(
        Array.from({ length: count }, () => task),
        limits,
      ),
  ],
  ['amap', (task, count, limits) => collect(amap(task, upTo(count), limits))],
];

describe('max_at_once', () => {
  const allowed = [1, 2, 5, 10, 20];
  const count = Math.max(...allowed) + 10;

  describe.each(runners)('of %s', (_, run) => {
    test.each(allowed)('%d is reached and not passed', async (maxAtOnce) => {
      const gauge = new Gauge();
      let started = 0;
      const task = (): Promise<void> => gauge.wrap(started, () => turn(1 + (started++ % 4)))();
      await run(task, count, { maxAtOnce });
      expect(gauge.peak).toBe(maxAtOnce);
      expect(started).toBe(count);
    });
  });

  test.each(allowed)('of run_any: %d', async (maxAtOnce) => {
    const gauge = new Gauge();
    const fns = upTo(count).map((i) => gauge.wrap(i, () => turn(1 + (i % 4))));
    await runAny(fns, { maxAtOnce });
    expect(gauge.peak).toBe(maxAtOnce);
  });

  test.each([0, -1, -10])('must be positive: %d is not', async (maxAtOnce) => {
    await expect(runOnEach(fast, ['test'], { maxAtOnce })).rejects.toThrow('a whole number of at least 1');
  });
});

describe('max_per_second', () => {
  const allowed = [5, 10, 20, 30, 40, 50, 70, 100];
  const starts: number[] = [];

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    starts.length = 0;
  });
  afterEach(() => void jest.useRealTimers());

  const note = async (): Promise<void> => void starts.push(performance.now());

  /** How many ms after its time each task started; a timer counts whole milliseconds. */
  const lateness = (maxPerSecond: number): number[] =>
    starts.map((start, i) => Math.floor(start - starts[0]! - (i * 1000) / maxPerSecond + 0.01));

  describe.each(runners)('of %s', (_, run) => {
    test.each(allowed)('%d', async (maxPerSecond) => {
      const all = run(note, 3, { maxPerSecond });
      await jest.advanceTimersByTimeAsync(1_000);
      await all;
      expect(lateness(maxPerSecond)).toEqual([0, 0, 0]);
    });
  });

  test.each(allowed)('of run_any: %d', async (maxPerSecond) => {
    const loser = (): Promise<void> => note().then(() => new Promise(() => {}));
    const all = runAny([loser, loser, note], { maxPerSecond });
    await jest.advanceTimersByTimeAsync(1_000);
    await all;
    expect(lateness(maxPerSecond)).toEqual([0, 0, 0]);
  });
});
