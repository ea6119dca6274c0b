import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import { startRedis, type RedisServer } from '../redis-server.js';
import { until } from '../signals.js';
import { capturePrint, mockSleep } from './kit.js';

const sleep = mockSleep();
sleep.mode = 'held';
const examples = await import('./examples/asyncio-queue.js');
const { server: sms } = await import('./examples/sms-server.js');

const env = { REDIS_URL: process.env['REDIS_URL'], SMS: process.env['SMS'] };
const { doSomeWork, sendMessage, wait } = examples;
let redis: RedisServer;
let lines: string[];
let consumption: Promise<void> | undefined;

beforeAll(async () => {
  redis = await startRedis();
  process.env['REDIS_URL'] = redis.url;
  await new Promise<void>((resolve) => sms.listen(0, '127.0.0.1', resolve));
  process.env['SMS'] = `http://127.0.0.1:${(sms.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  sms.closeAllConnections();
  await new Promise((resolve) => sms.close(resolve));
  await redis.stop();
});

beforeEach(() => void (lines = capturePrint()));
afterEach(async () => {
  await Promise.all([doSomeWork, sendMessage, wait].map((task) => task.close()));
  await consumption;
  consumption = undefined;
  jest.restoreAllMocks();
});

const count = (start: string): number => lines.filter((line) => line.startsWith(start)).length;

test('master and worker: those of 1 s do not wait for the one of 5 s', async () => {
  consumption = examples.master();
  await examples.push();
  await until(() => count('Waiting') === 4);
  expect(sleep.release(1000)).toBe(2);
  await until(() => count('Done') === 2);
  sleep.release(2000);
  await until(() => count('Done') === 3);
  sleep.release(5000);
  await until(() => count('Done') === 4);
  expect(lines).toEqual([
    'Waiting 2',
    'Waiting 5',
    'Waiting 1',
    'Waiting 1',
    'Done 1',
    'Done 1',
    'Done 2',
    'Done 5',
  ]);
});

test('brpop: it waits in Redis, and a call that comes wakes it', async () => {
  consumption = examples.blockingPop();
  await doSomeWork.submit(5);
  await until(() => count('Waiting 5') === 1);
  await doSomeWork.submitMany([[1], [1]]);
  await until(() => count('Waiting 1') === 2);
  expect(sleep.release(1000)).toBe(2);
  expect(sleep.release(5000)).toBe(1);
  await until(() => count('Done') === 3);
  expect(lines.slice(3).toSorted()).toEqual(['Done 1', 'Done 1', 'Done 5']);
});

test('aiohttp: the messages are sent by a remote server', async () => {
  consumption = sendMessage.consume();
  await sendMessage.submitMany([[5], [1], [1]]);
  await until(() => sleep.pauses.length === 3);
  sleep.release(1000);
  await until(() => count('Done 1') === 2);
  sleep.release(5000);
  await until(() => count('Done 5') === 1);
  expect(lines.slice(0, 3)).toEqual(['Waiting 5', 'Waiting 1', 'Waiting 1']);
  expect(lines.slice(-3)).toEqual(['200', '5 It works', 'Done 5']);
});

test('aiohttp: the error of a task reaches the one who waits for it', async () => {
  const events: string[] = [];
  consumption = sendMessage.consume({ onEvent: (event) => events.push(event.type) });
  const caller = examples.errorReachesCaller();
  await until(() => sleep.release(3000));
  await caller;
  expect(lines).toEqual([
    'Waiting -1',
    '404',
    '200',
    'error!',
    expect.stringContaining('TaskFailedError'),
    expect.stringContaining('no /-1'),
  ]);
  await until(() => events.includes('task-dead'));
});

test('two workers: the third waits for one of them', async () => {
  consumption = examples.twoWorkers();
  await wait.submitMany([[1], [2], [3]]);
  await until(() => sleep.pauses.length === 2);
  expect(lines).toEqual(['Wait 1', 'Wait 2']);
  sleep.release(1000);
  await until(() => sleep.pauses.length === 2);
  sleep.release(2000);
  await until(() => sleep.release(3000));
  await until(() => count('Done') === 3);
  expect(lines.map((line) => line.slice(0, 6))).toEqual(
    expect.arrayContaining(['Wait 3', 'Done 1', 'Done 2', 'Done 3']),
  );
  expect(lines[2]).toMatch(/^Done 1 [\d.]+/);
});
