import { describe, expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import { amap, type AmapOptions } from '../../lib/flow/index.js';
import { ReorderWindow } from '../../lib/flow/window.js';
import { deferred, Gauge, isSettled, turn, type Deferred } from '../pool/signals.js';
import { collect, endless, upTo } from './kit.js';

const later = (i: number): Promise<number> => Promise.resolve(i * 2);

async function* asyncNumbers(count: number) {
  for (let i = 0; i < count; i++) {
    await turn(1);
    yield i;
  }
}

/** Answers without a promise: odd, but it can be done. */
const answersAtOnce = (): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => upTo(20)[Symbol.iterator]() as unknown as AsyncIterator<number>,
});

describe.each<[string, () => Iterable<number> | AsyncIterable<number>]>([
  ['an array', () => upTo(20)],
  ['a set', () => new Set(upTo(20))],
  ['a typed array', () => Uint8Array.from(upTo(20))],
  ['a generator', () => upTo(20).values()],
  ['an async generator', () => asyncNumbers(20)],
  ['an async iterable that answers at once', answersAtOnce],
])('over %s', (_, source) => {
  test.each<[string, (i: number) => number | PromiseLike<number>]>([
    ['promises', later],
    ['plain values', (i) => i * 2],
    [
      'thenables',
      // oxlint-disable-next-line unicorn/no-thenable -- it is about thenables
      (i) => ({ then: (resolve: (value: number) => void) => resolve(i * 2) }) as PromiseLike<number>,
    ],
  ])('all results come, of %s', async (__, fn) => {
    const expected = upTo(20).map((i) => i * 2);
    const unordered = await collect(amap(fn, source(), { maxAtOnce: 3 }));
    expect(unordered.toSorted((a, b) => a - b)).toEqual(expected);
    expect(await collect(amap(fn, source(), { maxAtOnce: 3, ordered: true }))).toEqual(expected);
  });
});

test('over nothing', async () => {
  expect(await collect(amap(later, []))).toEqual([]);
  expect(await collect(amap(later, asyncNumbers(0), { ordered: true }))).toEqual([]);
});

test('results may be anything, also what stands for nothing', async () => {
  const items = [undefined, null, 0, Symbol.iterator, Number.NaN];
  expect(await collect(amap((item) => item, items, { ordered: true }))).toEqual(items);
});

test('nothing starts before the first result is asked for', async () => {
  const log: string[] = [];
  const results = amap(later, endless(log));
  await turn();
  expect(log).toEqual([]);
  expect(await results.next()).toEqual({ value: 0, done: false });
  await results.return();
  expect(log.at(-1)).toBe('returned');
});

describe('order', () => {
  async function gated(options: AmapOptions) {
    const gates: Deferred<number>[] = upTo(3).map(() => deferred<number>());
    const all = collect(amap((i) => gates[i]!.promise, upTo(3), options));
    for (const i of [2, 0, 1]) {
      gates[i]!.resolve(i);
      await turn();
    }
    return all;
  }

  test('results come as they become available', async () => {
    expect(await gated({})).toEqual([2, 0, 1]);
  });

  test('or in the order of the source', async () => {
    expect(await gated({ ordered: true })).toEqual([0, 1, 2]);
  });

  test('a slow first task holds back twice maxAtOnce, and no more', async () => {
    const gate = deferred();
    const log: string[] = [];
    const fn = (i: number): Promise<number> => (i === 0 ? gate.promise.then(() => 0) : later(i));
    const results = amap(fn, endless(log), { maxAtOnce: 4, ordered: true });
    const first = results.next();
    expect(await isSettled(first)).toBe(false);
    expect(log).toEqual(upTo(8).map((i) => `item ${i}`));
    gate.resolve();
    expect((await first).value).toBe(0);
    expect((await results.next()).value).toBe(2);
    await results.return();
  });

  test('the window gives back what was put in, in the order of the places', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(upTo(100), { minLength: 100 }), fc.nat(100), (places, pause) => {
        const window = new ReorderWindow<number>();
        const out: number[] = [];
        const drain = (): void => {
          while (window.ready) out.push(window.shift());
        };
        places.forEach((place, i) => {
          window.put(place, place);
          if (i >= pause) drain();
        });
        drain();
        expect(out).toEqual(upTo(100));
      }),
    );
  });
});

describe('bounds', () => {
  test.each([1, 2, 7])('at most %d run', async (maxAtOnce) => {
    const gauge = new Gauge();
    const fn = (i: number): Promise<void> => gauge.wrap(i, () => turn(1 + (i % 3)))();
    await collect(amap(fn, upTo(30), { maxAtOnce }));
    expect(gauge.peak).toBe(maxAtOnce);
    expect(gauge.started).toEqual(upTo(30));
  });

  test('100 when nothing is said', async () => {
    const gauge = new Gauge();
    await collect(amap((i) => gauge.wrap(i, turn)(), upTo(250)));
    expect(gauge.peak).toBe(100);
  });

  test('all at once with Infinity', async () => {
    const gauge = new Gauge();
    await collect(amap((i) => gauge.wrap(i, turn)(), upTo(250), { maxAtOnce: Infinity }));
    expect(gauge.peak).toBe(250);
  });

  test.each([false, true])('a slow loop holds back tasks and source, ordered: %s', async (ordered) => {
    const log: string[] = [];
    const results = amap(later, endless(log), { maxAtOnce: 5, ordered });
    for (let taken = 1; taken <= 20; taken++) {
      await results.next();
      await turn();
      expect(log).toHaveLength(10 + taken);
    }
    await results.return();
  });

  test('while the loop is away, the tasks go on', async () => {
    const gauge = new Gauge();
    const gates = upTo(4).map(() => deferred());
    const results = amap((i) => gauge.wrap(i, () => gates[i]!.promise)(), upTo(4), { maxAtOnce: 2 });
    const first = results.next();
    gates[0]!.resolve();
    await first;
    gates[1]!.resolve();
    await turn();
    // One result is unseen, and still two tasks run.
    expect([gauge.now, gauge.started.length]).toEqual([2, 4]);
    for (const gate of gates) gate.resolve();
    expect(await collect(results)).toHaveLength(3);
  });

  test('an async source is asked for one item at a time', async () => {
    let asked = 0;
    let peak = 0;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          peak = Math.max(peak, ++asked);
          await turn(1);
          asked--;
          return { value: 1, done: false };
        },
      }),
    };
    const results = amap(later, source);
    for (let i = 0; i < 10; i++) await results.next();
    await results.return();
    expect(peak).toBe(1);
  });
});

describe('the iterator', () => {
  test('serves calls of next() in their order, also many at once', async () => {
    const results = amap(later, upTo(50), { maxAtOnce: 3, ordered: true });
    const all = await Promise.all(Array.from({ length: 55 }, () => results.next()));
    expect(all.slice(0, 50).map((each) => each.value)).toEqual(upTo(50).map((i) => i * 2));
    expect(all.slice(50)).toEqual(Array.from({ length: 5 }, () => ({ value: undefined, done: true })));
  });

  test('stays at its end', async () => {
    const results = amap(later, [1]);
    expect(await collect(results)).toEqual([2]);
    expect(await results.next()).toEqual({ value: undefined, done: true });
    expect(await results.return()).toEqual({ value: undefined, done: true });
    expect(await collect(results)).toEqual([]);
  });
});

describe('what is refused, before anything runs', () => {
  const call = (fn: unknown, source: unknown, options?: unknown) => () =>
    amap(fn as typeof later, source as number[], options as AmapOptions);

  test.each([
    ['a non-function', call(5, []), 'amap: the function must be a function, but was 5 (number).'],
    [
      'a non-iterable',
      call(later, 5),
      'the source must be an iterable or async iterable, but was 5 (number)',
    ],
    ['an array-like', call(later, { length: 1 }), 'must be an iterable'],
    ['no source', call(later, undefined), 'must be an iterable'],
    [
      'maxAtOnce 0',
      call(later, [], { maxAtOnce: 0 }),
      'a whole number of at least 1, or Infinity, but was 0',
    ],
    ['maxAtOnce 1.5', call(later, [], { maxAtOnce: 1.5 }), 'a whole number'],
    ['maxAtOnce Infinity for a generator', call(later, endless(), { maxAtOnce: Infinity }), 'knows its size'],
    ['maxPerSecond 0', call(later, [], { maxPerSecond: 0 }), 'a finite number above 0'],
    ['burst alone', call(later, [], { burst: 2 }), "option 'burst' does nothing without 'maxPerSecond'"],
    [
      'burst 0',
      call(later, [], { burst: 0, maxPerSecond: 1 }),
      "'burst' must be a whole number of at least 1",
    ],
    ['ordered 1', call(later, [], { ordered: 1 }), "'ordered' must be true or false"],
    ['a signal that is none', call(later, [], { signal: {} }), "'signal' must be an AbortSignal"],
    ['onError that is no function', call(later, [], { onError: true }), "'onError' must be a function"],
    ['an unknown option', call(later, [], { maxConcurrency: 5 }), "there is no option 'maxConcurrency'"],
    ['options that are none', call(later, [], null), 'options must be an object'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
