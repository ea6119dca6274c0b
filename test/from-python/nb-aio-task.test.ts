import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { startRedis, type RedisServer } from '../redis-server.js';
import { until } from '../signals.js';
import { range } from './examples/range.js';
import { capturePrint, mockSleep } from './kit.js';

const sleep = mockSleep();
sleep.mode = 'none';
const examples = await import('./examples/nb-aio-task.js');

const url = process.env['REDIS_URL'];
let server: RedisServer;
let lines: string[];
let consumption: Promise<void> | undefined;

// The examples name no server, as the original: a task opens its connection when it is first needed.
beforeAll(async () => {
  server = await startRedis();
  process.env['REDIS_URL'] = server.url;
});
afterAll(async () => {
  if (url === undefined) delete process.env['REDIS_URL'];
  else process.env['REDIS_URL'] = url;
  await server.stop();
});

beforeEach(() => void (lines = capturePrint()));
afterEach(async () => {
  await examples.myFun1.clearQueue();
  await examples.myFun2.clearQueue();
  await Promise.all([examples.myFun1.close(), examples.myFun2.close()]);
  await consumption;
  consumption = undefined;
  jest.restoreAllMocks();
});

const printed = (start: string): string[] => lines.filter((line) => line.startsWith(start)).toSorted();

test('the producer: three calls wait', async () => {
  await examples.producer();
  expect(lines).toEqual(['queue size: 3']);
});

test('the consumer of both queues runs the three, and what they submit', async () => {
  await examples.producer();
  consumption = examples.consumer();
  await until(() => printed('my_fun2').length === 15);
  expect(printed('my_fun1')).toEqual(['my_fun1: 1, 2', 'my_fun1: 10, 20', 'my_fun1: 100, 200'].toSorted());
  expect(printed('my_fun2')).toEqual(
    [1, 10, 100].flatMap((x) => range(5).map((i) => `my_fun2: ${x * 3 + i}`)).toSorted(),
  );
});

test('the consumer of one queue leaves the other alone', async () => {
  await examples.producer();
  consumption = examples.consumeOne();
  await until(async () => (await examples.myFun2.getQueueSize()) === 15);
  expect(printed('my_fun2')).toEqual([]);
  expect(await examples.myFun1.getQueueSize()).toBe(0);
});

test('main: directly, then a hundred through the queue', async () => {
  consumption = examples.main();
  await until(() => printed('my_fun2').length === 505);
  expect(lines.slice(0, 2)).toEqual(['my_fun1: 1, 2', 'run directly: 3']);
  const calls = [[1, 2], ...range(100).map((i) => [i, i + 1])] as [number, number][];
  expect(printed('my_fun1')).toEqual(calls.map(([x, y]) => `my_fun1: ${x}, ${y}`).toSorted());
  expect(printed('my_fun2')).toEqual(
    calls.flatMap(([x]) => range(5).map((i) => `my_fun2: ${x * 3 + i}`)).toSorted(),
  );
});

test('without Redis', async () => {
  expect(await examples.memory()).toBe(42);
});
