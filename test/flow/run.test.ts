import { setImmediate } from 'node:timers';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  amap,
  runAll,
  runAny,
  runOnEach,
  type FlowContext,
  type FlowLimits,
  type FlowTask,
} from '../../lib/flow/index.js';
import { deferred, Gauge, isSettled, turn } from '../pool/signals.js';
import { collect, endless, upTo } from './kit.js';

const boom = new Error('boom');

describe('runOnEach', () => {
  test('resolves when all have ended, with nothing', async () => {
    const gate = deferred();
    const seen: number[] = [];
    const all = runOnEach(
      async (i) => {
        await gate.promise;
        return seen.push(i);
      },
      endlessUpTo(5),
      { maxAtOnce: 2 },
    );
    expect(await isSettled(all)).toBe(false);
    gate.resolve();
    expect(await all).toBeUndefined();
    expect(seen).toEqual(upTo(5));
  });

  test('more items than the loop keeps results: nothing is kept', async () => {
    let count = 0;
    await runOnEach(() => void count++, endlessUpTo(10_000), { maxAtOnce: 1 });
    expect(count).toBe(10_000);
  });
});

describe('runAll', () => {
  test('gives the values in the order of the functions', async () => {
    const gates = upTo(3).map(() => deferred<string>());
    const all = runAll(gates.map((gate) => () => gate.promise));
    for (const i of [2, 1, 0]) {
      gates[i]!.resolve(`value ${i}`);
      await turn();
    }
    expect(await all).toEqual(['value 0', 'value 1', 'value 2']);
  });

  test('of none, of plain functions, of an async iterable', async () => {
    async function* source() {
      yield () => 1;
      yield async () => 2;
    }
    expect(await runAll([])).toEqual([]);
    expect(await runAll([() => 'a', () => undefined])).toEqual(['a', undefined]);
    expect(await runAll(source())).toEqual([1, 2]);
  });

  test('rejects with the first failure, and cancels the rest', async () => {
    const reasons: unknown[] = [];
    const started = jest.fn();
    const fns: FlowTask<unknown>[] = [
      ({ signal }) => new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason))),
      () => Promise.reject(boom),
      started,
    ];
    await expect(runAll(fns, { maxAtOnce: 2 })).rejects.toBe(boom);
    expect(reasons).toEqual([expect.objectContaining({ code: 'NB_TASK_CANCELLED', cause: boom })]);
    expect(started).not.toHaveBeenCalled();
  });

  test('of what is no function rejects when its turn comes', async () => {
    await expect(runAll([() => 1, 5 as never])).rejects.toThrow(
      'runAll: item 1 of the source must be a function, but was 5 (number).',
    );
  });

  test.each([
    ['runAll', runAll],
    ['runAny', runAny],
  ])('%s of promises says what to write, and takes over what they fail with', async (name, call) => {
    const onError = jest.fn();
    const promises = [boom, boom].map((error) => Promise.reject(error));
    await expect(call(promises as never, { onError, maxAtOnce: 1 })).rejects.toMatchObject({
      code: 'NB_OPTION_INVALID',
      message: `${name}: item 0 of the source must be a function, but was an object of class Promise; write () => work(1) where it says work(1), or it runs at once, whatever the limits.`,
    });
    // Neither is an unhandled rejection.
    await turn();
    expect(onError.mock.calls).toEqual([[boom], [boom]]);
  });

  test('also of a generator', async () => {
    const onError = jest.fn();
    function* source() {
      yield () => turn();
      yield Promise.reject(boom);
    }
    await expect(runAll(source() as never, { onError })).rejects.toThrow('runAll: item 1 of the source');
    await turn();
    expect(onError.mock.calls).toEqual([[boom]]);
  });
});

describe('runAny', () => {
  test('gives the value of the first to end, and cancels the losers', async () => {
    const reasons: unknown[] = [];
    const log: string[] = [];
    const loser = ({ signal }: FlowContext): Promise<string> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        });
      });
    function* source() {
      try {
        yield loser;
        yield () => turn().then(() => 'won');
        yield loser;
        yield loser;
      } finally {
        log.push('returned');
      }
    }
    expect(await runAny(source(), { maxAtOnce: 3 })).toBe('won');
    const reason = expect.objectContaining({
      code: 'NB_TASK_CANCELLED',
      message: expect.stringContaining('runAny'),
    });
    expect(reasons).toEqual([reason, reason]);
    expect(log).toEqual(['returned']);
    await turn();
  });

  test('which decides also when it fails, as in aiometer', async () => {
    await expect(runAny([() => turn().then(() => 1), () => Promise.reject(boom)])).rejects.toBe(boom);
  });

  test('with one that ends at once, no other starts', async () => {
    const second = jest.fn();
    expect(await runAny([() => undefined, second])).toBeUndefined();
    expect(second).not.toHaveBeenCalled();
  });

  test('reports what the losers fail with after that', async () => {
    const onError = jest.fn();
    const gate = deferred<number>();
    expect(await runAny([() => gate.promise, async () => 1], { onError })).toBe(1);
    gate.reject(boom);
    await turn();
    expect(onError.mock.calls).toEqual([[boom]]);
  });

  test('and what the return() of the source fails with; the value stands', async () => {
    const onError = jest.fn();
    function* source() {
      try {
        yield () => 1;
      } finally {
        // oxlint-disable-next-line no-unsafe-finally
        throw boom;
      }
    }
    expect(await runAny(source(), { onError })).toBe(1);
    expect(onError.mock.calls).toEqual([[boom]]);
  });

  test('of none rejects', async () => {
    await expect(runAny([])).rejects.toMatchObject({
      code: 'NB_OPTION_INVALID',
      message: 'runAny: there must be at least one function.',
    });
  });
});

describe('they refuse, before anything runs', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['a non-function', () => runOnEach(1 as never, []), 'runOnEach: the function must be a function'],
    ['a non-iterable', () => runAll({} as never), 'runAll: the source must be an iterable'],
    ['a bad limit', () => runAny([], { maxAtOnce: -1 }), 'runAny: option'],
    ['the option of amap', () => runAll([], { ordered: true } as FlowLimits), "there is no option 'ordered'"],
    ['no options', () => runAll([], null as never), 'options must be an object'],
    [
      'a list first',
      () => runOnEach([1] as never, (() => {}) as never),
      'was an object of class Array; the function comes first, then the source.',
    ],
    [
      'a call of the function',
      () => runOnEach(Promise.reject(boom) as never, [1], { onError: () => {} }),
      'was an object of class Promise; give the function itself, not what a call of it returned.',
    ],
  ])('%s, with a rejection', async (_, run, message) => {
    await expect(run()).rejects.toThrow(message);
  });
});

describe('the rate', () => {
  const times: number[] = [];
  const note = (): void => void times.push(Math.round(performance.now()));

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'], now: 0 });
    times.length = 0;
  });
  afterEach(() => void jest.useRealTimers());

  const calls: [string, (count: number, limits: FlowLimits) => Promise<unknown>][] = [
    ['amap', (count, limits) => collect(amap(note, upTo(count), limits))],
    ['runOnEach', (count, limits) => runOnEach(note, upTo(count), limits)],
    [
      'runAll',
      (count, limits) =>
        runAll(
          upTo(count).map(() => note),
          limits,
        ),
    ],
    [
      'runAny',
      async (count, limits) => {
        const winner = (): Promise<void> => (note(), turn());
        const loser = (): Promise<void> => (note(), new Promise(() => {}));
        await runAny(
          upTo(count).map((i) => (i === count - 1 ? winner : loser)),
          limits,
        );
      },
    ],
  ];

  describe.each(calls)('of %s', (_, call) => {
    test.each<[FlowLimits, number[]]>([
      [{ maxPerSecond: 5 }, [0, 200, 400, 600]],
      [{ maxPerSecond: 0.2 }, [0, 5_000, 10_000, 15_000]],
      [{ maxPerSecond: 10, burst: 2 }, [0, 0, 100, 200]],
    ])('%j', async (limits, expected) => {
      const start = Math.round(performance.now());
      const all = call(4, limits);
      await jest.advanceTimersByTimeAsync(20_000);
      await all;
      expect(times.map((time) => time - start)).toEqual(expected);
    });
  });

  test('counts starts: a place that is free only later moves the next one', async () => {
    const gauge = new Gauge();
    const starts: number[] = [];
    const begin = performance.now();
    const work = (i: number): Promise<void> => {
      starts.push(Math.round(performance.now() - begin));
      return gauge.wrap(i, () => new Promise<void>((resolve) => void setTimeout(resolve, 1_000)))();
    };
    const all = runOnEach(work, upTo(4), { maxAtOnce: 2, maxPerSecond: 10 });
    await jest.advanceTimersByTimeAsync(10_000);
    await all;
    expect(starts).toEqual([0, 100, 1_000, 1_100]);
    expect(gauge.peak).toBe(2);
  });

  test('counts starts: a source that is slow saves nothing up', async () => {
    const begin = performance.now();
    async function* source() {
      yield 0;
      await new Promise((resolve) => void setTimeout(resolve, 5_000));
      yield* upTo(2);
    }
    const starts: number[] = [];
    const all = runOnEach(() => starts.push(Math.round(performance.now() - begin)), source(), {
      maxPerSecond: 10,
    });
    await jest.advanceTimersByTimeAsync(10_000);
    await all;
    expect(starts).toEqual([0, 5_000, 5_100]);
  });

  test('at most one item is pulled ahead of it', async () => {
    const log: string[] = [];
    const results = amap(note, endless(log), { maxPerSecond: 1 });
    await results.next();
    await new Promise((resolve) => void setImmediate(resolve));
    expect(log).toEqual(['item 0', 'item 1']);
    await results.return();
    expect(times).toHaveLength(1);
  });
});

function* endlessUpTo(count: number) {
  for (const i of endless()) {
    if (i === count) return;
    yield i;
  }
}
