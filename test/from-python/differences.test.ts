import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { until } from '../signals.js';
import { capturePrint, fakeTime, mockSleep, simulate } from './kit.js';

mockSleep();
const examples = await import('./examples/differences.js');

let lines: string[];

beforeEach(() => {
  fakeTime();
  lines = capturePrint();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('a future is not awaitable', async () => {
  await simulate(examples.futures);
  expect(lines).toEqual([expect.stringMatching(/^PoolFuture \{/), '10']);
});

test('a task is a function', async () => {
  await simulate(examples.functions);
  expect(lines).toEqual(['NB_OPTION_INVALID', '10']);
});

test("a task runs in its submitter's async context", async () => {
  await simulate(examples.contextVariables);
  expect(lines).toEqual(['hello, anna']);
});

test('cancel() aborts the signal', async () => {
  expect((await simulate(examples.cancelling)).seconds).toBe(0);
  expect(lines.toSorted()).toEqual(['NB_TASK_CANCELLED', 'cancelled', 'cleaned up', 'true'].toSorted());
});

test('a failure that nobody asks about', async () => {
  await simulate(examples.unasked);
  jest.useRealTimers();
  await until(() => lines.length > 0);
  expect(lines).toEqual([expect.stringMatching(/^nobody saw Error: this\n/)]);
});
