// Each code example of aiometer's page, line by line in TypeScript, by a fake clock; docs.test.ts runs those of docs/flow.md.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { amap, runAll, runAny, runOnEach } from '../../lib/flow/index.js';
import { upTo } from './kit.js';

const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, seconds * 1_000));

let start = 0;
const seconds = (): number => Math.round((performance.now() - start) / 10) / 100;

/** Runs an example to its end, which comes by timers of its own. */
async function run<T>(example: () => Promise<T>): Promise<T> {
  start = performance.now();
  const state = { over: false };
  const result = example().finally(() => (state.over = true));
  while (!state.over) await jest.advanceTimersToNextTimerAsync();
  return result;
}

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('the first example: requests', () => {
  interface Request {
    readonly method: 'POST';
    readonly json: { index: number };
  }
  /** In place of httpx's client and httpbin.org: it answers with what it gets. */
  class Client {
    open = 0;
    peak = 0;
    readonly starts: number[] = [];

    async send(request: Request): Promise<{ json: () => { json: { index: number } } }> {
      this.starts.push(seconds());
      this.peak = Math.max(this.peak, ++this.open);
      await sleep(0.1);
      return { json: () => ({ json: request.json }) };
    }
  }

  async function fetchJson(client: Client, request: Request): Promise<{ index: number }> {
    const response = await client.send(request);
    // Extra processing...
    await sleep(2 * Math.random());
    client.open--;
    return response.json().json;
  }

  const requests = upTo(100).map((index): Request => ({ method: 'POST', json: { index } }));

  function check(client: Client): void {
    expect(client.peak).toBeLessThanOrEqual(10);
    expect(client.peak).toBeGreaterThan(1);
    expect(client.starts).toHaveLength(100);
    // Five a second: the hundredth starts 19.8 s after the first.
    expect(client.starts.at(-1)).toBeCloseTo(19.8, 1);
    expect(client.starts[5]).toBeCloseTo(1, 1);
  }

  test('amap: processed as they are made available', async () => {
    const client = new Client();
    const printed: { index: number }[] = [];
    await run(async () => {
      for await (const data of amap((request) => fetchJson(client, request), requests, {
        maxAtOnce: 10, // at most 10 requests run at the same time
        maxPerSecond: 5, // and 5 start a second, not to overload the server
      })) {
        printed.push(data);
      }
    });
    check(client);
    const indexes = printed.map(({ index }) => index);
    expect(indexes).not.toEqual(upTo(100));
    expect(indexes.toSorted((a, b) => a - b)).toEqual(upTo(100));
  });

  test('run_all: aggregated into an ordered list', async () => {
    const client = new Client();
    const jobs = requests.map((request) => () => fetchJson(client, request));
    const results = await run(() => runAll(jobs, { maxAtOnce: 10, maxPerSecond: 5 }));
    check(client);
    expect(results).toEqual(upTo(100).map((index) => ({ index })));
  });
});

describe('flow control', () => {
  let now = 0;
  let peak = 0;
  let count = 0;
  const forSeconds = (time: number) => async (): Promise<void> => {
    count++;
    peak = Math.max(peak, ++now);
    await sleep(time);
    now--;
  };
  const makeQuery = forSeconds(0.05);
  const queries = Array.from({ length: 1_000 }, () => 'SELECT * from authors');

  beforeEach(() => {
    now = peak = count = 0;
  });

  test('at most 5 queries at any given time', async () => {
    await run(() => runOnEach(makeQuery, queries, { maxAtOnce: 5 }));
    expect([peak, count, seconds()]).toEqual([5, 1_000, 10]);
  });

  test('at most 10 queries per second', async () => {
    await run(() => runOnEach(makeQuery, queries, { maxPerSecond: 10 }));
    expect([peak, count, seconds()]).toEqual([1, 1_000, 99.95]);
  });

  test('at most 10 concurrent jobs, a new one every 5 seconds', async () => {
    await run(() => runOnEach(forSeconds(10), upTo(100), { maxAtOnce: 10, maxPerSecond: 0.2 }));
    expect([count, seconds()]).toEqual([100, 505]);
    expect(peak).toBeLessThanOrEqual(3);
  });
});

describe('running tasks: hello world', () => {
  const names = ['Robert', 'Carmen', 'Lucas'];
  const printed: string[] = [];

  async function getGreeting(name: string): Promise<string> {
    await sleep(Math.random());
    return `Hello, ${name}`;
  }
  async function greet(name: string): Promise<void> {
    printed.push(await getGreeting(name));
  }

  beforeEach(() => {
    printed.length = 0;
    // Lucas is the fastest, then Carmen: another order than that of the list.
    const times = [0.9, 0.5, 0.1];
    jest.spyOn(Math, 'random').mockImplementation(() => times.shift()!);
  });

  test('run_on_each', async () => {
    await run(() => runOnEach(greet, names));
    expect(printed).toEqual(['Hello, Lucas', 'Hello, Carmen', 'Hello, Robert']);
  });

  test('run_all', async () => {
    const greetings = await run(() => runAll(names.map((name) => () => getGreeting(name))));
    expect(greetings).toEqual(['Hello, Robert', 'Hello, Carmen', 'Hello, Lucas']);
  });

  test('amap', async () => {
    await run(async () => {
      for await (const greeting of amap(getGreeting, names)) printed.push(greeting);
    });
    expect(printed).toEqual(['Hello, Lucas', 'Hello, Carmen', 'Hello, Robert']);
  });

  test('run_any', async () => {
    expect(await run(() => runAny(names.map((name) => () => getGreeting(name))))).toBe('Hello, Lucas');
  });
});

test('sleep sort', async () => {
  const numbers = [0.3, 0.1, 0.6, 0.2, 0.7, 0.5, 0.5, 0.2];
  async function process(n: number): Promise<number> {
    await sleep(n);
    return n;
  }
  const sorted = await run(async () => {
    const all: number[] = [];
    for await (const n of amap(process, numbers)) all.push(n);
    return all;
  });
  expect(sorted).toEqual([0.1, 0.2, 0.2, 0.3, 0.5, 0.5, 0.6, 0.7]);
  expect(seconds()).toBe(0.7);
});

test('how to: several parameters, by one object', async () => {
  interface Point {
    readonly x: number;
    readonly y: number;
  }
  const xs = upTo(100);
  const ys = upTo(100);
  const process = async ({ x, y }: Point): Promise<number> => x + y;

  const points: Point[] = xs.map((x, i) => ({ x, y: ys[i]! }));
  const sums: number[] = [];
  for await (const sum of amap(process, points)) sums.push(sum);
  expect(sums.toSorted((a, b) => a - b)).toEqual(upTo(100).map((i) => 2 * i));
});
