import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { capturePrint, fakeTime, mockSleep, simulate } from './kit.js';

mockSleep();
const futures = await import('./examples/asyncio-futures.js');
const concurrency = await import('./examples/asyncio-concurrency.js');

let lines: string[];

beforeEach(() => {
  fakeTime();
  lines = capturePrint();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('coroutines, tasks and futures', () => {
  test('a coroutine', async () => {
    await simulate(futures.coroutine);
    expect(lines).toEqual(['Waiting: 2', 'TIME: 0']);
  });

  test('a task, and its states', async () => {
    await simulate(futures.task);
    expect(lines).toEqual([
      "PoolFuture { state: 'waiting' }",
      'Waiting: 2',
      "PoolFuture { state: 'done' }",
      'TIME: 0',
    ]);
  });

  test('add_done_callback', async () => {
    await simulate(futures.doneCallback);
    expect(lines.toSorted()).toEqual(['Callback: Done after 2s', 'TIME: 0', 'Waiting: 2']);
  });

  test('add_done_callback with functools.partial', async () => {
    await simulate(futures.partialCallback);
    expect(lines).toEqual(['Callback: 2 Done after 2s']);
  });

  test('future and result', async () => {
    await simulate(futures.result);
    expect(lines).toEqual(['Waiting 2', 'Task ret: Done after 2s', 'TIME: 0']);
  });

  test('blocking and await', async () => {
    await simulate(concurrency.blocking);
    expect(lines).toEqual(['Waiting: 2', 'Task ret: Done after 2s', 'TIME: 2']);
  });
});

describe('concurrency: 4 s for 1 + 2 + 4', () => {
  const waiting = ['Waiting: 1', 'Waiting: 2', 'Waiting: 4'];
  const returned = ['Task ret: Done after 1s', 'Task ret: Done after 2s', 'Task ret: Done after 4s'];

  test.each([
    ['asyncio.wait', concurrency.concurrent],
    ['nested coroutines', concurrency.nested],
    ['asyncio.as_completed', concurrency.asCompleted],
  ])('%s', async (_, example) => {
    await simulate(example);
    expect(lines).toEqual([...waiting, ...returned, 'TIME: 4']);
  });

  test.each([
    ['asyncio.gather', concurrency.gather],
    ['asyncio.wait, returned', concurrency.returnWait],
  ])('%s', async (_, example) => {
    expect((await simulate(example)).seconds).toBe(4);
    expect(lines).toEqual([...waiting, ...returned]);
  });

  test('asyncio.gather, returned', async () => {
    expect((await simulate(concurrency.returnGather)).seconds).toBe(2);
    const twice = ['Task ret: Done after 2s', 'Task ret: Done after 2s'];
    expect(lines).toEqual(['Waiting: 1', 'Waiting: 2', 'Waiting: 2', 'Task ret: Done after 1s', ...twice]);
  });
});
