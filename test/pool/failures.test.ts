import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { NbAioPool, type PoolErrorInfo } from '../../lib/pool/index.js';
import { deferred, turn } from './signals.js';

const boom = new Error('boom');
const fail = async (): Promise<never> => {
  throw boom;
};

afterEach(() => void jest.restoreAllMocks());

function poolWithHandler(options: { maxConcurrency?: number } = {}) {
  const onError = jest.fn<(error: unknown, info: PoolErrorInfo) => void>();
  return { onError, pool: new NbAioPool({ name: 'p', onError, ...options }) };
}

// Jest fails a test that leaves an unhandled rejection behind, so no test here looks for one.

describe('a failure that nobody asked about', () => {
  test.each([
    ['asynchronous', fail],
    [
      'synchronous',
      () => {
        throw boom;
      },
    ],
  ])('goes to onError once: %s', async (_, fn) => {
    const { pool, onError } = poolWithHandler();
    const future = await pool.submit(fn);
    await turn(4);
    expect(onError.mock.calls).toEqual([[boom, { pool: 'p', future }]]);
  });

  test('of trySubmit too', async () => {
    const { pool, onError } = poolWithHandler();
    pool.trySubmit(fail);
    await turn();
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test('is still there for who asks later', async () => {
    const { pool, onError } = poolWithHandler();
    const future = await pool.submit(fail);
    await turn();
    await expect(future.result()).rejects.toBe(boom);
    await turn();
    expect(onError).toHaveBeenCalledTimes(1);
  });

  const failed = { code: 'NB_UNASKED_FAILURE', detail: boom.stack };
  test('may be anything, also what cannot be shown', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const pool = new NbAioPool();
    // oxlint-disable-next-line prefer-promise-reject-errors
    for (const thrown of ['text', Object.create(null)]) await pool.submit(() => Promise.reject(thrown));
    await turn(4);
    const details = emitWarning.mock.calls.map(([, options]) => options);
    expect(details).toMatchObject([{ detail: 'text' }, { detail: 'a value that cannot be shown' }]);
  });

  test('without onError is one process warning with the stack', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await new NbAioPool({ name: 'quiet' }).submit(fail);
    await turn(4);
    expect(emitWarning.mock.calls).toEqual([
      ['a task of quiet failed; ask for its result() or set onError', expect.objectContaining(failed)],
    ]);
  });

  test.each([
    [
      'throws',
      () => {
        throw boom;
      },
    ],
    ['rejects', fail as () => unknown],
  ])('does no harm when onError itself %s', async (_, onError) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const pool = new NbAioPool({ maxConcurrency: 1, onError });
    await pool.submit(fail);
    await turn(4);
    expect(await pool.run(() => 'alive')).toBe('alive');
    expect(emitWarning.mock.calls).toEqual([
      [expect.any(String), expect.objectContaining({ code: 'NB_ON_ERROR_FAILED', detail: boom.stack })],
    ]);
  });
});

describe('a failure that somebody asked about goes there only', () => {
  test('asked before it failed', async () => {
    const { pool, onError } = poolWithHandler();
    const gate = deferred<never>();
    const result = (await pool.submit(() => gate.promise)).result();
    gate.reject(boom);
    await expect(result).rejects.toBe(boom);
    await turn();
    expect(onError).not.toHaveBeenCalled();
  });

  test('asked right after submit, although it had failed by then', async () => {
    const { pool, onError } = poolWithHandler();
    const future = await pool.submit(() => {
      throw boom;
    });
    await Promise.resolve();
    await expect(future.result()).rejects.toBe(boom);
    await turn();
    expect(onError).not.toHaveBeenCalled();
  });

  test('run', async () => {
    const { pool, onError } = poolWithHandler({ maxConcurrency: 1 });
    await expect(pool.run(fail)).rejects.toBe(boom);
    await expect(Promise.all([pool.run(async () => 1), pool.run(fail)])).rejects.toBe(boom);
    await turn();
    expect(onError).not.toHaveBeenCalled();
  });

  test('batchSubmit: however long the batch takes to be accepted', async () => {
    const onError = jest.fn<(error: unknown) => void>();
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0, onError });
    const gate = deferred();
    const batch = pool.batchSubmit([fail, () => gate.promise, () => undefined]);
    await turn(4);
    gate.resolve();
    const outcomes = await Promise.allSettled((await batch).map((future) => future.result()));
    await turn();
    expect(outcomes.map((each) => each.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(onError).not.toHaveBeenCalled();
  });
});

describe('batches', () => {
  test('batchSubmit reports, once accepted, what nobody asks about', async () => {
    const { pool, onError } = poolWithHandler({ maxConcurrency: 1 });
    await pool.batchSubmit([fail, fail]);
    await turn();
    expect(onError).toHaveBeenCalledTimes(2);
  });

  test('batchRun delivers the first failure, and reports the others once', async () => {
    const { pool, onError } = poolWithHandler();
    const second = new Error('second');
    const gate = deferred<never>();
    await expect(pool.batchRun([fail, () => gate.promise])).rejects.toBe(boom);
    gate.reject(second);
    await turn(4);
    expect(onError.mock.calls.map(([error]) => error)).toEqual([second]);
  });
});

test('onError runs in the async context that the failed task was submitted in, batches included', async () => {
  const place = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const pool = new NbAioPool({ onError: (error) => void seen.push([error, place.getStore()]) });
  const failure = (id: number) => async (): Promise<never> => {
    // Before that it would change the caller's own.
    await Promise.resolve();
    place.enterWith('task');
    return Promise.reject(id);
  };
  const source = async function* (id: number, error?: Error) {
    yield failure(id);
    await turn();
    if (error !== undefined) throw error;
  };
  await place.run('caller', async () => {
    await pool.submit(failure(1));
    await turn();
    await pool.batchSubmit(source(2));
    await turn();
    await expect(pool.batchRun(source(3, boom), { failFast: false })).rejects.toBe(boom);
  });
  expect(seen).toEqual([
    [1, 'caller'],
    [2, 'caller'],
    [3, 'caller'],
  ]);
});
