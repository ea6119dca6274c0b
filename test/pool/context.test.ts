import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, jest, test } from '@jest/globals';
import { NbAioPool } from '../../lib/pool/index.js';
import { TaskRun } from '../../lib/pool/task-run.js';
import type { Slot } from '../../lib/pool/slot.js';
import { deferred, turn } from './signals.js';

describe("the submitter's async context", () => {
  const user = new AsyncLocalStorage<string>();
  const read = async (): Promise<string | undefined> => {
    const atOnce = user.getStore();
    await turn();
    expect(user.getStore()).toBe(atOnce);
    return atOnce;
  };

  test('is that of the task, whether it starts at once, waits or was blocked', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    const values = ['at once', 'waiting', 'blocked', 'blocked too'].map((each) =>
      user.run(each, () => pool.run(read)),
    );
    expect(pool.stats()).toMatchObject({ running: 1, waiting: 1, blocked: 2 });
    expect(await Promise.all(values)).toEqual(['at once', 'waiting', 'blocked', 'blocked too']);
    expect(user.getStore()).toBeUndefined();
  });

  test('is that of the submitter, not of the task whose slot is lent', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const seen = await user.run('parent', () =>
      pool.run(async () => {
        const child = await user.run('child', () => pool.submit(read));
        return [await child.result(), user.getStore()];
      }),
    );
    expect(seen).toEqual(['child', 'parent']);
  });

  test('is that of onError', async () => {
    const reported: unknown[] = [];
    const pool = new NbAioPool({ maxConcurrency: 1, onError: () => reported.push(user.getStore()) });
    for (const each of ['a', 'b']) {
      await user.run(each, () => pool.submit(() => Promise.reject(new Error('boom'))));
    }
    await turn(4);
    expect(reported).toEqual(['a', 'b']);
  });
});

test('without context no AsyncLocalStorage is made; with it one, when a task runs', async () => {
  let made = 0;
  const real = await import('node:async_hooks');
  jest.unstable_mockModule('node:async_hooks', () => ({
    ...real,
    AsyncLocalStorage: class<T> extends real.AsyncLocalStorage<T> {
      constructor() {
        super();
        made++;
      }
    },
  }));
  jest.resetModules();
  const fresh = (await import('../../lib/pool/index.js')).NbAioPool;
  const off = new fresh({ context: false, maxConcurrency: 1 });
  await off.batchRun<unknown>([async () => 1, async () => off.submit(() => 2), async () => 3]);
  await off.shutdown();
  const on = new fresh();
  await on.onIdle();
  expect(made).toBe(0);
  await on.run(() => 1);
  await new fresh().run(() => 1);
  expect(made).toBe(1);
});

describe('the signal', () => {
  test('is made when the task looks, and only then', async () => {
    const Native = globalThis.AbortController;
    let made = 0;
    globalThis.AbortController = class extends Native {
      constructor() {
        super();
        made++;
      }
    };
    try {
      const pool = new NbAioPool();
      await pool.batchRun<unknown>([(context) => typeof context, () => 1]);
      expect(made).toBe(0);
      expect(await pool.run(({ signal }) => signal.aborted)).toBe(false);
      expect(await pool.run((context) => context.signal === context.signal)).toBe(true);
      expect(made).toBe(2);
    } finally {
      globalThis.AbortController = Native;
    }
  });

  test('is the same, and is aborted, though the global AbortController is replaced meanwhile', async () => {
    const Native = globalThis.AbortController;
    const gate = deferred();
    const signals: AbortSignal[] = [];
    const pool = new NbAioPool();
    const future = await pool.submit(async (context) => {
      signals.push(context.signal);
      await gate.promise;
      signals.push(context.signal);
    });
    globalThis.AbortController = class extends Native {};
    try {
      future.cancel();
      expect(signals[0]!.aborted).toBe(true);
      gate.resolve();
      await pool.onIdle();
      expect(signals[1]).toBe(signals[0]);
    } finally {
      globalThis.AbortController = Native;
    }
  });

  test('says that it was aborted also to a task that looks only afterwards', async () => {
    const pool = new NbAioPool();
    const gate = deferred();
    const aborted = pool.run(async (context) => {
      await gate.promise;
      return context.signal.reason as unknown;
    });
    const end = pool.shutdown({ wait: false });
    gate.resolve();
    expect(await aborted).toMatchObject({ code: 'NB_TASK_CANCELLED' });
    await end;
  });
});

test('tasks that each submit the next one do not grow a chain', () => {
  let current: TaskRun | undefined;
  const all: TaskRun[] = [];
  for (let i = 0; i < 1000; i++) {
    const run = new TaskRun({} as Slot);
    run.descendFrom(current);
    // Half of the time the one before ends before, half of the time after the next has begun.
    if (i % 2 === 0) current?.end();
    all.at(-2)?.end();
    all.push(run);
    current = run;
  }
  let length = 0;
  for (let run = current; run !== undefined; run = run.parent) length++;
  expect(length).toBeLessThanOrEqual(3);
});
