import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { amap, runOnEach, type FlowContext } from '../../lib/flow/index.js';
import { TaskCancelledError } from '../../lib/pool/index.js';
import { deferred, isSettled, turn } from '../pool/signals.js';
import { until } from '../signals.js';
import { collect, endless, upTo } from './kit.js';

// Jest fails a test that leaves an unhandled rejection behind, so no test here looks for one.

const boom = new Error('boom');
const later = async (i: number): Promise<number> => i;

afterEach(() => void jest.restoreAllMocks());

/** Tasks that run until they are aborted, and then fail as `fetch` does. */
function hanging() {
  const signals: AbortSignal[] = [];
  const fn = (_: unknown, { signal }: FlowContext): Promise<never> => {
    signals.push(signal);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  };
  return { fn, signals };
}

/** An async source in the middle of whose `next()` the test may act. */
function silentSource(log: string[], items = [0]) {
  const silence = deferred();
  async function* source() {
    try {
      yield* items;
      await silence.promise;
    } finally {
      log.push('returned');
    }
  }
  return { silence, source: source() };
}

describe('leaving the loop', () => {
  test('aborts what runs and returns the iterator of the source', async () => {
    const log: string[] = [];
    const { fn, signals } = hanging();
    const onError = jest.fn();
    for await (const first of amap((i, context) => (i === 0 ? later(7) : fn(i, context)), endless(log), {
      maxAtOnce: 3,
      onError,
    })) {
      expect(first).toBe(7);
      break;
    }
    expect(log).toEqual(['item 0', 'item 1', 'item 2', 'item 3', 'returned']);
    expect(signals.map((signal) => signal.reason)).toEqual(
      signals.map(() => expect.objectContaining({ code: 'NB_TASK_CANCELLED' })),
    );
    expect(signals).toHaveLength(3);
    await turn();
    // That a cancelled task fails is no news.
    expect(onError).not.toHaveBeenCalled();
  });

  test('a loop body that throws does so too, and its error comes out', async () => {
    const log: string[] = [];
    const loop = async () => {
      for await (const each of amap(later, endless(log))) if (each === 3) throw boom;
    };
    await expect(loop()).rejects.toBe(boom);
    expect(log.at(-1)).toBe('returned');
  });

  test('await using does so too', async () => {
    const log: string[] = [];
    const results = amap(later, endless(log));
    await results.next();
    await results[Symbol.asyncDispose]();
    expect(log.at(-1)).toBe('returned');
    await results[Symbol.asyncDispose]();
    expect(log.filter((each) => each === 'returned')).toHaveLength(1);
  });

  test('does not wait for tasks that run on, and calls of next() that wait are done', async () => {
    const results = amap(() => new Promise<never>(() => {}), upTo(3));
    const waiting = [results.next(), results.next()];
    expect(await results.return()).toEqual({ value: undefined, done: true });
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ value: undefined, done: true })));
  });

  test('the result of a task that runs on is dropped, its error reported', async () => {
    const onError = jest.fn();
    const gates = upTo(3).map(() => deferred<number>());
    const results = amap((i) => gates[i]!.promise, upTo(3), { onError });
    const first = results.next();
    gates[0]!.resolve(0);
    await first;
    await results.return();
    gates[1]!.resolve(1);
    gates[2]!.reject(boom);
    await turn();
    expect(onError.mock.calls).toEqual([[boom]]);
    expect((await results.next()).done).toBe(true);
  });

  test('before it began leaves the source alone', async () => {
    const log: string[] = [];
    const results = amap(later, endless(log));
    await results.return();
    expect((await results.next()).done).toBe(true);
    expect(log).toEqual([]);
  });

  test('waits for the clean-up of an async source', async () => {
    const log: string[] = [];
    async function* source() {
      try {
        for (let i = 0; ; i++) {
          await turn(3);
          yield i;
        }
      } finally {
        await turn(20);
        log.push('returned');
      }
    }
    for await (const _ of amap(later, source())) break;
    expect(log).toEqual(['returned']);
  });

  test('waits for the clean-up without limit, though the source was being asked: it has answered', async () => {
    const timeouts = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
    const before = timeouts();
    const cleanUp = deferred();
    async function* source() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        await cleanUp.promise;
      }
    }
    const results = amap(later, source(), { maxAtOnce: 1 });
    await results.next();
    await results.next();
    const left = results.return();
    await turn();
    // No limit runs any more.
    expect(timeouts()).toBe(before);
    expect(await isSettled(left)).toBe(false);
    cleanUp.resolve();
    expect(await left).toEqual({ value: undefined, done: true });
  });

  test.each<[string, boolean]>([
    ['a failure', false],
    ['an abort', true],
  ])('while %s ends it waits for the same clean-up', async (_, byAbort) => {
    const onError = jest.fn();
    const user = new AbortController();
    const failing = deferred<number>();
    const cleanUp = deferred();
    const cleaning = deferred();
    async function* source() {
      try {
        yield* upTo(3);
      } finally {
        cleaning.resolve();
        await cleanUp.promise;
      }
    }
    const work = (i: number): Promise<number> =>
      [later(0), failing.promise][i] ?? new Promise<never>(() => {});
    const results = amap(work, source(), { maxAtOnce: 2, onError, signal: user.signal });
    await results.next();
    await turn();
    if (byAbort) user.abort(boom);
    else failing.reject(boom);
    await cleaning.promise;
    const left = results.return();
    expect(await isSettled(left)).toBe(false);
    // Each error is told of once: this one by the end that was there first.
    const unclean = new Error('unclean');
    cleanUp.reject(unclean);
    expect(await left).toEqual({ value: undefined, done: true });
    await turn();
    expect(onError.mock.calls).toEqual(byAbort ? [[unclean]] : [[unclean], [boom]]);
  });

  test('while an async source is silent does not hang; the source is returned when it speaks', async () => {
    const log: string[] = [];
    const { silence, source } = silentSource(log);
    for await (const _ of amap(later, source)) break;
    expect(log).toEqual([]);
    silence.resolve();
    await turn();
    expect(log).toEqual(['returned']);
  });

  test('ends the wait for the rate: no timer is left, and no task starts', async () => {
    const timeouts = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
    const before = timeouts();
    const started: number[] = [];
    const source = endless();
    for await (const _ of amap((i) => started.push(i), source, { maxPerSecond: 0.01 })) {
      expect(timeouts()).toBe(before + 1);
      break;
    }
    expect(timeouts()).toBe(before);
    expect(started).toEqual([0]);
    expect(source.next().done).toBe(true);
  });
});

describe('an error of a task', () => {
  const failures: [string, (i: number) => Promise<number>, number[]][] = [
    ['rejects', (i) => (i === 2 ? Promise.reject(boom) : later(i)), [0, 1]],
    [
      'throws',
      (i) => {
        if (i === 2) throw boom;
        return later(i);
      },
      // It throws at once: then task 1 has not ended yet, and is cancelled.
      [0],
    ],
  ];

  test.each(failures)('comes out of the loop after the results before it: fn %s', async (_, fn, before) => {
    const log: string[] = [];
    const seen: number[] = [];
    const results = amap(fn, endless(log), { ordered: true, maxAtOnce: 2 });
    const loop = async () => {
      for await (const each of results) seen.push(each);
    };
    await expect(loop()).rejects.toBe(boom);
    expect(seen).toEqual(before);
    expect(log.at(-1)).toBe('returned');
    expect((await results.next()).done).toBe(true);
  });

  test('aborts the others, with the error as the cause of the reason', async () => {
    const { fn, signals } = hanging();
    const onError = jest.fn();
    const gate = deferred<never>();
    const all = runOnEach((i, context) => (i === 1 ? gate.promise : fn(i, context)), upTo(3), { onError });
    gate.reject(boom);
    await expect(all).rejects.toBe(boom);
    expect(signals.map((signal) => signal.reason)).toEqual([
      expect.any(TaskCancelledError),
      expect.any(Error),
    ]);
    expect(signals[0]!.reason).toMatchObject({ cause: boom, message: expect.stringContaining('runOnEach') });
    await turn();
    expect(onError).not.toHaveBeenCalled();
  });

  test('a signal that a task looks at only later is aborted already', async () => {
    let kept: FlowContext | undefined;
    const all = runOnEach((i, context) => {
      if (i === 1) throw boom;
      kept = context;
      return new Promise(() => {});
    }, upTo(2));
    await expect(all).rejects.toBe(boom);
    expect(kept!.signal.aborted).toBe(true);
    expect(Object.keys(kept!)).toEqual([]);
  });

  test('the first one counts, and the others are reported, however they fail', async () => {
    const onError = jest.fn();
    const errors = ['a', 'b', 'c'].map((name) => new Error(name));
    const fn = (error: Error): Promise<never> => Promise.reject(error);
    await expect(runOnEach(fn, errors, { onError })).rejects.toBe(errors[0]);
    await turn();
    expect(onError.mock.calls).toEqual([[errors[1]], [errors[2]]]);
  });

  test('cancelled tasks may fail with the reason, with what it caused, or with an AbortError', async () => {
    const onError = jest.fn();
    const fn = async (kind: string, { signal }: FlowContext) => {
      if (kind === 'fail') throw boom;
      if (kind === 'timer') return delay(60_000, undefined, { signal });
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      if (kind === 'own') throw new DOMException('stopped', 'AbortError');
      if (kind === 'string') throw 'odd';
      if (kind === 'wrapped') throw new Error('stopped', { cause: signal.reason });
      throw signal.reason;
    };
    const kinds = ['timer', 'own', 'wrapped', 'reason', 'string', 'fail'];
    await expect(runOnEach(fn, kinds, { onError })).rejects.toBe(boom);
    await turn();
    expect(onError.mock.calls).toEqual([['odd']]);
  });

  test('that nobody saw because the loop was left is reported', async () => {
    const onError = jest.fn();
    const failing = deferred<number>();
    const results = amap((i) => (i === 0 ? later(0) : failing.promise), upTo(2), { onError });
    await results.next();
    failing.reject(boom);
    await turn();
    await results.return();
    expect(onError.mock.calls).toEqual([[boom]]);
    expect((await results.next()).done).toBe(true);
  });

  test('in the very turn in which the loop is left, too', async () => {
    const onError = jest.fn();
    const { source } = silentSource([], [0, 1, 2]);
    const failing = deferred<number>();
    const contexts: FlowContext[] = [];
    const work = (i: number, context: FlowContext): Promise<number> => {
      contexts[i] = context;
      if (i === 2) return new Promise(() => {});
      return i === 0 ? later(0) : failing.promise;
    };
    const results = amap(work, source, { onError });
    await results.next();
    await turn();
    failing.reject(boom);
    // The flow has failed, and waits for its source; the loop does not know yet.
    await failing.promise.catch(() => {});
    await results.return();
    expect((await results.next()).done).toBe(true);
    await until(() => onError.mock.calls.length > 0);
    // The first reason counts, for who looks only now too.
    expect(contexts[2]!.signal.reason).toMatchObject({ cause: boom });
    expect(onError.mock.calls).toEqual([[boom]]);
  });

  test('without onError is one process warning with the stack', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const fn = (error: unknown): Promise<never> => Promise.reject(error);
    await expect(runOnEach(fn, [1, boom, Object.create(null)])).rejects.toBe(1);
    await turn();
    const code = 'NB_UNASKED_FAILURE';
    expect(emitWarning.mock.calls).toEqual([
      [expect.stringContaining('runOnEach had ended'), expect.objectContaining({ code, detail: boom.stack })],
      [expect.anything(), expect.objectContaining({ detail: 'a value that cannot be shown' })],
    ]);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw boom;
      },
    ],
    ['rejects', () => Promise.reject(boom)],
  ])('an onError that %s becomes a process warning', async (_, onError) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const fn = (error: unknown): Promise<never> => Promise.reject(error);
    await expect(runOnEach(fn, [1, 2], { onError })).rejects.toBe(1);
    await turn();
    expect(emitWarning.mock.calls).toEqual([
      ['onError of runOnEach failed itself', expect.objectContaining({ code: 'NB_ON_ERROR_FAILED' })],
    ]);
  });
});

describe('a signal', () => {
  test('ends the call with its reason, the tasks with the same, and returns the source', async () => {
    const log: string[] = [];
    const { fn, signals } = hanging();
    const user = new AbortController();
    const all = runOnEach(fn, endless(log), { maxAtOnce: 2, signal: user.signal });
    user.abort(boom);
    await expect(all).rejects.toBe(boom);
    expect(log).toEqual(['item 0', 'item 1', 'returned']);
    expect(signals.map((signal) => signal.reason)).toEqual([boom, boom]);
    expect(getEventListeners(user.signal, 'abort')).toEqual([]);
  });

  test('that is aborted already lets nothing start', async () => {
    const log: string[] = [];
    const signal = AbortSignal.abort(boom);
    await expect(runOnEach(later, endless(log), { signal })).rejects.toBe(boom);
    await expect(collect(amap(later, endless(log), { signal }))).rejects.toBe(boom);
    expect(log).toEqual([]);
  });

  test('stops the loop at once: results that it has not seen are dropped', async () => {
    const user = new AbortController();
    const seen: number[] = [];
    const loop = async () => {
      for await (const each of amap(later, endless(), { signal: user.signal })) {
        seen.push(each);
        await turn();
        user.abort(boom);
      }
    };
    await expect(loop()).rejects.toBe(boom);
    expect(seen).toEqual([0]);
  });

  test('also when all tasks have ended', async () => {
    const user = new AbortController();
    const results = amap(later, upTo(5), { signal: user.signal });
    await results.next();
    await turn();
    user.abort(boom);
    await expect(results.next()).rejects.toBe(boom);
    expect((await results.next()).done).toBe(true);
  });

  test('and a loop that is then left reports nothing', async () => {
    const onError = jest.fn();
    const user = new AbortController();
    for await (const _ of amap(later, endless(), { signal: user.signal, onError })) {
      user.abort(boom);
      break;
    }
    await turn();
    expect(onError).not.toHaveBeenCalled();
  });

  test('of a timer is heard, though all ends in microtasks and the source never does', async () => {
    const signal = AbortSignal.timeout(20);
    await expect(runOnEach(later, endless(), { signal })).rejects.toThrow(/timeout/);
    const other = AbortSignal.timeout(20);
    await expect(collect(amap((i) => i, endless(), { signal: other, maxAtOnce: 1 }))).rejects.toThrow(
      /timeout/,
    );
  });

  test('of a silent source, and of one that waits for the rate', async () => {
    const user = new AbortController();
    const { source, silence } = silentSource([]);
    const silent = runOnEach(later, source, { signal: user.signal });
    const slow = runOnEach(later, endless(), { signal: user.signal, maxPerSecond: 0.001 });
    await turn();
    user.abort(boom);
    const rejected = { status: 'rejected', reason: boom };
    expect(await Promise.allSettled([silent, slow])).toEqual([rejected, rejected]);
    silence.resolve();
  });

  test('that many calls share has one listener, and ends them all', async () => {
    const user = new AbortController();
    const { fn } = hanging();
    const calls = upTo(20).map((i) => runOnEach(fn, [i], { signal: user.signal }));
    expect(getEventListeners(user.signal, 'abort')).toHaveLength(1);
    user.abort(boom);
    const ends = await Promise.allSettled(calls);
    expect(ends).toEqual(ends.map(() => ({ status: 'rejected', reason: boom })));
    expect(getEventListeners(user.signal, 'abort')).toEqual([]);
  });

  test('a long-lived one keeps nothing of calls that have ended', async () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i++) {
      await runOnEach(later, upTo(3), { signal });
      await runOnEach(() => Promise.reject(boom), upTo(1), { signal }).catch(() => {});
      for await (const _ of amap(later, upTo(3), { signal })) break;
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('the source', () => {
  test.each<[string, () => Iterable<number> | AsyncIterable<number>]>([
    [
      'throws',
      function* throwing() {
        yield 1;
        throw boom;
      },
    ],
    [
      'rejects',
      async function* rejecting() {
        yield 1;
        throw boom;
      },
    ],
    [
      'cannot be opened',
      () => ({
        [Symbol.iterator]() {
          throw boom;
        },
      }),
    ],
    [
      'gives a step that throws',
      () => ({
        [Symbol.iterator]: () => ({
          next: () => ({
            get done(): never {
              throw boom;
            },
            value: 1,
          }),
          return: () => expect(0).toBe(1) as never,
        }),
      }),
    ],
  ])('that %s fails the call; it is not returned', async (_, source) => {
    await expect(runOnEach(later, source())).rejects.toBe(boom);
    await expect(collect(amap(later, source()))).rejects.toBe(boom);
  });

  test('whose step is no object', async () => {
    const source = { [Symbol.iterator]: () => ({ next: () => 5 as never }) };
    await expect(runOnEach(later, source)).rejects.toThrow(
      "the source's next() must give an object, but gave 5",
    );
  });

  function badReturn(give: () => unknown, isAsync: boolean): AsyncIterable<number> {
    const iterator = { next: () => ({ value: 1, done: false }), return: give };
    return { [isAsync ? Symbol.asyncIterator : Symbol.iterator]: () => iterator } as never;
  }
  const throwing = (): never => {
    throw boom;
  };
  const returns: [string, () => AsyncIterable<number>][] = [
    ['throws', () => badReturn(throwing, false)],
    ['throws, async', () => badReturn(throwing, true)],
    ['rejects', () => badReturn(() => Promise.reject(boom), true)],
  ];

  test.each(returns)('whose return() %s: leaving the loop throws that', async (_, source) => {
    const loop = async () => {
      for await (const each of amap(later, source())) if (each === 1) break;
    };
    await expect(loop()).rejects.toBe(boom);
    // Once: a block that is left after the loop has nothing to add.
    const results = amap(later, source());
    await results.next();
    await expect(results.return()).rejects.toBe(boom);
    expect(await results[Symbol.asyncDispose]()).toBeUndefined();
  });

  test.each(returns)('whose return() %s: after an error it is reported', async (_, source) => {
    const onError = jest.fn();
    const first = new Error('first');
    await expect(runOnEach(() => Promise.reject(first), source(), { onError, maxAtOnce: 1 })).rejects.toBe(
      first,
    );
    expect(onError.mock.calls).toEqual([[boom]]);
  });

  test('that fails when nobody waits for it any more is reported', async () => {
    const onError = jest.fn();
    const { silence, source } = silentSource([]);
    for await (const _ of amap(later, source, { onError })) break;
    silence.reject(boom);
    await turn();
    expect(onError.mock.calls).toEqual([[boom]]);
  });

  test('whose return() fails when nobody waits for it any more is reported', async () => {
    const onError = jest.fn();
    const returned = deferred<never>();
    let asked = 0;
    const iterator = {
      next: () => (asked++ === 0 ? Promise.resolve({ value: 1, done: false }) : new Promise(() => {})),
      return: () => returned.promise,
    };
    const source = { [Symbol.asyncIterator]: () => iterator } as AsyncIterable<number>;
    for await (const _ of amap(later, source, { onError })) break;
    expect(onError).not.toHaveBeenCalled();
    returned.reject(boom);
    await turn();
    expect(onError.mock.calls).toEqual([[boom]]);
    // In time, it comes out of the loop.
    asked = 0;
    const loop = async () => {
      for await (const each of amap(later, source, { onError })) if (each === 1) break;
    };
    await expect(loop()).rejects.toBe(boom);
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test('without return() is left as it is', async () => {
    const source = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) };
    for await (const _ of amap(later, source)) break;
    await expect(runOnEach(() => Promise.reject(boom), source, { maxAtOnce: 1 })).rejects.toBe(boom);
  });

  test('that is at its end is not returned', async () => {
    const onReturn = jest.fn(() => ({ value: undefined, done: true as const }));
    const source = {
      [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: true }), return: onReturn }),
    };
    await runOnEach(later, source as Iterable<number>);
    expect(onReturn).not.toHaveBeenCalled();
  });

  test('that ends the call from within is returned as soon as it can be', async () => {
    const user = new AbortController();
    const log: string[] = [];
    function* source() {
      try {
        yield 0;
        user.abort(boom);
        yield 1;
      } finally {
        log.push('returned');
      }
    }
    await expect(runOnEach((i) => void log.push(`ran ${i}`), source(), { signal: user.signal })).rejects.toBe(
      boom,
    );
    expect(log).toEqual(['ran 0', 'returned']);
  });
});
