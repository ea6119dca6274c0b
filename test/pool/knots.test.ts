import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { NbAioPool, type PoolFuture } from '../../lib/pool/index.js';
import { TaskRun } from '../../lib/pool/task-run.js';
import { mayBeTied, openWaits } from '../../lib/pool/waits.js';
import { deferred, isSettled, turn } from './signals.js';

const idle = { running: 0, lending: 0, overdue: 0, waiting: 0, blocked: 0 };
const pools = (count: number, maxConcurrency = 1, maxQueueSize = 0): NbAioPool[] =>
  Array.from({ length: count }, () => new NbAioPool({ maxConcurrency, maxQueueSize }));

/** Starts each task in its pool at the same time, and each then runs a child in the pool of the next one. */
async function ring(all: NbAioPool[], wait = (pool: NbAioPool): Promise<unknown> => pool.run(() => 'child')) {
  const gate = deferred();
  const runs = all.map((pool, i) =>
    pool.run(async () => {
      await gate.promise;
      return wait(all[(i + 1) % all.length]!);
    }),
  );
  gate.resolve();
  return Promise.all(runs);
}

describe('tasks of full pools that wait for each other at the same time', () => {
  test.each([
    [2, 0],
    [2, 5],
    [3, 0],
    [10, 3],
  ])('%p pools in a ring, with a queue of %p', async (count, maxQueueSize) => {
    const all = pools(count, 1, maxQueueSize);
    expect(await ring(all)).toEqual(all.map(() => 'child'));
    expect(all.map((pool) => pool.stats())).toMatchObject(all.map(() => idle));
    expect(openWaits.size).toBe(0);
  });

  test.each<[string, (pool: NbAioPool) => Promise<unknown>]>([
    ['submit and result', async (pool) => (await pool.submit(() => 1)).result()],
    ['batchRun', (pool) => pool.batchRun([() => 1, () => turn().then(() => 2), () => 3])],
    ['batchSubmit', async (pool) => (await pool.batchSubmit([() => 1, () => 2]))[1]!.result()],
    ['many at once', (pool) => Promise.all([1, 2, 3, 4].map((i) => pool.run(() => turn(i % 2))))],
  ])('by %s', async (_, wait) => {
    for (const maxQueueSize of [0, 1, 5]) {
      const all = pools(3, 1, maxQueueSize);
      await ring(all, wait);
      expect(all.map((pool) => pool.stats())).toMatchObject(all.map(() => idle));
    }
  });

  test('with several slots, all of which are held so', async () => {
    const [a, b] = pools(2, 3, 2) as [NbAioPool, NbAioPool];
    let peak = 0;
    let active = 0;
    const child = async (): Promise<void> => {
      peak = Math.max(peak, ++active);
      await turn();
      active--;
    };
    const gate = deferred();
    const parents = [a, b, a, b, a, b].map((pool, i) =>
      pool.run(async () => {
        await gate.promise;
        await Promise.all([1, 2, 3].map(() => (i % 2 === 0 ? b : a).run(child)));
      }),
    );
    gate.resolve();
    await Promise.all(parents);
    expect(peak).toBeLessThanOrEqual(6);
    expect([a.stats(), b.stats()]).toMatchObject([idle, idle]);
  });

  test('the circle is closed when the last task that went on has ended', async () => {
    const [a, b, c] = pools(3) as [NbAioPool, NbAioPool, NbAioPool];
    const [begin, free] = [deferred(), deferred()];
    const first = a.run(async () => {
      await begin.promise;
      // Waits for both: while the one in c goes on, so might the circle.
      return Promise.all([c.run(() => free.promise), b.run(() => 'b')]);
    });
    const second = b.run(async () => {
      await begin.promise;
      return a.run(() => 'a');
    });
    begin.resolve();
    expect(await isSettled(Promise.race([first, second]))).toBe(false);
    expect([a.stats(), b.stats()]).toMatchObject([{ lending: 0 }, { lending: 0 }]);
    free.resolve();
    expect(await Promise.all([first, second])).toEqual([[undefined, 'b'], 'a']);
  });

  test('the circle is closed by asking for a result late', async () => {
    const [a, b, c] = pools(3) as [NbAioPool, NbAioPool, NbAioPool];
    const [begin, ask] = [deferred(), deferred()];
    const first = a.run(async () => {
      await begin.promise;
      // It starts on b's free slot, and waits in c. That a waits for it shows only later.
      const future = await b.submit(() => c.run(() => 'c'));
      await ask.promise;
      return future.result();
    });
    const second = c.run(async () => {
      await turn(3);
      return a.run(() => 'a');
    });
    begin.resolve();
    await turn(6);
    expect(a.stats()).toMatchObject({ running: 1, lending: 0, blocked: 1 });
    ask.resolve();
    expect(await Promise.all([first, second])).toEqual(['c', 'a']);
    expect([a, b, c].map((pool) => pool.stats())).toMatchObject([idle, idle, idle]);
  });

  test('through children that run on free slots', async () => {
    const [a, b, c] = pools(3) as [NbAioPool, NbAioPool, NbAioPool];
    const begin = deferred();
    const first = a.run(async () => {
      await begin.promise;
      return b.run(() => c.run(() => 'c'));
    });
    const second = c.run(async () => {
      await turn(3);
      return a.run(() => 'a');
    });
    begin.resolve();
    expect(await Promise.all([first, second])).toEqual(['c', 'a']);
  });

  test('outlives the parent that handed its promise on', async () => {
    const [a, b] = pools(2) as [NbAioPool, NbAioPool];
    const begin = deferred();
    const other = new NbAioPool();
    const first = a.run(async () => {
      await begin.promise;
      const { left } = await other.run(() => ({ left: b.run(() => 'left') }));
      return left;
    });
    const second = b.run(async () => {
      await begin.promise;
      await turn(3);
      return a.run(() => 'a');
    });
    begin.resolve();
    expect(await Promise.all([first, second])).toEqual(['left', 'a']);
    expect(openWaits.size).toBe(0);
  });
});

describe('by the result() of a task that is not a child', () => {
  test('which runs', async () => {
    const [a, b] = pools(2) as [NbAioPool, NbAioPool];
    const gate = deferred();
    const first = await a.submit(() => gate.promise.then(() => b.run(() => 'child')));
    const second = b.run(() => first.result());
    gate.resolve();
    expect(await second).toBe('child');
    expect([a.stats(), b.stats()]).toMatchObject([idle, idle]);
    expect(openWaits.size).toBe(0);
  });

  test('which waits for its slot still', async () => {
    const [a, b] = pools(2, 1, 5) as [NbAioPool, NbAioPool];
    const gate = deferred();
    await a.submit(() => gate.promise);
    const first = await a.submit(() => b.run(() => 'child'));
    const second = b.run(() => first.result());
    await turn();
    expect(a.stats()).toMatchObject({ running: 1, waiting: 1 });
    gate.resolve();
    expect(await second).toBe('child');
    expect(openWaits.size).toBe(0);
  });

  test('for each of several slots', async () => {
    const [a, b] = pools(2, 3, 5) as [NbAioPool, NbAioPool];
    const futures = await a.batchSubmit([0, 1, 2].map((i) => () => turn(1).then(() => b.run(() => i))));
    expect(await b.batchRun([0, 1, 2].map((i) => () => futures[i]!.result()))).toEqual([0, 1, 2]);
    expect(openWaits.size).toBe(0);
  });

  test('and the waiting outlives the child that handed its promise on', async () => {
    const [a, b, c] = pools(3) as [NbAioPool, NbAioPool, NbAioPool];
    const gate = deferred();
    const first = await a.submit(() => gate.promise.then(() => b.run(() => 'child')));
    const second = b.run(async () => (await c.run(() => ({ left: first.result() }))).left);
    await turn();
    gate.resolve();
    expect(await second).toBe('child');
    expect(openWaits.size).toBe(0);
  });

  test('lends nothing while that task goes on, and is forgotten when it ends or is cancelled', async () => {
    const [a, b] = pools(2, 1, 5) as [NbAioPool, NbAioPool];
    const [gate, cleanUp] = [deferred(), deferred()];
    const first = await a.submit(() => gate.promise);
    const overdue = await new NbAioPool().submit(() => cleanUp.promise);
    const waiting = b.run(() => Promise.allSettled([first.result(), overdue.result()]));
    const behind = b.run(() => 'behind');
    expect(await isSettled(behind)).toBe(false);
    expect(b.stats()).toMatchObject({ running: 1, lending: 0, waiting: 1 });
    expect(openWaits.size).toBe(1);
    // Whoever runs comes to an end by itself: there is no circle to look for.
    expect(mayBeTied()).toBe(false);
    overdue.cancel();
    gate.resolve();
    await Promise.all([waiting, behind]);
    expect(openWaits.size).toBe(0);
    cleanUp.resolve();
  });
});

describe('the looks at runs', () => {
  const spies = (['goesOn', 'live', 'waits'] as const).map((each) =>
    jest.spyOn(TaskRun.prototype, each, 'get'),
  );
  afterAll(() => spies.forEach((spy) => spy.mockRestore()));

  async function looksOf(run: (count: number) => Promise<unknown>, count: number): Promise<number> {
    for (const spy of spies) spy.mockClear();
    await run(count);
    return spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  }

  test.each<[string, number, (count: number) => Promise<unknown>]>([
    [
      'in a long line, where each waits for the one before',
      100,
      async (count) => {
        const pool = new NbAioPool({ maxConcurrency: count + 1 });
        const gate = deferred();
        let last: PoolFuture<unknown> = await pool.submit(() => gate.promise);
        for (let i = 0; i < count; i++) {
          const before = last;
          last = await pool.submit(() => before.result());
          await turn(1);
        }
        gate.resolve();
        await last.result();
      },
    ],
    [
      "among many, where each waits for another one's end or slot",
      200,
      async (count) => {
        const c = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 10 });
        const b = new NbAioPool({ maxConcurrency: count / 2 });
        const a = new NbAioPool({ maxConcurrency: count });
        await a.batchRun(Array.from({ length: count }, () => () => b.run(() => c.run(() => turn(1)))));
      },
    ],
  ])('are not more for a task %s', async (_, count, run) => {
    const few = await looksOf(run, count);
    expect(few).toBeGreaterThan(0);
    expect(await looksOf(run, 4 * count)).toBeLessThan(5 * few);
  });
});

describe('a slot of another pool is not lent', () => {
  test('while a task there goes on', async () => {
    const [a, b] = pools(2) as [NbAioPool, NbAioPool];
    const gate = deferred();
    const busy = b.run(() => gate.promise);
    const waiting = a.run(() => b.run(() => 'b'));
    expect(await isSettled(waiting)).toBe(false);
    expect(b.stats()).toMatchObject({ running: 1, lending: 0, blocked: 1 });
    expect(openWaits.size).toBe(1);
    gate.resolve();
    await busy;
    expect(await waiting).toBe('b');
    expect(openWaits.size).toBe(0);
  });

  test('while one of its slots is held by a task that goes on', async () => {
    const [a, b] = pools(2, 2) as [NbAioPool, NbAioPool];
    const [begin, gate] = [deferred(), deferred()];
    const busy = a.run(() => gate.promise);
    const first = a.run(() => begin.promise.then(() => b.run(() => 'b')));
    const others = [1, 2].map(() => b.run(() => begin.promise.then(() => a.run(() => 'a'))));
    begin.resolve();
    const all = Promise.all([first, ...others]);
    expect(await isSettled(all)).toBe(false);
    expect([a.stats(), b.stats()]).toMatchObject([{ lending: 0 }, { lending: 0 }]);
    gate.resolve();
    await busy;
    expect(await all).toEqual(['b', 'a', 'a']);
  });

  test('while the pool is paused', async () => {
    const all = pools(2);
    const begin = deferred();
    const runs = all.map((pool, i) => pool.run(() => begin.promise.then(() => all[1 - i]!.run(() => i))));
    for (const pool of all) pool.pause();
    begin.resolve();
    expect(await isSettled(Promise.race(runs))).toBe(false);
    for (const pool of all) pool.resume();
    expect(await Promise.all(runs)).toEqual([0, 1]);
  });
});

test('a cancelled wait is forgotten', async () => {
  const [a, b] = pools(2, 1, 1) as [NbAioPool, NbAioPool];
  const gate = deferred();
  await b.submit(() => gate.promise);
  const futures: PoolFuture<number>[] = [];
  const waiting = a.run(async () => {
    futures.push(await b.submit(() => 1));
    return futures[0]!.result();
  });
  await turn();
  expect(openWaits.size).toBe(1);
  futures[0]!.cancel();
  await expect(waiting).rejects.toMatchObject({ code: 'NB_TASK_CANCELLED' });
  expect(openWaits.size).toBe(0);
  gate.resolve();
});
