import type { StandardSchemaV1 } from '@standard-schema/spec';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  aioTask,
  batchConsume,
  describeEvent,
  InvalidOptionError,
  MemoryBroker,
  TaskFailedError,
  TaskSchemaError,
  UnrecoverableError,
  type AioTask,
  type AioTaskOptions,
  type ConsumerEvent,
  type TaskSchema,
} from '../../lib/standalone/index.js';
import { startRedis, type RedisServer } from '../redis-server.js';
import { until } from '../signals.js';

type Result = StandardSchemaV1.Result<unknown>;

function schemaOf(validate: (value: unknown) => Result | Promise<Result>): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

const isString = schemaOf((value) =>
  typeof value === 'string' ? { value } : { issues: [{ message: 'Expected a string' }] },
);
/** Text in, number out. */
const toNumber = schemaOf((value) =>
  Number.isNaN(Number(value))
    ? { issues: [{ message: `No number, received "${String(value)}"` }] }
    : { value: Number(value) },
);
const later = (schema: StandardSchemaV1): StandardSchemaV1 =>
  schemaOf(async (value) => {
    await Promise.resolve();
    return schema['~standard'].validate(value);
  });

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.stop());

describe.each(['memory', 'redis'] as const)('schema on %s', (kind) => {
  let queues = 0;
  let tasks: { close(): Promise<void> }[] = [];
  let memory = new MemoryBroker();
  let consumption: Promise<void> | undefined;
  let events: ConsumerEvent[] = [];

  function make<A extends unknown[], R>(
    fn: (...args: A) => Promise<R>,
    options: Partial<AioTaskOptions> = {},
  ): AioTask<A, R> {
    const where: Partial<AioTaskOptions> = kind === 'memory' ? { broker: memory } : { redis: server.url };
    const task = aioTask({ queue: `schema-${kind}-${++queues}`, ...where, ...options }, fn);
    tasks.push(task);
    return task;
  }

  /** One queue as a newer process consumes it, and an older one, without the schema, submits to it. */
  function pair<A extends unknown[], R>(
    fn: (...args: A) => Promise<R>,
    schema: TaskSchema,
  ): [AioTask<A, R>, AioTask<A, R>] {
    const queue = `pair-${kind}-${++queues}`;
    return [make(fn, { queue }), make(fn, { queue, schema })];
  }

  function consume(...consumed: object[]): void {
    consumption = batchConsume(consumed, { handleSignals: false, onEvent: (event) => events.push(event) });
  }

  afterEach(async () => {
    await Promise.all(tasks.map((task) => task.close()));
    await consumption;
    await memory.close();
    tasks = [];
    events = [];
    memory = new MemoryBroker();
    consumption = undefined;
  });

  test.each<[string, TaskSchema]>([
    ['each argument', [isString, toNumber]],
    ['each argument, asynchronously', [isString, later(toNumber)]],
    [
      'the whole list',
      schemaOf((args) => ({ value: [(args as string[])[0], Number((args as string[])[1])] })),
    ],
    [
      'the whole list, asynchronously',
      later(schemaOf((args) => ({ value: [(args as string[])[0], Number((args as string[])[1])] }))),
    ],
    ['zod, each argument', [z.string(), z.coerce.number()]],
    ['zod, the whole list', z.tuple([z.string(), z.coerce.number()])],
    ['zod, asynchronously', z.tuple([z.string(), z.coerce.number()]).refine(async () => true)],
  ])('%s: sent as it is, and the task gets the output', async (_, schema) => {
    const work = make(async (name: string, count: unknown) => `${name} ${typeof count} ${String(count)}`, {
      schema,
    });
    const sent = await work.with({ result: 60_000 }).submit('a', '7');
    consume(work);
    expect(await sent.result()).toBe('a number 7');
    expect(await work.run('b', '8')).toBe('b number 8');
    expect(events).toEqual([]);
  });

  test('at submit: rejects with the issues and their places, and nothing is stored', async () => {
    const work = make(async (_name: string, _user: unknown) => {}, {
      schema: [isString, z.object({ email: z.email(), tags: z.array(z.number()) })],
      name: 'send',
    });
    const bad = [1, { email: 'canary', tags: [1, 'canary'] }] as never;
    const error = await work
      .submit(...(bad as [string, unknown]))
      .catch((caught: unknown) => caught as TaskSchemaError);
    expect(error).toBeInstanceOf(TaskSchemaError);
    expect(error).toMatchObject({
      code: 'NB_TASK_SCHEMA',
      messageId: undefined,
      issues: [{ path: [0], message: 'Expected a string' }, { path: [1, 'email'] }, { path: [1, 'tags', 1] }],
    });
    expect((error as Error).message).toMatch(
      /^The arguments of task 'send' on queue 'schema-.*' do not fit its schema: \[0\]: Expected a string; \[1\]\.email: .*; \[1\]\.tags\[1\]: /,
    );
    await expect(work.submitMany([['a', { email: 'a@b.de', tags: [] }], bad])).rejects.toThrow(
      TaskSchemaError,
    );
    await expect(work.run(...(bad as [string, unknown]))).rejects.toThrow(TaskSchemaError);
    await expect(make(async (..._more: unknown[]) => {}, { schema: [] }).submit(1)).rejects.toThrow(
      '[0]: There is no such argument in the schema',
    );
    await expect(make(async () => {}, { schema: [later(isString)] }).submit()).rejects.toThrow(
      '[0]: Expected a string',
    );
    expect(JSON.stringify(error) + (error as Error).message).not.toContain('canary');
    expect(await work.getQueueSize()).toBe(0);
  });

  test('at delivery: dead at once, with the issues and without the payload; who waits gets them', async () => {
    let runs = 0;
    const [old, work] = pair(async (_n: unknown) => ++runs, [toNumber]);
    const waiting = old.run('canary').catch((error: unknown) => error as TaskFailedError);
    consume(work);
    const error = await waiting;
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error).toMatchObject({
      message: expect.stringContaining('ended as dead (invalid)'),
      cause: {
        name: 'TaskSchemaError',
        message: expect.stringMatching(/do not fit its schema: \[0\]: No number, received "…"$/),
      },
    });
    await until(async () => (await work.listDead()).length === 1);
    const [dead] = await work.listDead();
    expect(dead?.record).toMatchObject({
      reason: 'invalid',
      attempts: 1,
      error: { name: 'TaskSchemaError', message: expect.stringContaining('[0]: No number') },
    });
    expect(events).toMatchObject([{ type: 'task-dead', reason: 'invalid', error: { messageId: dead?.id } }]);
    expect(events.map(describeEvent).join()).toMatch(
      /is dead \(invalid\): TaskSchemaError: .*\[0\]: No number/,
    );
    expect(events.map(describeEvent).join() + JSON.stringify(dead?.record) + String(error)).not.toContain(
      'canary',
    );
    expect(runs).toBe(0);
  });

  test('asynchronously, too', async () => {
    const [old, work] = pair(async (..._both: unknown[]) => 1, [isString, later(toNumber)]);
    consume(work);
    await expect(old.run('a', 'b')).rejects.toThrow(/dead \(invalid\): TaskSchemaError: .*\[1\]: No number/);
    await expect(old.run('a', '1')).resolves.toBe(1);
  });

  test('a schema that throws is no verdict: the submit rejects with its error, the run is repeated', async () => {
    let validations = 0;
    const flaky = schemaOf(async (value) => {
      if (++validations < 3) throw new Error('the database is away');
      return { value };
    });
    const work = make(async (n: number) => n, { schema: [flaky], retry: { maxAttempts: 3, delay: 0 } });
    await expect(work.submit(1)).rejects.toThrow('the database is away');
    const [old, newer] = pair(async (n: number) => n, [flaky]);
    consume(newer);
    validations = 1;
    expect(await old.run(5)).toBe(5);
    expect(events.map((event) => event.type)).toEqual(['task-failed']);
  });

  test('a schema of the list that does not answer one is a mistake in the option', async () => {
    const work = make(async (n: number) => n, { schema: z.array(z.number()).transform(([first]) => first) });
    await expect(work.submit(1)).rejects.toThrow(InvalidOptionError);
    await expect(work.submit(1)).rejects.toThrow('must answer a list');
  });

  test('a task that submits what another one does not take has failed, and may be repeated', async () => {
    let runs = 0;
    const inner = make(async (_n: unknown) => {}, { schema: [toNumber] });
    const outer = make(async () => inner.submit(++runs === 1 ? 'x' : '1'), { retry: { delay: 0 } });
    consume(outer);
    await outer.submit();
    await until(() => runs === 2);
    await until(() => events.length === 1);
    expect(events).toMatchObject([{ type: 'task-failed', error: { code: 'NB_TASK_SCHEMA' } }]);
  });

  test.each([
    ['failed', new UnrecoverableError('gone for good', { cause: new Error('410') })],
    ['invalid', new (class MyError extends UnrecoverableError {})('gone for good', { reason: 'invalid' })],
  ])('a task that throws UnrecoverableError is dead at once (%s)', async (reason, error) => {
    let runs = 0;
    const work = make(async () => {
      runs++;
      throw error;
    });
    consume(work);
    await expect(work.run()).rejects.toMatchObject({ cause: { message: 'gone for good', name: error.name } });
    await until(async () => (await work.listDead()).length === 1);
    expect((await work.listDead())[0]?.record).toMatchObject({ reason, attempts: 1 });
    expect(events.map((event) => event.type)).toEqual(['task-dead']);
    expect(runs).toBe(1);
  });
});

describe('types come from the schema', () => {
  const broker = 'memory' as const;

  test('of each argument, or of the whole list: its input for callers, its output for the function', async () => {
    const each = aioTask(
      { queue: 'q', broker, schema: [z.string(), z.coerce.date<string>()] },
      async (name, at) => {
        const typed: [string, Date] = [name, at];
        return typed.length;
      },
    );
    const whole = aioTask(
      { queue: 'q', broker, schema: z.tuple([z.string(), z.int().default(1)]) },
      async (_name, count) => {
        const typed: number = count;
        return typed;
      },
    );
    const calls = () => [
      each.submit('a', '2026-03-01'),
      each('a', new Date()),
      // @ts-expect-error -- a date is what comes out
      each.submit('a', new Date()),
      // @ts-expect-error -- too few
      each.submit('a'),
      // @ts-expect-error -- direct calls take what the function takes
      each('a', '2026-03-01'),
      whole.submit('a'),
      whole.submit('a', 2),
      // @ts-expect-error -- no number
      whole.submit('a', 'b'),
    ];
    expect(calls).toBeInstanceOf(Function);
    expect(await each('a', new Date())).toBe(2);
    // @ts-expect-error -- the schema gives a string
    aioTask({ queue: 'q', broker, schema: [z.string()] }, async (n: number) => n);
  });
});

describe('bad input', () => {
  const fn = async (): Promise<void> => {};

  test.each([
    ['a string', 'x'],
    ['an object', {}],
    ['a list of what is none', [isString, {}]],
    ['another version', { '~standard': { version: 2, validate() {} } }],
    ['null', null],
  ])('%s', (_, schema) => {
    const make = () => aioTask({ queue: 'q', broker: 'memory', schema: schema as never }, fn);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(
      "aioTask: option 'schema' must be a Standard Schema (zod, valibot, arktype, ...) of the list",
    );
  });

  test('a schema that is a function, as those of arktype', () => {
    const schema = Object.assign(() => {}, isString);
    expect(() => aioTask({ queue: 'q', broker: 'memory', schema }, fn)).not.toThrow();
  });
});
