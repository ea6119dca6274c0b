import { describe, expect, jest, test } from '@jest/globals';
import { NbAioPool, PoolClosedError, TaskCancelledError, type PoolFuture } from '../../lib/pool/index.js';
import { deferred, isSettled, turn } from './signals.js';

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));

describe('onIdle', () => {
  test('resolves at once when idle, and else when nothing runs, waits or is blocked', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    await pool.onIdle();
    const gates = [deferred(), deferred(), deferred()];
    const submits = gates.map((gate) => pool.submit(() => gate.promise));
    const idle = pool.onIdle();
    for (const gate of gates) {
      expect(await isSettled(idle)).toBe(false);
      gate.resolve();
    }
    await idle;
    await Promise.all(submits);
  });

  test('inside a task waits for all the others, and lets them run', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    const ran: number[] = [];
    const inner = pool.run(async () => {
      await turn();
      await pool.onIdle();
      expect(pool.stats()).toMatchObject({ running: 1, lending: 0, waiting: 0, blocked: 0 });
      return [...ran];
    });
    const others = [1, 2, 3].map((i) => pool.submit(async () => void ran.push(i)));
    expect(await inner).toEqual([1, 2, 3]);
    await Promise.all(others);
    await pool.onIdle();
    expect(pool.stats().running).toBe(0);
  });

  test('inside a task lets run what comes while it waits, and no more after that', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2 });
    const [other, rest] = [deferred(), deferred()];
    await pool.submit(() => other.promise);
    const inside = pool.run(async () => {
      await pool.onIdle();
      await rest.promise;
    });
    expect(await pool.run(() => 'meanwhile')).toBe('meanwhile');
    other.resolve();
    await turn();
    const [running, waiting] = [await pool.submit(() => rest.promise), await pool.submit(() => 1)];
    await turn();
    expect([running.state, waiting.state]).toEqual(['running', 'waiting']);
    rest.resolve();
    await inside;
    expect(await waiting.result()).toBe(1);
  });

  test('left behind by a task that has ended it still waits for all', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2 });
    const [other, next] = [deferred(), deferred()];
    await pool.submit(() => other.promise);
    let idle!: Promise<void>;
    await pool.run(() => {
      idle = pool.onIdle();
    });
    await pool.submit(() => next.promise);
    other.resolve();
    expect(await isSettled(idle)).toBe(false);
    next.resolve();
    await idle;
  });

  test('inside a task that runs on the slot of one that waits for it, and is not its parent', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    const others: PoolFuture<void>[] = [];
    const first = pool.run(async () => {
      await turn(1);
      void others[0]!.result();
      await gate.promise;
    });
    others.push(await pool.submit(() => pool.onIdle()));
    await others[0]!.result();
    expect(await isSettled(first)).toBe(false);
    gate.resolve();
    await first;
  });
});

describe('shutdown({ wait: true })', () => {
  test('lets all accepted tasks finish, takes no more, and refuses blocked submitters', async () => {
    const pool = new NbAioPool({ name: 'old', maxConcurrency: 1, maxQueueSize: 1 });
    const gate = deferred();
    const ran: number[] = [];
    const tasks = [0, 1].map((i) => pool.run(() => gate.promise.then(() => ran.push(i))));
    const blocked = [pool.submit(() => ran.push(2)), pool.run(() => ran.push(3))];
    const end = pool.shutdown();
    for (const each of blocked) await expect(each).rejects.toThrow(PoolClosedError);
    await expect(blocked[0]).rejects.toThrow('old: shut down, with 1 still running and 1 waiting');
    await expect(pool.submit(() => 1)).rejects.toThrow(PoolClosedError);
    expect(pool.stats().closed).toBe(true);
    expect(await isSettled(end)).toBe(false);
    gate.resolve();
    await end;
    await Promise.all(tasks);
    expect(ran).toEqual([0, 1]);
  });

  test('resolves at once when idle, and may be called again', async () => {
    const pool = new NbAioPool();
    await Promise.all([pool.shutdown(), pool.shutdown()]);
    await pool.shutdown({ wait: false });
    expect(pool.stats()).toMatchObject({ closed: true, running: 0 });
  });

  test('does not abort signals', async () => {
    const pool = new NbAioPool();
    const task = pool.run(async ({ signal }) => {
      await turn();
      return signal.aborted;
    });
    await pool.shutdown({ wait: true });
    expect(await task).toBe(false);
  });

  test('is what `await using` does', async () => {
    const pool = new NbAioPool();
    let ended = false;
    await pool.submit(async () => {
      await turn();
      ended = true;
    });
    await pool[Symbol.asyncDispose]();
    expect([ended, pool.stats().closed]).toEqual([true, true]);
  });
});

describe.each(['onIdle', 'shutdown'] as const)('%s() inside a task', (how) => {
  /** The last task ends the pool while `others` run that wait for it. */
  async function endInside(others: (last: PoolFuture<string>, pool: NbAioPool) => Promise<unknown>[]) {
    const pool = new NbAioPool({ maxConcurrency: 10 });
    const [gate, waited] = [deferred(), deferred()];
    const last = await pool.submit(async () => {
      await gate.promise;
      const end = pool[how]();
      waited.resolve();
      await end;
      return 'ended';
    });
    const outcomes = others(last, pool);
    gate.resolve();
    await waited.promise;
    return { pool, last, outcomes };
  }

  test('does not wait for tasks that wait for its own, directly or by way of others', async () => {
    const { pool, outcomes } = await endInside((last, own) => {
      const direct = own.trySubmit(() => last.result())!;
      const indirect = own.trySubmit(() => direct.result())!;
      const parent = own.run(async () => `parent: ${await own.run(() => last.result())}`);
      return [direct.result(), indirect.result(), parent];
    });
    expect(await Promise.all(outcomes)).toEqual(['ended', 'ended', 'parent: ended']);
    await pool.onIdle();
    expect(pool.stats().running).toBe(0);
  });

  test('nor for those that come to wait for it later', async () => {
    const later = deferred();
    const { outcomes } = await endInside((last, pool) => [
      pool.run(async () => {
        await later.promise;
        return last.result();
      }),
    ]);
    expect(await isSettled(outcomes[0]!)).toBe(false);
    later.resolve();
    expect(await outcomes[0]).toBe('ended');
  });

  test('but for others', async () => {
    const gate = deferred();
    const { last, outcomes } = await endInside((ending, pool) => [
      pool.run(() => ending.result()),
      pool.run(() => gate.promise),
    ]);
    expect(await isSettled(last.result())).toBe(false);
    gate.resolve();
    await Promise.all(outcomes);
  });
});

describe('shutdown({ wait: false })', () => {
  test('cancels what waits, aborts what runs, and resolves when that has ended', async () => {
    const onError = jest.fn();
    const pool = new NbAioPool({ name: 'p', maxConcurrency: 1, maxQueueSize: 2, onError });
    const gate = deferred();
    let ran = false;
    const running = pool.run(async ({ signal }) => {
      const reason = await aborted(signal);
      await gate.promise;
      return reason;
    });
    const asked = pool.run(() => (ran = true));
    const future = await pool.submit(() => (ran = true));
    const blocked = pool.submit(() => (ran = true));
    const end = pool.shutdown({ wait: false });
    await expect(blocked).rejects.toThrow(PoolClosedError);
    await expect(asked).rejects.toThrow(
      'p: cancelled by shutdown({ wait: false }), with 1 running and 2 waiting',
    );
    expect(future.state).toBe('cancelled');
    await expect(future.result()).rejects.toMatchObject({ code: 'NB_TASK_CANCELLED' });
    expect(await isSettled(end)).toBe(false);
    gate.resolve();
    await end;
    expect(await running).toBeInstanceOf(TaskCancelledError);
    expect([ran, onError.mock.calls]).toEqual([false, []]);
  });

  test('leaves no unhandled rejection behind, whether the outcome was asked for or not', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    void pool.run(() => 1);
    const future = await pool.submit(() => 2);
    await pool.submit(() => 3);
    const end = pool.shutdown({ wait: false });
    void future.result();
    await turn();
    gate.resolve();
    await end;
    expect(future.state).toBe('cancelled');
  });

  test('after wait: true settles both', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const running = pool.run(({ signal }) => aborted(signal));
    const waiting = pool.run(() => 1);
    const gentle = pool.shutdown();
    expect(await isSettled(gentle)).toBe(false);
    const hard = pool.shutdown({ wait: false });
    await expect(waiting).rejects.toThrow(TaskCancelledError);
    await Promise.all([gentle, hard, running]);
  });

  test('reaches children on lent slots', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const both = pool.run((outer) =>
      Promise.all([aborted(outer.signal), pool.run((inner) => aborted(inner.signal))]),
    );
    await turn();
    await pool.shutdown({ wait: false });
    expect(await both).toMatchObject([{ code: 'NB_TASK_CANCELLED' }, { code: 'NB_TASK_CANCELLED' }]);
  });

  test('reaches the bottom of a deep stack', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const bottom = deferred();
    const down = (n: number): Promise<unknown> =>
      pool.run((context) => {
        if (n > 0) return down(n - 1);
        bottom.resolve();
        return aborted(context.signal);
      });
    const reason = down(5_000);
    await bottom.promise;
    await pool.shutdown({ wait: false });
    expect(await reason).toBeInstanceOf(TaskCancelledError);
  });

  test('survives a listener that comes back to the pool', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const again = deferred<Promise<void>>();
    await pool.submit(async ({ signal }) => {
      signal.addEventListener('abort', () => again.resolve(pool.shutdown({ wait: false })));
      await aborted(signal);
    });
    await pool.shutdown({ wait: false });
    expect(await again.promise).toBeUndefined();
  });
});

describe.each([[true], [false]])('shutdown({ wait: %p }) inside tasks', (wait) => {
  test('waits for all the others', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2 });
    const gate = deferred();
    let otherEnded = false;
    await pool.submit(async () => {
      await gate.promise;
      otherEnded = true;
    });
    const inside = pool.run(async () => {
      await pool.shutdown({ wait });
      return otherEnded;
    });
    expect(await isSettled(inside)).toBe(false);
    gate.resolve();
    expect(await inside).toBe(true);
    await pool.shutdown();
  });

  test('runs what still waits on its own slot, or cancels it', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const inside = pool.run(async () => {
      await turn();
      await pool.shutdown({ wait });
      return 'end';
    });
    const waiting = Promise.allSettled([pool.run(() => 1), pool.run(async () => 2)]);
    expect(await inside).toBe('end');
    expect((await waiting).map((each) => each.status)).toEqual(
      Array(2).fill(wait ? 'fulfilled' : 'rejected'),
    );
  });

  test('called by several tasks, by a child of one, and from outside', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 4 });
    let ended = 0;
    const task = async (): Promise<void> => {
      await turn();
      await pool.shutdown({ wait });
      ended++;
    };
    const nested = async (): Promise<void> => {
      await pool.run(task);
      ended++;
    };
    const tasks = [pool.run(task), pool.run(nested)];
    await turn(1);
    const outside = pool.shutdown({ wait });
    await outside;
    expect(ended).toBe(3);
    await Promise.all(tasks);
  });

  test('called through a task of another pool', async () => {
    const [a, b] = [new NbAioPool({ maxConcurrency: 1 }), new NbAioPool({ maxConcurrency: 1 })];
    await a.run(() => b.run(() => a.shutdown({ wait })));
    await a.shutdown();
    expect(a.stats()).toMatchObject({ running: 0, closed: true });
  });

  test('by a task that does not wait for it', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    let end!: Promise<void>;
    await pool.run(() => {
      end = pool.shutdown({ wait });
    });
    await end;
    expect(pool.stats().running).toBe(0);
  });
});
