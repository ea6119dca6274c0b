import { describe, expect, jest, test } from '@jest/globals';
import { NbAioPool, type TaskFunction } from '../../lib/pool/index.js';
import { deferred, turn } from './signals.js';

const idle = { running: 0, lending: 0, overdue: 0, waiting: 0, blocked: 0 };

describe('batchRun with failFast: false', () => {
  test('collects every outcome, in order, and reports none', async () => {
    const onError = jest.fn();
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 1, onError });
    const boom = new Error('boom');
    const outcomes: PromiseSettledResult<number>[] = await pool.batchRun(
      [
        () => 1,
        () => Promise.reject(boom),
        () => turn().then(() => 3),
        () => {
          throw null;
        },
        () => 5,
      ],
      { failFast: false },
    );
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: boom },
      { status: 'fulfilled', value: 3 },
      { status: 'rejected', reason: null },
      { status: 'fulfilled', value: 5 },
    ]);
    await turn();
    expect(onError).not.toHaveBeenCalled();
    expect(pool.stats()).toMatchObject(idle);
  });

  test('takes an async iterable, and none of it while the pool is full', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 0 });
    let [pulled, most] = [0, 0];
    async function* source(): AsyncGenerator<TaskFunction<number>> {
      for (let i = 0; i < 50; i++) {
        pulled++;
        yield async () => {
          most = Math.max(most, pulled - i);
          await turn(1);
          if (i % 2 === 1) throw i;
          return i;
        };
      }
    }
    const outcomes = await pool.batchRun(source(), { failFast: false });
    expect(outcomes.map((each) => (each.status === 'fulfilled' ? each.value : each.reason))).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect(most).toBeLessThanOrEqual(3);
  });

  test('of nothing is nothing', async () => {
    expect(await new NbAioPool().batchRun([], { failFast: false })).toEqual([]);
  });

  test('a timeout and a shutdown that cancels are outcomes', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gates = [deferred(), deferred()] as const;
    const batch = pool.batchRun([() => gates[0].promise, () => gates[1].promise], {
      failFast: false,
      timeout: 1,
    });
    const overdue = new Promise<void>((resolve) => {
      const look = (): void => void (pool.stats().overdue === 1 ? resolve() : setTimeout(look, 1));
      look();
    });
    await overdue;
    const end = pool.shutdown({ wait: false });
    expect(await batch).toMatchObject([
      { status: 'rejected', reason: { code: 'NB_TASK_TIMEOUT' } },
      { status: 'rejected', reason: { code: 'NB_TASK_CANCELLED' } },
    ]);
    gates[0].resolve();
    await end;
  });

  test.each([
    ['the source throws', undefined],
    ['the pool refuses', { block: false }],
  ])('rejects when %s, and the failures that it does not deliver are reported', async (how, options) => {
    const onError = jest.fn<(error: unknown) => void>();
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1, onError });
    const gate = deferred();
    function* source(): Generator<TaskFunction<unknown>> {
      yield () => {
        throw new Error('collected');
      };
      yield () => gate.promise;
      yield () => 'waits';
      if (how === 'the source throws') throw new Error('source');
      yield () => 'refused';
    }
    const batch = pool.batchRun(source(), { failFast: false, ...options });
    await expect(batch).rejects.toThrow(/^source|NbAioPool: full/);
    expect(onError.mock.calls.map(([error]) => (error as Error).message)).toEqual(['collected']);
    gate.reject(new Error('later'));
    await pool.onIdle();
    expect(onError.mock.calls.map(([error]) => (error as Error).message)).toEqual(['collected', 'later']);
    expect(pool.stats()).toMatchObject(idle);
  });

  test('inside a task of the same full pool', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const outcomes = await pool.run(() =>
      pool.batchRun([() => 1, () => Promise.reject(2)], { failFast: false }),
    );
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: 2 },
    ]);
  });
});

test('failFast: true is the default, and the types tell which it is', async () => {
  const pool = new NbAioPool();
  const values: number[] = await pool.batchRun([() => 1], { failFast: true });
  expect(values).toEqual([1]);
  const failing = [() => Promise.reject(new Error('first'))];
  await expect(pool.batchRun(failing, { failFast: true })).rejects.toThrow('first');
  await expect(pool.batchRun(failing)).rejects.toThrow('first');
  const failFast: boolean = values.length === 0;
  expect(await pool.batchRun([() => 2], { failFast })).toEqual([{ status: 'fulfilled', value: 2 }]);
});

test('failFast is an option of batchRun only, and must be true or false', async () => {
  const pool = new NbAioPool();
  await expect(pool.batchRun([], { failFast: 1 as never })).rejects.toThrow(
    /'failFast' must be true or false/,
  );
  await expect(pool.batchSubmit([], { failFast: false } as never)).rejects.toThrow(/no option 'failFast'/);
});

test('an option that does not exist is refused for an empty batch too', async () => {
  const pool = new NbAioPool();
  await expect(pool.batchRun([], { priorty: 1 } as never)).rejects.toThrow(/did you mean 'priority'/);
  await expect(pool.batchSubmit([], { priorty: 1 } as never)).rejects.toThrow(/did you mean 'priority'/);
});
