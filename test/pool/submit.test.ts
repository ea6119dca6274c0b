import { inspect } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { NbAioPool, PoolClosedError, PoolFullError, PoolFuture } from '../../lib/pool/index.js';
import { InvalidOptionError, UnknownOptionError } from '../../lib/errors.js';
import { deferred, Gauge, isSettled, turn } from './signals.js';

describe('submit', () => {
  test('resolves with a future when the task is accepted, not when it has ended', async () => {
    const pool = new NbAioPool();
    const gate = deferred<number>();
    const future = await pool.submit(() => gate.promise);
    expect(future).toBeInstanceOf(PoolFuture);
    expect(future.state).toBe('running');
    gate.resolve(7);
    expect(await future.result()).toBe(7);
    expect(future.state).toBe('done');
  });

  test('starts the task before it returns while a slot is free, and not when none is', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    let started = 0;
    const first = pool.submit(() => (started++, gate.promise));
    expect(started).toBe(1);
    const second = await pool.submit(() => started++);
    expect([started, second.state]).toEqual([1, 'waiting']);
    gate.resolve();
    await (await first).result();
    expect(await second.result()).toBe(1);
  });

  test('keeps to maxConcurrency and maxQueueSize; the next ones wait for room, in order', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 3 });
    const gauge = new Gauge();
    const gates = Array.from({ length: 10 }, () => deferred());
    const accepted: number[] = [];
    const submits = gates.map(async (gate, i) => {
      await pool.submit(gauge.wrap(i, () => gate.promise));
      accepted.push(i);
    });
    await turn();
    expect(accepted).toEqual([0, 1, 2, 3, 4]);
    expect(pool.stats()).toMatchObject({ running: 2, waiting: 3, blocked: 5 });
    gates[1]!.resolve();
    await turn();
    expect(accepted).toEqual([0, 1, 2, 3, 4, 5]);
    expect(gauge.started).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await Promise.all(submits);
    await pool.onIdle();
    expect(gauge.started).toEqual(gates.map((_, i) => i));
    expect(gauge.peak).toBe(2);
    expect(pool.stats()).toMatchObject({ running: 0, waiting: 0, blocked: 0 });
  });

  test('without a queue a task is accepted only when it starts', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    const second = pool.submit(() => 'second');
    expect(await isSettled(second)).toBe(false);
    gate.resolve();
    expect(await (await second).result()).toBe('second');
  });

  test('block: false is refused when full, and only then', async () => {
    const pool = new NbAioPool({ name: 'small', maxConcurrency: 1, maxQueueSize: 1 });
    const gate = deferred();
    await pool.submit(() => gate.promise, { block: false });
    await pool.submit(() => gate.promise, { block: false });
    const refused = pool.submit(() => gate.promise, { block: false });
    await expect(refused).rejects.toThrow(PoolFullError);
    await expect(refused).rejects.toMatchObject({ code: 'NB_POOL_FULL' });
    await expect(refused).rejects.toThrow(
      'small: full with 1 of 1 tasks running and 1 of 1 waiting; submit with',
    );
    await expect(pool.run(() => 1, { block: false })).rejects.toThrow(PoolFullError);
    expect(pool.trySubmit(() => 1)).toBeUndefined();
    gate.resolve();
    await pool.onIdle();
    expect(await pool.run(() => 1, { block: false })).toBe(1);
  });

  test('trySubmit gives the future at once', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    const gate = deferred<string>();
    const first = pool.trySubmit(() => gate.promise);
    const second = pool.trySubmit(() => 'second');
    expect([first?.state, second?.state, pool.trySubmit(() => 1)]).toEqual(['running', 'waiting', undefined]);
    gate.resolve('first');
    expect([await first?.result(), await second?.result()]).toEqual(['first', 'second']);
  });

  test('a long run of synchronous tasks behind each other does not overflow the stack', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 100_000 });
    const gate = deferred();
    let ended = 0;
    await pool.submit(() => gate.promise);
    for (let i = 0; i < 100_000; i++) pool.trySubmit(() => ended++);
    gate.resolve();
    await pool.onIdle();
    expect(ended).toBe(100_000);
  });
});

describe('what a task may be and return', () => {
  const pool = new NbAioPool({ onError: () => {} });
  const boom = new Error('boom');

  test('a synchronous function', async () => {
    const future = await pool.submit(() => 3);
    expect(future.state).toBe('done');
    expect(await future.result()).toBe(3);
  });

  test('a synchronous function that throws', async () => {
    const future = await pool.submit(() => {
      throw boom;
    });
    expect(future.state).toBe('failed');
    await expect(future.result()).rejects.toBe(boom);
  });

  test('a thenable, which is asked once even if it calls back twice', async () => {
    let looks = 0;
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable
      get then() {
        looks++;
        return (resolve: (value: string) => void) => {
          resolve('first');
          resolve('second');
        };
      },
    } as unknown as PromiseLike<string>;
    expect(await pool.run(() => thenable)).toBe('first');
    expect(looks).toBe(1);
    expect(pool.stats().running).toBe(0);
  });

  test('a thenable whose then throws, or cannot even be looked at', async () => {
    const throwing = {
      // oxlint-disable-next-line unicorn/no-thenable
      then() {
        throw boom;
      },
    };
    await expect(pool.run(() => throwing)).rejects.toBe(boom);
    const hidden = {
      // oxlint-disable-next-line unicorn/no-thenable
      get then(): never {
        throw boom;
      },
    };
    await expect(pool.run(() => hidden)).rejects.toBe(boom);
    expect(pool.stats().running).toBe(0);
  });

  test('a promise that begins only when its own then is called', async () => {
    let begun = false;
    class Lazy<T> extends Promise<T> {
      // oxlint-disable-next-line unicorn/no-thenable
      override then: Promise<T>['then'] = (...callbacks) => {
        begun = true;
        return Promise.prototype.then.apply(this, callbacks) as never;
      };
    }
    await pool.run(() => new Lazy<void>((resolve) => resolve()));
    expect(begun).toBe(true);
    let altered = false;
    const promise = Object.assign(Promise.resolve(1), {
      // oxlint-disable-next-line unicorn/no-thenable
      then: (resolve: (value: number) => void) => {
        altered = true;
        resolve(2);
      },
    });
    expect(await pool.run<number>(() => promise as never)).toBe(2);
    expect(altered).toBe(true);
  });

  test('undefined as an error is an error too', async () => {
    // oxlint-disable-next-line prefer-promise-reject-errors
    const future = await pool.submit(() => Promise.reject(undefined));
    await expect(future.result()).rejects.toBeUndefined();
    expect(future.state).toBe('failed');
  });
});

describe('a future', () => {
  test('is not thenable, and gives the same promise every time', async () => {
    const future = await new NbAioPool().submit(async () => 1);
    expect('then' in future).toBe(false);
    expect(await Promise.resolve(future)).toBe(future);
    expect(future.result()).toBe(future.result());
  });

  test('shows its state, and nothing of its pool, in logs', async () => {
    const future = await new NbAioPool().submit(() => 1);
    expect(inspect(future)).toBe("PoolFuture { state: 'done' }");
    expect(JSON.stringify({ future })).toBe('{"future":{"state":"done"}}');
  });

  test('goes through its states', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gates = [deferred(), deferred()] as const;
    await pool.submit(() => gates[0].promise);
    const future = await pool.submit(() => gates[1].promise);
    const states: string[] = [future.state];
    gates[0].resolve();
    await turn();
    states.push(future.state);
    gates[1].resolve();
    await turn();
    states.push(future.state);
    expect(states).toEqual(['waiting', 'running', 'done']);
  });
});

describe('arguments', () => {
  test('what is not a function is refused, and quoted', async () => {
    const pool = new NbAioPool();
    const promise = Promise.resolve(1);
    await expect(pool.submit(promise as never)).rejects.toThrow(InvalidOptionError);
    await expect(pool.run('x' as never)).rejects.toThrow(
      'NbAioPool: a task must be a function, but was "x" (string).',
    );
    expect(() => pool.trySubmit(undefined as never)).toThrow(InvalidOptionError);
    await expect(pool.batchSubmit([promise] as never)).rejects.toThrow(InvalidOptionError);
    await expect(pool.batchRun(5 as never)).rejects.toThrow('a batch must be an iterable or async iterable');
    await expect(pool.batchRun({} as never)).rejects.toThrow(InvalidOptionError);
    expect(pool.stats()).toMatchObject({ running: 0, waiting: 0 });
  });

  test('a promise is refused with advice, and does not end the process when it fails', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const pool = new NbAioPool({ name: 'mine' });
    const promises = Array.from({ length: 3 }, (_, i) => Promise.reject(new Error(`of ${i}`)));
    const refused = pool.batchRun(promises as never);
    await expect(refused).rejects.toThrow(
      'mine: a task must be a function, but was an object of class Promise; write () => work(1) where it says work(1)',
    );
    await expect(pool.submit(Promise.reject(new Error('alone')) as never)).rejects.toThrow('write () =>');
    await turn();
    const told = emitWarning.mock.calls.map(([message, options]) => [message, options]);
    expect(told).toContainEqual([
      'a promise that mine was given for a task failed',
      expect.objectContaining({ code: 'NB_UNASKED_FAILURE', detail: expect.stringContaining('of 2') }),
    ]);
    expect(told).toContainEqual([
      'a promise that mine was given for a task failed',
      expect.objectContaining({ detail: expect.stringContaining('alone') }),
    ]);
    emitWarning.mockRestore();
  });

  test('options that do not exist are refused, with the nearest that does', async () => {
    expect(() => new NbAioPool({ maxConcurency: 1 } as never)).toThrow(UnknownOptionError);
    expect(() => new NbAioPool({ maxConcurency: 1 } as never)).toThrow("did you mean 'maxConcurrency'?");
    const pool = new NbAioPool();
    for (const options of [{ prio: 1 }, { singal: undefined }, { timeoutMs: 5 }, { wait: true }]) {
      await expect(pool.submit(() => 1, options as never)).rejects.toThrow(UnknownOptionError);
      await expect(pool.run(() => 1, options as never)).rejects.toThrow(UnknownOptionError);
      await expect(pool.batchSubmit([() => 1], options as never)).rejects.toThrow(UnknownOptionError);
      await expect(pool.batchRun([() => 1], options as never)).rejects.toThrow(UnknownOptionError);
    }
    await expect(pool.shutdown({ force: true } as never)).rejects.toThrow(UnknownOptionError);
    expect(pool.stats().closed).toBe(false);
  });

  test.each([
    [{ maxConcurrency: 0 }],
    [{ maxConcurrency: 1.5 }],
    [{ maxConcurrency: Infinity }],
    [{ maxQueueSize: -1 }],
    [{ name: '' }],
    [{ context: 1 }],
    [{ onError: 'x' }],
  ])('%p is refused', (options) => {
    expect(() => new NbAioPool(options as never)).toThrow(InvalidOptionError);
  });

  test('the defaults are the seed ones', () => {
    const stats = new NbAioPool().stats();
    expect(stats).toEqual({
      name: 'NbAioPool',
      running: 0,
      lending: 0,
      overdue: 0,
      waiting: 0,
      blocked: 0,
      maxConcurrency: 100,
      maxQueueSize: 1000,
      paused: false,
      closed: false,
    });
    expect(Object.isFrozen(stats)).toBe(true);
  });

  test('a closed pool throws or rejects, whichever fits', async () => {
    const pool = new NbAioPool();
    await pool.shutdown();
    await expect(pool.submit(() => 1)).rejects.toThrow(PoolClosedError);
    await expect(pool.run(() => 1)).rejects.toMatchObject({ code: 'NB_POOL_CLOSED' });
    await expect(pool.batchSubmit([() => 1])).rejects.toThrow(PoolClosedError);
    await expect(pool.batchRun([() => 1])).rejects.toThrow(PoolClosedError);
    expect(() => pool.trySubmit(() => 1)).toThrow(PoolClosedError);
  });
});
