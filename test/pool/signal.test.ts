import { getEventListeners } from 'node:events';
import { describe, expect, jest, test } from '@jest/globals';
import { NbAioPool, PoolFullError, TaskCancelledError, type TaskContext } from '../../lib/pool/index.js';
import { deferred, turn } from './signals.js';

const idle = { running: 0, lending: 0, overdue: 0, waiting: 0, blocked: 0 };
const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('signal', () => {
  test('aborted before the submit: it rejects, and the task never runs', async () => {
    const pool = new NbAioPool();
    const ran = jest.fn();
    const signal = AbortSignal.abort('why');
    const expected = { code: 'NB_TASK_CANCELLED', cause: 'why' };
    await expect(pool.submit(ran, { signal })).rejects.toMatchObject(expected);
    await expect(pool.run(ran, { signal })).rejects.toMatchObject(expected);
    await expect(pool.batchRun([ran], { signal })).rejects.toMatchObject(expected);
    await expect(pool.batchSubmit([ran], { signal })).rejects.toMatchObject(expected);
    expect(() => pool.trySubmit(ran, { signal })).toThrow(TaskCancelledError);
    expect(ran).not.toHaveBeenCalled();
    expect(pool.stats()).toMatchObject(idle);
  });

  test('aborted while the submitter is blocked: submit and run reject; while waiting: cancelled', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    const [gate, ran, controller] = [deferred(), jest.fn(), new AbortController()];
    const { signal } = controller;
    await pool.submit(() => gate.promise);
    const waiting = await pool.submit(ran, { signal });
    const submit = pool.submit(ran, { signal });
    const run = pool.run(ran, { signal });
    const other = pool.run(() => 'other');
    expect(pool.stats()).toMatchObject({ waiting: 1, blocked: 3 });
    controller.abort('why');
    expect(waiting.state).toBe('cancelled');
    expect(pool.stats()).toMatchObject({ running: 1, waiting: 1, blocked: 0 });
    for (const promise of [submit, run, waiting.result()]) {
      await expect(promise).rejects.toMatchObject({ code: 'NB_TASK_CANCELLED', cause: 'why' });
    }
    gate.resolve();
    expect(await other).toBe('other');
    expect(ran).not.toHaveBeenCalled();
    expect(listeners(signal)).toBe(0);
  });

  test('aborted while running: the signal of the task aborts, and its future is cancelled', async () => {
    const pool = new NbAioPool();
    const [gate, controller] = [deferred(), new AbortController()];
    const contexts: TaskContext[] = [];
    const future = await pool.submit(
      (context) => {
        contexts.push(context);
        return gate.promise;
      },
      { signal: controller.signal },
    );
    const without = await pool.submit(() => gate.promise);
    controller.abort('why');
    expect(contexts[0]!.signal.reason).toMatchObject({ code: 'NB_TASK_CANCELLED', cause: 'why' });
    expect([future.state, without.state]).toEqual(['cancelled', 'running']);
    expect(pool.stats()).toMatchObject({ running: 2, overdue: 1 });
    gate.resolve();
    await pool.onIdle();
    expect(pool.stats()).toMatchObject(idle);
  });

  test('aborted by the task itself, before its first await', async () => {
    const pool = new NbAioPool();
    const controller = new AbortController();
    const run = pool.run(
      async (context) => {
        controller.abort();
        return context.signal.aborted;
      },
      { signal: controller.signal },
    );
    await expect(run).rejects.toThrow(TaskCancelledError);
    await pool.onIdle();
    expect(pool.stats()).toMatchObject(idle);
  });

  test('aborted after the end changes nothing', async () => {
    const pool = new NbAioPool();
    const controller = new AbortController();
    const future = await pool.submit(() => 1, { signal: controller.signal });
    controller.abort();
    expect(await future.result()).toBe(1);
  });

  test('has one listener however many tasks, in any number of pools, and none when they have ended', async () => {
    const pools = [new NbAioPool({ maxConcurrency: 3 }), new NbAioPool({ maxConcurrency: 3 })];
    const { signal } = new AbortController();
    const gate = deferred();
    for (const pool of pools) {
      for (let i = 0; i < 100; i++) await pool.submit(() => gate.promise, { signal });
    }
    expect(listeners(signal)).toBe(1);
    gate.resolve();
    await Promise.all(pools.map((pool) => pool.onIdle()));
    expect(listeners(signal)).toBe(0);
  });

  test('has no listener after refused submits', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const { signal } = new AbortController();
    const gate = deferred();
    await pool.submit(() => gate.promise);
    await expect(pool.submit(() => 1, { signal, block: false })).rejects.toThrow(PoolFullError);
    await expect(pool.run(() => 1, { signal, block: false })).rejects.toThrow(PoolFullError);
    expect(pool.trySubmit(() => 1, { signal })).toBeUndefined();
    const blocked = pool.run(() => 1, { signal });
    expect(listeners(signal)).toBe(1);
    const end = pool.shutdown();
    await expect(blocked).rejects.toMatchObject({ code: 'NB_POOL_CLOSED' });
    expect(listeners(signal)).toBe(0);
    gate.resolve();
    await end;
  });

  test('a long-lived one keeps nothing of 100,000 tasks', async () => {
    const pool = new NbAioPool({ maxConcurrency: 10, maxQueueSize: 10 });
    const { signal } = new AbortController();
    const most: number[] = [];
    await pool.batchRun(
      Array.from({ length: 100_000 }, (_, i) => async () => {
        if (i % 10_000 === 0) most.push(listeners(signal));
      }),
      { signal },
    );
    expect(new Set(most)).toEqual(new Set([1]));
    expect(listeners(signal)).toBe(0);
  });

  test('ends a batch that is blocked, and a batch that collects all outcomes', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const [gate, controller] = [deferred(), new AbortController()];
    const { signal } = controller;
    const batch = pool.batchRun(
      [1, 2, 3].map(() => () => gate.promise),
      { signal, failFast: false },
    );
    await turn();
    controller.abort('why');
    await expect(batch).rejects.toMatchObject({ cause: 'why' });
    gate.resolve();
    await pool.onIdle();
    expect(pool.stats()).toMatchObject(idle);
  });

  test.each([
    [null],
    [{}],
    ['x'],
    [new EventTarget()],
    [{ aborted: false }],
    [{ aborted: false, addEventListener() {} }],
  ])('%p is refused', async (signal) => {
    const submit = new NbAioPool().submit(() => 1, { signal: signal as never });
    await expect(submit).rejects.toThrow(/option 'signal' must be an AbortSignal/);
  });
});
