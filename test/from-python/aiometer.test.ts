import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { range } from './examples/range.js';
import { capturePrint, fakeTime, line, mockSleep, simulate } from './kit.js';

const sleep = mockSleep();
const examples = await import('./examples/aiometer.js');

let lines: string[];

beforeEach(() => {
  fakeTime();
  sleep.peak = 0;
  lines = capturePrint();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** The next pauses are these shares of what the example asks for at most. */
function randoms(...shares: number[]): void {
  const random = jest.spyOn(Math, 'random');
  for (const share of shares) random.mockReturnValueOnce(share);
}

describe('a hundred requests', () => {
  let starts: number[];
  let open: number;
  let peak: number;

  /** httpbin.org answers with what it gets. The response's body is read when the example has done its processing. */
  function answer(): void {
    const begin = performance.now();
    starts = [];
    open = peak = 0;
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (request) => {
      starts.push((performance.now() - begin) / 1000);
      peak = Math.max(peak, ++open);
      const json: unknown = await (request as Request).json();
      return {
        json: async () => {
          open--;
          return { json };
        },
      } as Response;
    });
  }

  function expectLimits(): void {
    expect(starts).toHaveLength(100);
    // Evenly, five a second: the last of them 19.8 s after the first.
    for (const [i, start] of starts.entries()) expect(start).toBeCloseTo(i / 5, 1);
    expect(peak).toBeGreaterThan(1);
    expect(peak).toBeLessThanOrEqual(10);
  }

  test('amap: as they are made available', async () => {
    randoms(1, 0.9, 0.1);
    answer();
    await simulate(examples.amapRequests);
    expectLimits();
    const all = range(100).map((index) => line({ index }));
    expect(lines.toSorted()).toEqual(all.toSorted());
    expect(lines.indexOf(all[2]!)).toBeLessThan(lines.indexOf(all[0]!));
  });

  test('run_all: in order', async () => {
    randoms(1, 0.9, 0.1);
    answer();
    const { value } = await simulate(examples.runAllRequests);
    expectLimits();
    expect(value).toEqual(range(100).map((index) => ({ index })));
  });
});

describe('flow control', () => {
  test('max_at_once=5', async () => {
    expect((await simulate(examples.fiveAtOnce)).seconds).toBe(10);
    expect(sleep.peak).toBe(5);
  });

  test('max_per_second=10', async () => {
    expect((await simulate(examples.tenPerSecond)).seconds).toBe(99.95);
    expect(sleep.peak).toBe(1);
  });

  test('max_at_once=10, max_per_second=0.2', async () => {
    // The hundredth starts after 99 * 5 s, and takes 10.
    expect((await simulate(examples.oneEveryFiveSeconds)).seconds).toBe(505);
    expect(sleep.peak).toBeLessThanOrEqual(3);
  });
});

describe('running tasks', () => {
  test('run_on_each', async () => {
    randoms(0.1, 0.9, 0.5);
    await simulate(examples.greetEach);
    expect(lines).toEqual(['Hello, Robert', 'Hello, Lucas', 'Hello, Carmen']);
  });

  test('run_all', async () => {
    randoms(0.1, 0.9, 0.5);
    const { value } = await simulate(examples.greetAll);
    expect(value).toEqual(['Hello, Robert', 'Hello, Carmen', 'Hello, Lucas']);
  });

  test('amap', async () => {
    randoms(0.5, 0.9, 0.1);
    await simulate(examples.greetAsTheyCome);
    expect(lines).toEqual(['Hello, Lucas', 'Hello, Robert', 'Hello, Carmen']);
  });

  test('run_any', async () => {
    randoms(0.5, 0.1, 0.9);
    const { value, seconds } = await simulate(examples.greetAny);
    expect(value).toBe('Hello, Carmen');
    expect(seconds).toBe(0.1);
  });

  test('sleep sort', async () => {
    const { value, seconds } = await simulate(examples.sleepSort);
    expect(value).toEqual([0.1, 0.2, 0.2, 0.3, 0.5, 0.5, 0.6, 0.7]);
    expect(seconds).toBe(0.7);
  });
});

describe('how to', () => {
  const pairs = range(100).map((i) => [i, i]);

  test('several parameters, in a loop', async () => {
    expect((await simulate(examples.twoParameters)).value).toEqual(pairs);
  });

  test('one object of them', async () => {
    expect((await simulate(examples.oneObject)).value).toEqual(pairs);
  });
});

test('the four signatures', async () => {
  const { value } = await simulate(examples.signatures);
  expect(value).toEqual({ list: [2, 4, 6], all: [2, 4, 6], first: 2 });
});
