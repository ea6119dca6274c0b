import { afterEach, beforeAll, afterAll, describe, expect, test } from '@jest/globals';
import {
  aioTask,
  AioTaskContext,
  batchConsume,
  BrokerUnsupportedError,
  InvalidOptionError,
  MemoryBroker,
  MessageClearedError,
  NoResultError,
  PayloadUnsupportedError,
  ResultTimeoutError,
  TaskConflictError,
  TaskFailedError,
  UnknownOptionError,
  type AioTaskOptions,
  type ConsumerEvent,
} from '../../lib/index.js';
import type { AioTask } from '../../lib/standalone/index.js';
import { startRedis, type RedisServer } from '../redis-server.js';
import { deferred, until } from '../signals.js';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.stop());

// The same behaviour through both brokers.
describe.each(['memory', 'redis'] as const)('aioTask on %s', (kind) => {
  let n = 0;
  let tasks: { close(): Promise<void> }[] = [];
  let memory = new MemoryBroker();
  let consumption: Promise<void> | undefined;

  function make<A extends unknown[], R>(
    fn: (...args: A) => Promise<R>,
    options: Partial<AioTaskOptions> = {},
  ): AioTask<A, R> {
    const where: Partial<AioTaskOptions> = kind === 'memory' ? { broker: memory } : { redis: server.url };
    const task = aioTask({ queue: `${kind}-${++n}`, ...where, ...options }, fn);
    tasks.push(task);
    return task;
  }

  function consume(...consumed: { close(): Promise<void> }[]): void {
    consumption = batchConsume(consumed, { handleSignals: false, onEvent: () => {} });
  }

  afterEach(async () => {
    await Promise.all(tasks.map((task) => task.close()));
    await consumption;
    await memory.close();
    tasks = [];
    memory = new MemoryBroker();
    consumption = undefined;
  });

  test('called, it runs directly', async () => {
    const add = make(async (x: number, y: number) => x + y);
    expect(await add(1, 2)).toBe(3);
    expect(await add.getQueueSize()).toBe(0);
  });

  test('submit answers an id that serialises; a consumer runs it; size and clear', async () => {
    const ran = deferred<number>();
    const add = make(async (x: number, y: number) => ran.resolve(x + y));
    const sent = await add.submit(1, 2);
    expect(JSON.stringify(sent)).toBe(`{"id":"${sent.id}"}`);
    expect(sent.id).toMatch(/^[0-9a-z]{22}$/);
    expect(await add.getQueueSize()).toBe(1);
    consume(add);
    expect(await ran.promise).toBe(3);
    expect(await add.clearQueue()).toBe(0);
  });

  test('submitMany keeps the order, over many batches, from a generator', async () => {
    const seen: number[] = [];
    const work = make(async (i: number) => void seen.push(i), { maxConcurrency: 1 });
    const calls = function* (): Generator<[number]> {
      for (let i = 0; i < 1_234; i++) yield [i];
    };
    const sent = await work.submitMany(calls());
    expect(new Set(sent.map((each) => each.id)).size).toBe(1_234);
    consume(work);
    await until(() => seen.length === 1_234);
    expect(seen).toEqual(Array.from({ length: 1_234 }, (_, i) => i));
  });

  test('run answers the value; undefined too', async () => {
    const add = make(async (x: number, y?: number) => (y === undefined ? undefined : { sum: x + y }));
    consume(add);
    expect(await add.run(1, 2)).toEqual({ sum: 3 });
    expect(await add.run(1)).toBeUndefined();
  });

  test('a thousand runs at once', async () => {
    const double = make(async (x: number) => 2 * x);
    consume(double);
    const values = await Promise.all(Array.from({ length: 1_000 }, (_, i) => double.run(i)));
    expect(values).toEqual(Array.from({ length: 1_000 }, (_, i) => 2 * i));
  });

  test('result: kept when asked for, readable twice and by id, refused otherwise', async () => {
    const add = make(async (x: number) => x + 1);
    const kept = await add.with({ result: 60_000 }).submit(1);
    const dropped = await add.submit(1);
    await expect(kept.result(30)).rejects.toThrow(ResultTimeoutError);
    consume(add);
    expect(await kept.result(5_000)).toBe(2);
    expect(await kept.result()).toBe(2);
    expect(await add.result(kept.id)).toBe(2);
    // @ts-expect-error -- misuse is a compile error, and for other compilers one at run time
    await expect(dropped.result()).rejects.toThrow(NoResultError);
  });

  test('the error of a task that is dead reaches who waits, with class name, message and stack', async () => {
    const fail = make(
      async () => {
        throw new TypeError('wrong kind');
      },
      { retry: { maxAttempts: 1 } },
    );
    consume(fail);
    const error = await fail.run().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error).toMatchObject({
      code: 'NB_TASK_FAILED',
      cause: { name: 'TypeError', message: 'wrong kind' },
    });
    expect((error as { cause: Error }).cause.stack).toContain('aio-task.test');
  });

  test('a value that the codec can not carry: the task is done, who waits learns why', async () => {
    let runs = 0;
    const work = make(async () => {
      runs++;
      return new Map();
    });
    consume(work);
    await expect(work.run()).rejects.toThrow(/PayloadUnsupportedError.*an instance of Map/);
    expect(runs).toBe(1);
  });

  test('clearQueue settles those who wait', async () => {
    const work = make(async (x: number) => x);
    const waiting = work.run(1).catch((error: unknown) => error);
    await until(async () => (await work.getQueueSize()) === 1);
    expect(await work.clearQueue()).toBe(1);
    expect(await waiting).toBeInstanceOf(MessageClearedError);
  });

  test('v8 carries rich values both ways', async () => {
    const when = new Date(7);
    const echo = make(async (value: Map<string, Date>) => value, { codec: 'v8' });
    consume(echo);
    expect(await echo.run(new Map([['a', when]]))).toEqual(new Map([['a', when]]));
  });

  test('unsendable arguments are refused at submit, and nothing is stored', async () => {
    const work = make(async (_value: unknown) => {});
    await expect(work.submit(10n)).rejects.toThrow(PayloadUnsupportedError);
    await expect(work.submitMany([[1], [NaN]])).rejects.toThrow(PayloadUnsupportedError);
    expect(await work.getQueueSize()).toBe(0);
  });

  test('a task that submits to another queue (batchConsume of two)', async () => {
    const seen: number[] = [];
    const second = make(async (a: number) => void seen.push(a));
    const first = make(async (x: number) => {
      for (let i = 0; i < 5; i++) await second.submit(x * 10 + i);
    });
    consume(first, second);
    await first.submitMany([[1], [2]]);
    await until(() => seen.length === 10);
    expect(seen.toSorted((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 20, 21, 22, 23, 24]);
  });

  test('stop ends consume and keeps what waits; consuming can start again', async () => {
    const gate = deferred();
    const started = deferred();
    const work = make(
      async () => {
        started.resolve();
        await gate.promise;
      },
      { maxConcurrency: 1 },
    );
    await work.submitMany([[], [], []]);
    const consuming = work.consume({ handleSignals: false });
    await started.promise;
    const stopped = work.stop();
    gate.resolve();
    await Promise.all([stopped, consuming]);
    expect(await work.getQueueSize()).toBe(2);
    consume(work);
    await until(async () => (await work.getQueueSize()) === 0);
  });

  test('a signal ends consume', async () => {
    const controller = new AbortController();
    const work = make(async () => {});
    const consuming = work.consume({ handleSignals: false, signal: controller.signal });
    controller.abort();
    await consuming;
    await expect(work.consume({ signal: controller.signal })).resolves.toBeUndefined();
  });

  test('one queue is consumed once in a process, and its tasks must agree', async () => {
    const work = make(async () => {}, { queue: `${kind}-shared` });
    const same = make(async () => {}, { queue: `${kind}-shared` });
    const other = make(async () => {}, { queue: `${kind}-shared`, name: 'other', maxConcurrency: 7 });
    await expect(batchConsume([work, same])).rejects.toThrow(/are both task 'default' on queue/);
    await expect(batchConsume([work, other])).rejects.toThrow(
      /'maxConcurrency' is 50 for one and 7 for the other/,
    );
    consume(work);
    await until(async () => work.getQueueSize().then(() => true));
    await expect(work.consume()).rejects.toThrow(TaskConflictError);
  });

  test('events tell of failures', async () => {
    const events: ConsumerEvent[] = [];
    const work = make(
      async () => {
        throw new Error(`run ${AioTaskContext.current()?.attempt}`);
      },
      { retry: { maxAttempts: 2, delay: 0 } },
    );
    const consuming = work.consume({ handleSignals: false, onEvent: (event) => events.push(event) });
    await work.submit();
    await until(() => events.length === 2);
    await work.stop();
    await consuming;
    expect(events.map((event) => event.type)).toEqual(['task-failed', 'task-dead']);
  });
});

describe('bad input', () => {
  const fn = async (): Promise<void> => {};

  test.each([
    [{ queue: 'q', brocker: 'memory' }, "did you mean 'broker'?"],
    [{ queue: 'q', rediss: 'x' }, "did you mean 'redis'?"],
    [{ queue: 'q', broker: {} }, "must be 'redis', 'memory' or a broker"],
    [{ queue: 'q', broker: 'memory', redis: 'redis://h:1' }, "option 'redis' is for broker 'redis'"],
    [{ queue: 'q', broker: new MemoryBroker(), prefix: 'x' }, "option 'prefix' is for broker 'redis'"],
    [{ queue: 'q', redis: 5 }, 'must be a URL, ioredis options'],
    [{ queue: 'q', lease: 2 ** 31 }, 'a whole number from 100 to 2147483647'],
    ['q', 'options must be an object, but were "q"'],
    [['q'], 'options must be an object'],
  ])('%j is refused at once', (options, message) => {
    expect(() => aioTask(options as AioTaskOptions, fn)).toThrow(message);
  });

  test('times that a timer can not wait for, and lists that are none', async () => {
    const task = aioTask({ queue: 'q', broker: 'memory' }, fn as (n: number) => Promise<void>);
    expect(() => task.with({ timeout: 2 ** 31 })).toThrow(InvalidOptionError);
    await expect(task.consume({ grace: 2 ** 31 })).rejects.toThrow(InvalidOptionError);
    await expect(task.result('x', 2 ** 31)).rejects.toThrow(InvalidOptionError);
    await expect(task.submitMany(5 as never)).rejects.toThrow('must be a list of argument lists, but was 5');
    await expect(task.submitMany(['ab'] as never)).rejects.toThrow('each call must be a list of arguments');
    await expect(task.listDead(-1)).rejects.toThrow(InvalidOptionError);
    await expect(task.listDead(0, 1_001)).rejects.toThrow(InvalidOptionError);
    expect(await task.getQueueSize()).toBe(0);
    await task.close();
  });

  test.each<[object, typeof InvalidOptionError | typeof UnknownOptionError]>([
    [{ queue: '' }, InvalidOptionError],
    [{ queue: 'q', maxConcurrency: '10' }, InvalidOptionError],
    [{ queue: 'q', maxConcurency: 10 }, UnknownOptionError],
    [{}, InvalidOptionError],
  ])('%j', (options, error) => {
    expect(() => aioTask(options as AioTaskOptions, fn)).toThrow(error);
  });

  test('no function; a broker or a redis that is none; what is no task', async () => {
    expect(() => aioTask({ queue: 'q' }, 5 as unknown as typeof fn)).toThrow(
      'the second argument must be a function',
    );
    expect(() => aioTask(undefined as unknown as AioTaskOptions, fn)).toThrow(InvalidOptionError);
    expect(() => aioTask({ queue: 'q', broker: 'kafka' as 'redis' }, fn)).toThrow(
      "must be 'redis', 'memory'",
    );
    expect(() => aioTask({ queue: 'q', redis: 'canary' }, fn)).toThrow(/must be a URL(?!.*canary)/);
    expect(() => aioTask({ queue: 'q', redis: { keyPrefix: 'x:' } }, fn)).toThrow(BrokerUnsupportedError);
    await expect(batchConsume([fn])).rejects.toThrow('is no task');
    await expect(aioTask({ queue: 'q', broker: 'memory' }, fn).consume({ grace: -1 })).rejects.toThrow(
      "option 'grace'",
    );
    expect(() => aioTask({ queue: 'q', broker: 'memory' }, fn).with({ result: 0 })).toThrow(
      "option 'result'",
    );
  });
});
