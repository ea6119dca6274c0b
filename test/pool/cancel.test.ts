import { describe, expect, jest, test } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  NbAioPool,
  TaskCancelledError,
  type PoolErrorInfo,
  type PoolFuture,
  type TaskContext,
} from '../../lib/pool/index.js';
import { deferred, isSettled, turn } from './signals.js';

const idle = { running: 0, lending: 0, overdue: 0, waiting: 0, blocked: 0 };

/** Runs until its signal aborts, and then for as long as the gate is closed. */
const heeding =
  (gate: Promise<unknown> = Promise.resolve()) =>
  ({ signal }: TaskContext) =>
    new Promise<void>((_, reject) => {
      signal.addEventListener('abort', () => void gate.then(() => reject(signal.reason)));
    });

describe('cancel before the start', () => {
  test('takes the task out of its line at once, and it never runs', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    const gate = deferred();
    const ran = jest.fn();
    await pool.submit(() => gate.promise);
    const future = await pool.submit(ran);
    const blocked = pool.submit(() => 'next');
    expect(pool.stats()).toMatchObject({ waiting: 1, blocked: 1 });
    expect(future.cancel('why')).toBe(true);
    expect(future.state).toBe('cancelled');
    expect(pool.stats()).toMatchObject({ running: 1, overdue: 0, waiting: 1, blocked: 0 });
    await expect(future.result()).rejects.toMatchObject({ code: 'NB_TASK_CANCELLED', cause: 'why' });
    gate.resolve();
    expect(await (await blocked).result()).toBe('next');
    expect(ran).not.toHaveBeenCalled();
  });

  test('rejects a result that was asked for before, and is nobody’s unhandled rejection', async () => {
    const onError = jest.fn();
    const pool = new NbAioPool({ maxConcurrency: 1, onError });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    const [asked, unasked] = [await pool.submit(() => 1), await pool.submit(() => 2)];
    const result = asked.result();
    void unasked.result();
    expect([asked.cancel(), unasked.cancel()]).toEqual([true, true]);
    await expect(result).rejects.toThrow(TaskCancelledError);
    gate.resolve();
    await pool.onIdle();
    await turn();
    expect(onError).not.toHaveBeenCalled();
    expect(pool.stats()).toMatchObject(idle);
  });

  test('without a reason the error has no cause', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    const future = await pool.submit(() => 1);
    future.cancel();
    const error: unknown = await future.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TaskCancelledError);
    expect('cause' in (error as Error)).toBe(false);
    gate.resolve();
  });

  test('lets an onIdle inside a task resolve, when it was the last that waited', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    let future!: PoolFuture<number>;
    await pool.run(async () => {
      pool.pause();
      future = await pool.submit(() => 1);
      const alone = pool.onIdle();
      expect(await isSettled(alone)).toBe(false);
      future.cancel();
      await alone;
    });
    pool.resume();
    expect(future.state).toBe('cancelled');
  });

  test('a task that the pool had to start later never runs either', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1000 });
    const futures: PoolFuture<unknown>[] = [];
    const ran: number[] = [];
    const down = (n: number): void => {
      ran.push(n);
      // The 50th start within one another waits for a microtask, and is cancelled before.
      if (n < 60) futures.push(pool.trySubmit(() => down(n + 1))!);
    };
    down(0);
    const last = futures[0]!;
    expect(last.state).toBe('running');
    expect(last.cancel()).toBe(true);
    expect(pool.stats()).toMatchObject({ running: 1, overdue: 1 });
    await turn();
    expect(ran).toHaveLength(51);
    expect(pool.stats()).toMatchObject(idle);
  });
});

describe('cancel during the run', () => {
  test('settles the future at once and aborts the signal; the slot is free when the task has ended', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    let context!: TaskContext;
    const future = await pool.submit((given) => {
      context = given;
      return gate.promise;
    });
    const next = pool.run(() => 'next');
    expect(future.cancel('why')).toBe(true);
    expect(future.state).toBe('cancelled');
    expect(context.signal.reason).toBeInstanceOf(TaskCancelledError);
    await expect(future.result()).rejects.toBe(context.signal.reason);
    expect(await isSettled(next)).toBe(false);
    expect(pool.stats()).toMatchObject({ running: 1, overdue: 1, waiting: 1 });
    gate.resolve();
    expect(await next).toBe('next');
    expect(future.state).toBe('cancelled');
    expect(pool.stats()).toMatchObject(idle);
  });

  test('only once, and not after the end', async () => {
    const pool = new NbAioPool();
    const gate = deferred();
    const future = await pool.submit(() => gate.promise);
    expect([future.cancel(), future.cancel()]).toEqual([true, false]);
    expect(pool.stats().overdue).toBe(1);
    gate.resolve();
    await pool.onIdle();
    const done = await pool.submit(() => 1);
    expect(done.cancel()).toBe(false);
    expect(await done.result()).toBe(1);
    expect(pool.stats()).toMatchObject(idle);
  });

  test('by the task itself, in its synchronous part', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    const futures: PoolFuture<unknown>[] = [];
    await pool.submit(() => gate.promise);
    futures.push(await pool.submit(() => futures[0]!.cancel()));
    gate.resolve();
    await pool.onIdle();
    expect(futures[0]!.state).toBe('cancelled');
    expect(pool.stats()).toMatchObject(idle);
    expect(await pool.run(() => 'free')).toBe('free');
  });

  test.each([
    ['the reason itself', (reason: Error) => reason, 0],
    ['an error caused by it', (reason: Error) => new Error('x', { cause: reason }), 0],
    ['an AbortError', () => new DOMException('aborted', 'AbortError'), 0],
    ['another error', () => new Error('while cleaning up'), 1],
    ['what is no error', () => null, 1],
  ])('what it throws then goes to onError when it says anything new: %s', async (_, make, calls) => {
    const onError = jest.fn<(error: unknown, info: PoolErrorInfo) => void>();
    const pool = new NbAioPool({ onError });
    const gate = deferred();
    const future = await pool.submit(async ({ signal }) => {
      await gate.promise;
      throw make(signal.reason as Error);
    });
    future.cancel();
    gate.resolve();
    await pool.onIdle();
    await turn();
    expect(onError.mock.calls.map(([, info]) => info)).toEqual(
      Array.from({ length: calls }, () => ({ pool: 'NbAioPool', future, origin: 'late' })),
    );
  });

  test('of a task that lends its slot frees it when both have ended', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    const future = await pool.submit(() => pool.run(() => gate.promise));
    expect(pool.stats()).toMatchObject({ running: 1, lending: 1 });
    future.cancel();
    expect(pool.stats()).toMatchObject({ running: 1, lending: 1, overdue: 1 });
    gate.resolve();
    await pool.onIdle();
    expect(pool.stats()).toMatchObject(idle);
  });

  test('shutdown waits for a cancelled task that has not ended', async () => {
    const pool = new NbAioPool();
    const gate = deferred();
    (await pool.submit(heeding(gate.promise))).cancel();
    const end = pool.shutdown();
    expect(await isSettled(end)).toBe(false);
    gate.resolve();
    await end;
  });
});

describe('onDone', () => {
  test('calls back with the future, in order, once, and also after the end', async () => {
    const pool = new NbAioPool();
    const gate = deferred<number>();
    const calls: unknown[] = [];
    const future = await pool.submit(() => gate.promise);
    future.onDone((given) => calls.push(['first', given.state]));
    future.onDone((given) => calls.push(['second', given === future]));
    await turn();
    expect(calls).toEqual([]);
    gate.resolve(5);
    await turn();
    future.onDone(() => calls.push('late'));
    expect(calls).toEqual([
      ['first', 'done'],
      ['second', true],
    ]);
    await turn();
    expect(calls).toHaveLength(3);
  });

  test.each([['waiting'], ['running']])('of a task cancelled while %s', async (state) => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    const running = await pool.submit(() => gate.promise);
    const waiting = await pool.submit(() => 1);
    const future: PoolFuture<unknown> = state === 'waiting' ? waiting : running;
    const done = new Promise<string>((resolve) => future.onDone((given) => resolve(given.state)));
    future.cancel();
    expect(await done).toBe('cancelled');
    gate.resolve();
  });

  test('is not asking: a failure is still reported, unless a callback asks', async () => {
    const onError = jest.fn<(error: unknown) => void>();
    const pool = new NbAioPool({ onError });
    const caught: unknown[] = [];
    (await pool.submit(() => Promise.reject(new Error('unasked')))).onDone(() => undefined);
    (await pool.submit(() => Promise.reject(new Error('asked')))).onDone((future) => {
      future.result().catch((error: unknown) => caught.push(error));
    });
    await turn(4);
    expect(onError.mock.calls.map(([error]) => (error as Error).message)).toEqual(['unasked']);
    expect(caught).toEqual([new Error('asked')]);
  });

  test('what a callback throws or rejects with goes to onError, and the others are called', async () => {
    const onError = jest.fn<(error: unknown, info: PoolErrorInfo) => void>();
    const pool = new NbAioPool({ onError });
    const after = jest.fn();
    const future = await pool.submit(() => 1);
    future.onDone(() => {
      throw new Error('sync');
    });
    future.onDone(() => Promise.reject(new Error('async')));
    future.onDone(after);
    await turn();
    expect(after).toHaveBeenCalledTimes(1);
    expect(onError.mock.calls).toEqual([
      [new Error('sync'), { pool: 'NbAioPool', future, origin: 'onDone' }],
      [new Error('async'), { pool: 'NbAioPool', future, origin: 'onDone' }],
    ]);
  });

  test('runs in the async context of who gave the callback', async () => {
    const pool = new NbAioPool();
    const storage = new AsyncLocalStorage<string>();
    const gate = deferred();
    const seen: unknown[] = [];
    const future = await storage.run('submitter', () => pool.submit(() => gate.promise));
    storage.run('caller', () => future.onDone(() => seen.push(storage.getStore())));
    gate.resolve();
    await turn();
    expect(seen).toEqual(['caller']);
  });

  test('refuses what is not a function', async () => {
    const future = await new NbAioPool().submit(() => 1);
    expect(() => future.onDone('x' as never)).toThrow(/must be a function, but was "x" \(string\)/);
  });
});
