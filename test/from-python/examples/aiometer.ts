// The examples of aiometer's page, in its order. docs/from-python.md quotes the regions.
// #region amapRequests
import { setTimeout as sleep } from 'node:timers/promises';
import {
  amap,
  runAll,
  runAny,
  runOnEach,
} from '../../../lib/flow/index.js';

interface Answer {
  json: { index: number };
}

async function fetchJson(request: Request) {
  const response = await fetch(request);
  // Simulate extra processing...
  await sleep(2000 * Math.random());
  return ((await response.json()) as Answer).json;
}

// #endregion
import { range } from './range.js';

/** A function of it, for a Request can be sent once. */
const makeRequests = (): Request[] => {
  // #region amapRequests
  const requests = Array.from(
    { length: 100 },
    (_, index) =>
      new Request('https://httpbin.org/anything', {
        method: 'POST',
        body: JSON.stringify({ index }),
      }),
  );
  // #endregion
  return requests;
};

export async function amapRequests(): Promise<void> {
  const requests = makeRequests();
  // #region amapRequests

  // Process responses as they're made available:
  for await (const data of amap(fetchJson, requests, {
    maxAtOnce: 10, // tasks that run at the same time
    maxPerSecond: 5, // not to overload the server
  })) {
    console.log(data);
  }
  // #endregion
}

export async function runAllRequests() {
  const requests = makeRequests();
  // #region runAllRequests
  // Or collect them, in order:
  const tasks = requests.map((each) => () => fetchJson(each));
  const results = await runAll(tasks, {
    maxAtOnce: 10,
    maxPerSecond: 5,
  });
  // #endregion
  return results;
}

// #region makeQuery
async function makeQuery(_query: string): Promise<void> {
  await sleep(50); // Simulate a database request.
}

const queries = Array.from(
  { length: 1000 },
  () => 'SELECT * from authors',
);
// #endregion

export async function fiveAtOnce(): Promise<void> {
  // #region fiveAtOnce
  // At most 5 queries at any given time:
  await runOnEach(makeQuery, queries, { maxAtOnce: 5 });
  // #endregion
}

export async function tenPerSecond(): Promise<void> {
  // #region tenPerSecond
  // At most 10 queries per second:
  await runOnEach(makeQuery, queries, { maxPerSecond: 10 });
  // #endregion
}

export async function oneEveryFiveSeconds(): Promise<void> {
  // #region oneEveryFiveSeconds
  // At most 10 at once, and a new one every 5 seconds:
  async function longTask(_id: number): Promise<void> {
    await sleep(10_000); // A very long task.
  }

  await runOnEach(longTask, range(100), {
    maxAtOnce: 10,
    maxPerSecond: 0.2,
  });
  // #endregion
}

// #region greetings
async function getGreeting(name: string): Promise<string> {
  await sleep(1000 * Math.random()); // Simulate I/O
  return `Hello, ${name}`;
}

async function greet(name: string): Promise<void> {
  const greeting = await getGreeting(name);
  console.log(greeting);
}

const names = ['Robert', 'Carmen', 'Lucas'];
// #endregion

export async function greetEach(): Promise<void> {
  // #region greetEach
  await runOnEach(greet, names);
  // Hello, Robert
  // Hello, Lucas
  // Hello, Carmen
  // #endregion
}

export async function greetAll() {
  return (
    // #region greetAll
    await runAll(names.map((name) => () => getGreeting(name)))
    // ['Hello, Robert', 'Hello, Carmen', 'Hello, Lucas']
    // #endregion
  );
}

export async function greetAsTheyCome(): Promise<void> {
  // #region greetAsTheyCome
  for await (const greeting of amap(getGreeting, names)) {
    console.log(greeting);
  }
  // Hello, Lucas
  // Hello, Robert
  // Hello, Carmen
  // #endregion
}

export async function greetAny() {
  return (
    // #region greetAny
    await runAny(names.map((name) => () => getGreeting(name)))
    // 'Hello, Carmen'
    // #endregion
  );
}

export async function sleepSort() {
  // #region sleepSort
  const numbers = [0.3, 0.1, 0.6, 0.2, 0.7, 0.5, 0.5, 0.2];

  async function process(n: number): Promise<number> {
    await sleep(n * 1000);
    return n;
  }

  const sorted: number[] = [];
  for await (const n of amap(process, numbers)) sorted.push(n);
  // [0.1, 0.2, 0.2, 0.3, 0.5, 0.5, 0.6, 0.7]
  // #endregion
  return sorted;
}

export async function twoParameters() {
  const seen: [number, number][] = [];
  // #region twoParameters
  async function process(x: number, y: number): Promise<void> {
    seen.push([x, y]);
  }

  const xs = range(100);
  const ys = range(100);

  for (const [i, x] of xs.entries()) {
    await process(x, ys[i]!);
  }
  // #endregion
  return seen;
}

export async function oneObject() {
  const seen: [number, number][] = [];
  // #region oneObject
  interface Point {
    readonly x: number;
    readonly y: number;
  }

  // One argument, taken apart
  async function process({ x, y }: Point): Promise<void> {
    seen.push([x, y]);
  }

  const xs = range(100);
  const ys = range(100);
  const points = xs.map((x, i): Point => ({ x, y: ys[i]! }));

  for await (const _ of amap(process, points)) continue;
  // #endregion
  return seen;
}

export async function signatures() {
  const task = async (n: number) => n * 2;
  const numbers = [1, 2, 3];
  const tasks = numbers.map((n) => () => task(n));
  const limits = { maxAtOnce: 2, maxPerSecond: 10 };
  // #region signatures
  // limits: { maxAtOnce?: number; maxPerSecond?: number }
  await runOnEach(task, numbers, limits); // no values
  const list = await runAll(tasks, limits); // in order
  const values = amap(task, numbers, limits); // an iterator
  const first = await runAny(tasks, limits); // one value
  // #endregion
  const all: number[] = [];
  for await (const value of values) all.push(value);
  return { list, all, first };
}
