import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { NbAioPool, TaskTimeoutError, type PoolErrorInfo, type TaskContext } from '../../lib/pool/index.js';
import { deferred, isSettled, turn } from './signals.js';

const idle = { running: 0, lending: 0, overdue: 0, waiting: 0, blocked: 0 };

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick', 'performance'] });
});
afterEach(() => {
  assert.equal(jest.getTimerCount(), 0);
  jest.useRealTimers();
});

describe('timeout', () => {
  test('settles the future and aborts the signal; the slot stays taken until the task ends', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, name: 'p' });
    const gate = deferred<string>();
    let context!: TaskContext;
    const run = pool.run(
      (given) => {
        context = given;
        return gate.promise;
      },
      { timeout: 1000 },
    );
    const next = pool.run(() => 'next');
    run.catch(() => undefined);
    jest.advanceTimersByTime(999);
    expect(pool.stats().overdue).toBe(0);
    jest.advanceTimersByTime(1);
    await expect(run).rejects.toThrow(/^p: ran longer than its timeout of 1000 ms/);
    await expect(run).rejects.toMatchObject({ code: 'NB_TASK_TIMEOUT' });
    expect(context.signal.reason).toBeInstanceOf(TaskTimeoutError);
    expect(await isSettled(next)).toBe(false);
    expect(pool.stats()).toMatchObject({ running: 1, overdue: 1, waiting: 1 });
    gate.resolve('too late');
    expect(await next).toBe('next');
    expect(pool.stats()).toMatchObject(idle);
  });

  test('counts from the start of the task, not while it waits', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const [first, second] = [deferred(), deferred()];
    await pool.submit(() => first.promise);
    const future = await pool.submit(() => second.promise, { timeout: 100 });
    jest.advanceTimersByTime(10_000);
    expect(future.state).toBe('waiting');
    first.resolve();
    await turn();
    jest.advanceTimersByTime(99);
    expect(future.state).toBe('running');
    jest.advanceTimersByTime(1);
    expect(future.state).toBe('failed');
    await expect(future.result()).rejects.toThrow(TaskTimeoutError);
    second.resolve();
    await pool.onIdle();
  });

  test('leaves no timer behind, whichever way the task ends', async () => {
    const pool = new NbAioPool({ onError: () => undefined });
    const gate = deferred();
    await pool.submit(() => 1, { timeout: 10 });
    await pool.submit(() => Promise.resolve(1), { timeout: 10 });
    await pool.submit(() => Promise.reject(new Error('x')), { timeout: 10 });
    (await pool.submit(() => gate.promise, { timeout: 10 })).cancel();
    gate.resolve();
    await pool.onIdle();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('goes to onError when nobody asked, once', async () => {
    const onError = jest.fn<(error: unknown, info: PoolErrorInfo) => void>();
    const pool = new NbAioPool({ onError });
    const gate = deferred();
    const future = await pool.submit(({ signal }) => gate.promise.then(() => signal.throwIfAborted()), {
      timeout: 5,
    });
    jest.advanceTimersByTime(5);
    await turn();
    gate.resolve();
    await pool.onIdle();
    await turn();
    expect(onError.mock.calls).toEqual([[expect.any(TaskTimeoutError), { pool: 'NbAioPool', future }]]);
  });

  test('what the task throws later goes to onError too, though its future was asked for', async () => {
    const onError = jest.fn<(error: unknown, info: PoolErrorInfo) => void>();
    const pool = new NbAioPool({ onError });
    const gate = deferred();
    const future = await pool.submit(() => gate.promise, { timeout: 5 });
    const outcome = future.result().catch((error: unknown) => error);
    jest.advanceTimersByTime(5);
    expect(await outcome).toBeInstanceOf(TaskTimeoutError);
    gate.reject('late');
    await pool.onIdle();
    expect(onError.mock.calls).toEqual([['late', { pool: 'NbAioPool', future, origin: 'late' }]]);
  });

  test('of a task that never settles: its slot is never free, and the others are', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2 });
    const run = pool.run(() => new Promise(() => undefined), { timeout: 50 });
    const outcome = run.catch((error: unknown) => error);
    jest.advanceTimersByTime(50);
    expect(await outcome).toBeInstanceOf(TaskTimeoutError);
    expect(await pool.batchRun([1, 2, 3].map((n) => () => Promise.resolve(n)))).toEqual([1, 2, 3]);
    expect(pool.stats()).toMatchObject({ running: 1, overdue: 1 });
    expect(await isSettled(pool.shutdown())).toBe(false);
  });

  test('of a task whose child ran on its slot', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    const run = pool.run(() => pool.run(() => gate.promise), { timeout: 50 });
    const outcome = run.catch((error: unknown) => error);
    jest.advanceTimersByTime(50);
    expect(await outcome).toBeInstanceOf(TaskTimeoutError);
    expect(pool.stats()).toMatchObject({ running: 1, lending: 1, overdue: 1 });
    gate.resolve();
    await pool.onIdle();
    expect(pool.stats()).toMatchObject(idle);
  });

  test('a synchronous function cannot be interrupted: its value counts', async () => {
    const pool = new NbAioPool();
    const value = await pool.run(() => jest.advanceTimersByTime(0) ?? 'value', { timeout: 1 });
    expect(value).toBe('value');
  });

  test('aborts within the async context of the task', async () => {
    jest.useRealTimers();
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const storage = new AsyncLocalStorage<string>();
    const [first, second, seen] = [deferred(), deferred(), deferred<unknown>()];
    await storage.run('other', () => pool.submit(() => first.promise));
    await storage.run('submitter', () =>
      pool.submit(
        ({ signal }) => {
          signal.addEventListener('abort', () => seen.resolve(storage.getStore()));
          return second.promise;
        },
        { timeout: 1 },
      ),
    );
    first.resolve();
    expect(await seen.promise).toBe('submitter');
    second.resolve();
    await pool.shutdown();
    jest.useFakeTimers();
  });

  test.each([[0], [-1], [1.5], [2 ** 31], [Number.NaN], ['5'], [null]])('%p is refused', async (timeout) => {
    const options = { timeout: timeout as number };
    const pool = new NbAioPool();
    const message = /option 'timeout' must be a whole number from 1 to 2147483647/;
    await expect(pool.submit(() => 1, options)).rejects.toThrow(message);
    await expect(pool.run(() => 1, options)).rejects.toThrow(message);
    expect(() => pool.trySubmit(() => 1, options)).toThrow(message);
    await expect(pool.batchRun([], options)).rejects.toThrow(message);
    await expect(pool.batchSubmit([], options)).rejects.toThrow(message);
  });
});
