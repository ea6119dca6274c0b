import { describe, expect, test } from '@jest/globals';
import { NbAioPool, PoolClosedError, PoolFullError } from '../../lib/pool/index.js';
import { deferred, Gauge, turn } from './signals.js';

function* count(to: number, pulled: number[] = []) {
  try {
    for (let i = 0; i < to; i++) {
      pulled.push(i);
      yield async () => i;
    }
  } finally {
    pulled.push(-1);
  }
}

async function* countAsync(to: number) {
  for (let i = 0; i < to; i++) {
    await Promise.resolve();
    yield async () => i;
  }
}

const numbers = Array.from({ length: 20 }, (_, i) => i);

describe.each([
  ['an array', () => numbers.map((i) => async () => i)],
  ['a generator', () => count(20)],
  ['an async generator', () => countAsync(20)],
])('a batch from %s', (_, source) => {
  test('batchSubmit gives the futures in order', async () => {
    const pool = new NbAioPool({ maxConcurrency: 3, maxQueueSize: 2 });
    const futures = await pool.batchSubmit(source());
    expect(await Promise.all(futures.map((future) => future.result()))).toEqual(numbers);
  });

  test('batchRun gives the values in order', async () => {
    const pool = new NbAioPool({ maxConcurrency: 3, maxQueueSize: 2 });
    expect(await pool.batchRun(source())).toEqual(numbers);
  });

  test('with block: false and room enough', async () => {
    const pool = new NbAioPool({ maxConcurrency: 10, maxQueueSize: 10 });
    expect(await pool.batchRun(source(), { block: false })).toEqual(numbers);
  });
});

test('values come in order even when tasks end in another', async () => {
  const pool = new NbAioPool();
  const gates = [deferred<string>(), deferred<string>()] as const;
  const values = pool.batchRun(gates.map((gate) => () => gate.promise));
  gates[1].resolve('b');
  await turn();
  gates[0].resolve('a');
  expect(await values).toEqual(['a', 'b']);
});

test('empty batches', async () => {
  const pool = new NbAioPool();
  expect(await pool.batchSubmit([])).toEqual([]);
  expect(await pool.batchRun([])).toEqual([]);
});

test('pulls no further than there is room', async () => {
  const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 3 });
  const gate = deferred();
  const gauge = new Gauge();
  const pulled: number[] = [];
  function* source() {
    for (let i = 0; i < 10; i++) {
      pulled.push(i);
      yield gauge.wrap(i, () => gate.promise);
    }
  }
  const batch = pool.batchSubmit(source());
  await turn();
  expect(pulled).toEqual([0, 1, 2, 3, 4, 5]);
  gate.resolve();
  expect(await batch).toHaveLength(10);
  await pool.onIdle();
  expect(gauge.peak).toBe(2);
});

describe('batchRun fails fast', () => {
  const boom = new Error('boom');

  test('pulls no more, closes the source, and takes the blocked task back', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 0 });
    const gate = deferred();
    const failing = deferred<never>();
    let late = false;
    const pulled: number[] = [];
    function* source() {
      try {
        yield () => failing.promise;
        yield () => gate.promise;
        yield () => void (late = true);
        pulled.push(3);
      } finally {
        pulled.push(-1);
      }
    }
    const batch = pool.batchRun<void>(source());
    await turn();
    expect(pool.stats()).toMatchObject({ running: 2, blocked: 1 });
    await pool.submit(() => gate.promise, { block: false }).catch(() => {});
    failing.reject(boom);
    await expect(batch).rejects.toBe(boom);
    await turn();
    expect(pulled).toEqual([-1]);
    expect(pool.stats()).toMatchObject({ running: 1, blocked: 0 });
    gate.resolve();
    await pool.onIdle();
    expect(late).toBe(false);
  });

  test('while an async source is silent', async () => {
    const pool = new NbAioPool();
    const silence = deferred();
    let closed = false;
    let late = false;
    async function* source() {
      try {
        yield () => Promise.reject(boom);
        await silence.promise;
        yield async () => void (late = true);
      } finally {
        closed = true;
      }
    }
    await expect(pool.batchRun<void>(source())).rejects.toBe(boom);
    silence.resolve();
    await turn();
    expect([closed, late]).toEqual([true, false]);
    expect(pool.stats().running).toBe(0);
  });

  test('when the source throws', async () => {
    function* source(): Generator<() => number> {
      yield () => 1;
      throw boom;
    }
    const pool = new NbAioPool();
    await expect(pool.batchRun(source())).rejects.toBe(boom);
    await expect(pool.batchSubmit(source())).rejects.toBe(boom);
  });

  test('when there is no room and block is false, also for batchSubmit', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    const pulled: number[] = [];
    await expect(pool.batchRun(count(10, pulled), { block: false })).rejects.toThrow(PoolFullError);
    expect(pulled).toEqual([0, 1, 2, -1]);
    await pool.onIdle();
    await expect(pool.batchSubmit(count(10), { block: false })).rejects.toThrow(PoolFullError);
  });

  test('when the pool is shut down while it waits for room', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const gate = deferred();
    const tasks = [() => gate.promise, () => gate.promise];
    const batches = [pool.batchRun(tasks), pool.batchSubmit(tasks)];
    await turn();
    const end = pool.shutdown();
    for (const batch of batches) await expect(batch).rejects.toThrow(PoolClosedError);
    gate.resolve();
    await end;
  });
});
