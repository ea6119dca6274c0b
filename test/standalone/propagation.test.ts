import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  aioTask,
  AioTaskContext,
  batchConsume,
  InvalidOptionError,
  MemoryBroker,
  PayloadTooLargeError,
  type AioTask,
  type AioTaskOptions,
  type ConsumerEvent,
  type ContextPropagator,
  type MessageHeaders,
} from '../../lib/standalone/index.js';
import { startRedis, type RedisServer } from '../redis-server.js';
import { deferred, until } from '../signals.js';

const user = new AsyncLocalStorage<string>();

/** As one would write it for nestjs-cls. */
const userPropagator: ContextPropagator = {
  capture() {
    const current = user.getStore();
    return current === undefined ? undefined : { user: current };
  },
  restore: (headers, run) => (headers['user'] === undefined ? run() : user.run(headers['user'], run)),
};

/** As one would write it for OpenTelemetry: a trace goes on, and each run is a span of its own. */
interface Span {
  readonly trace: string;
  readonly span: string;
}
const span = new AsyncLocalStorage<Span>();
let spans = 0;
const newSpan = (trace: string): Span => ({ trace, span: (++spans).toString(16).padStart(16, '0') });
const tracePropagator: ContextPropagator = {
  capture() {
    const current = span.getStore();
    return current && { traceparent: `00-${current.trace}-${current.span}-01` };
  },
  restore(headers, run) {
    const trace = headers['traceparent']?.split('-')[1] ?? 'f'.repeat(32);
    return span.run(newSpan(trace), run);
  },
};

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.stop());

describe.each(['memory', 'redis'] as const)('context on %s', (kind) => {
  let n = 0;
  let tasks: { close(): Promise<void> }[] = [];
  let memory = new MemoryBroker();
  let consumption: Promise<void> | undefined;
  let events: ConsumerEvent[] = [];

  function make<A extends unknown[], R>(
    fn: (...args: A) => Promise<R>,
    options: Partial<AioTaskOptions> = {},
  ): AioTask<A, R> {
    const where: Partial<AioTaskOptions> = kind === 'memory' ? { broker: memory } : { redis: server.url };
    const task = aioTask({ queue: `context-${kind}-${++n}`, ...where, ...options }, fn);
    tasks.push(task);
    return task;
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

  test('headers given with the call arrive, frozen, with queue and task; without any, one empty object', async () => {
    const seen: {
      headers: MessageHeaders | undefined;
      queue: string | undefined;
      task: string | undefined;
    }[] = [];
    const work = make(
      async () => {
        const { headers, queue, task } = AioTaskContext.current() ?? {};
        seen.push({ headers, queue, task });
      },
      { queue: `named-${kind}`, name: 'work' },
    );
    await work.with({ headers: { 'x-tenant': 'ä"\n\u2028', __proto: '' } }).submit();
    await work.submit();
    await work.with({ headers: {} }).submit();
    consume(work);
    await until(() => seen.length === 3);
    expect(seen.map(({ headers }) => headers)).toEqual([{ 'x-tenant': 'ä"\n\u2028', __proto: '' }, {}, {}]);
    expect(seen.every(({ headers }) => Object.isFrozen(headers))).toBe(true);
    expect(seen[1]?.headers).toBe(seen[2]?.headers);
    expect(seen[0]).toMatchObject({ queue: `named-${kind}`, task: 'work' });
  });

  test('an AsyncLocalStorage value travels with submit, submitMany and run, each from its own caller', async () => {
    const seen: (string | undefined)[] = [];
    const work = make(
      async (_how: string) => {
        await Promise.resolve();
        seen.push(user.getStore());
        return user.getStore();
      },
      { propagators: [userPropagator], maxConcurrency: 1 },
    );
    consume(work);
    const submitted = user.run('ann', () => work.submit('submit'));
    const many = user.run('bob', () => work.submitMany([['many'], ['many']]));
    const ran = user.run('cid', () => work.run('run'));
    const none = work.run('none');
    await Promise.all([submitted, many]);
    expect(await ran).toBe('cid');
    expect(await none).toBeUndefined();
    await until(() => seen.length === 5);
    expect(new Set(seen)).toEqual(new Set(['ann', 'bob', 'cid', undefined]));
  });

  test('a trace goes on through submits inside of tasks, each run a span of its own', async () => {
    const done = deferred();
    const seen: (Span | undefined)[] = [];
    const options = { propagators: [userPropagator, tracePropagator] };
    const third = make(async () => {
      seen.push(span.getStore());
      done.resolve();
    }, options);
    const second = make(async () => {
      seen.push(span.getStore());
      await third.submit();
    }, options);
    const first = make(async () => {
      await Promise.resolve();
      seen.push(span.getStore());
      await second.run();
    }, options);
    consume(first, second, third);
    const origin = newSpan('a1'.repeat(16));
    await span.run(origin, () => first.run());
    await done.promise;
    expect(seen.map((each) => each?.trace)).toEqual([origin.trace, origin.trace, origin.trace]);
    expect(new Set([origin, ...seen].map((each) => each?.span)).size).toBe(4);
  });

  test('restored from the first inwards, captured so that a later one wins, and the call over all', async () => {
    const order: string[] = [];
    const tagged = (name: string): ContextPropagator => ({
      capture: () => ({ last: name, own: name, [name]: '1' }),
      restore: (_, run) => {
        order.push(`${name} in`);
        const value = run();
        order.push(`${name} out`);
        return value;
      },
    });
    const work = make(
      async () => {
        order.push('task');
        return AioTaskContext.current()?.headers;
      },
      { propagators: [tagged('a'), tagged('b')] },
    );
    consume(work);
    expect(await work.with({ headers: { own: 'call' } }).run()).toEqual({
      last: 'b',
      own: 'call',
      a: '1',
      b: '1',
    });
    expect(order).toEqual(['a in', 'b in', 'task', 'b out', 'a out']);
  });

  test('one that throws at submit: the submit rejects with its error, and nothing is stored', async () => {
    const failure = new RangeError('no tenant here');
    const broken: ContextPropagator = {
      capture: () => {
        throw failure;
      },
      restore: (_, run) => run(),
    };
    const work = make(async () => {}, { propagators: [broken] });
    await expect(work.submit()).rejects.toBe(failure);
    await expect(work.submitMany([[]])).rejects.toBe(failure);
    await expect(work.run()).rejects.toBe(failure);
    expect(await work.getQueueSize()).toBe(0);
  });

  test('one that throws at delivery, or never calls the task, or twice, fails the run', async () => {
    let runs = 0;
    let restores = 0;
    const faults: ContextPropagator['restore'][] = [
      () => {
        throw new Error('no such tenant');
      },
      () => undefined as never,
      // Typed as synchronous, but nothing keeps one from it.
      (async () => {}) as never,
      (_, run) => {
        run();
        return run();
      },
      (async (_: MessageHeaders, run: () => unknown) => {
        await Promise.resolve();
        return run();
      }) as never,
    ];
    const propagator: ContextPropagator = {
      capture: () => undefined,
      restore: (headers, run) => faults[restores++]!(headers, run),
    };
    const retry = { maxAttempts: 5, delay: 0 };
    const work = make(async () => ++runs, { propagators: [propagator], retry });
    consume(work);
    // The last one restores late, which is slow but allowed. The one before it had run the task once.
    expect(await work.run()).toBe(2);
    expect(events.map((event) => event.type)).toEqual(Array(4).fill('task-failed'));
    const messages = events.map((event) => ('error' in event ? (event.error as Error).message : ''));
    expect(messages[0]).toBe('no such tenant');
    expect(messages.slice(1)).toEqual([
      expect.stringContaining('called it never'),
      expect.stringContaining('called it never'),
      expect.stringContaining('called it twice'),
    ]);
  });

  test('one that throws when the task runs already: the slot stays taken, and a failure of the task counts more', async () => {
    const gate = deferred();
    let runs = 0;
    const propagator: ContextPropagator = {
      capture: () => undefined,
      restore: (_, run) => {
        run();
        throw new Error('afterwards');
      },
    };
    const work = make(
      async () => {
        if (++runs === 1) await gate.promise;
        else throw new Error('of the task');
      },
      { propagators: [propagator], retry: { maxAttempts: 2, delay: 0 } },
    );
    consume(work);
    const failed = work.run().catch((error: unknown) => error);
    await until(() => runs === 1);
    expect(events).toEqual([]);
    gate.resolve();
    expect(await failed).toMatchObject({ cause: { message: 'of the task' } });
    expect(events).toMatchObject([{ error: { message: 'afterwards' } }, { type: 'task-dead' }]);
  });

  describe('one that forgets to answer what run answers', () => {
    const forgetful: [string, (run: () => unknown) => unknown][] = [
      ['at once', (run) => void run()],
      ['in a callback', (run) => user.run('eve', () => void run())],
      ['asynchronously', async (run) => void run()],
      ['asynchronously and late', async (run) => (await Promise.resolve(), void run())],
      ['and rejects', async (run) => Promise.reject(new Error(String(run())))],
    ];
    const restoring = (restore: (run: () => unknown) => unknown): ContextPropagator => ({
      capture: () => undefined,
      restore: ((_: MessageHeaders, run: () => unknown) => restore(run)) as never,
    });

    test.each(forgetful)('%s: the slot stays taken until the task has ended', async (_, restore) => {
      const gate = deferred();
      let running = 0;
      let most = 0;
      let ended = 0;
      const work = make(
        async () => {
          most = Math.max(most, ++running);
          await gate.promise;
          running--;
          ended++;
        },
        { propagators: [restoring(restore)], maxConcurrency: 1, retry: { maxAttempts: 1 } },
      );
      const beside = make(async () => {});
      await work.submitMany([[], [], []]);
      consume(work, beside);
      await until(() => running > 0);
      // Round trips in which the next would have begun.
      for (let i = 0; i < 5; i++) await beside.run();
      expect([running, events]).toEqual([1, []]);
      gate.resolve();
      await until(() => ended === 3);
      expect(most).toBe(1);
    });

    test.each(forgetful.slice(0, -1))('%s: value and error are those of the task', async (_, restore) => {
      const work = make(
        async (text: string) => {
          await Promise.resolve();
          if (text === '') throw new Error('of the task');
          return text;
        },
        { propagators: [restoring(restore)], retry: { maxAttempts: 1 } },
      );
      consume(work);
      expect(await work.run('a')).toBe('a');
      await expect(work.run('')).rejects.toMatchObject({ cause: { message: 'of the task' } });
    });

    test('and takes its time: a task that fails meanwhile is no unhandled rejection', async () => {
      const unhandled: unknown[] = [];
      const note = (error: unknown): void => void unhandled.push(error);
      process.on('unhandledRejection', note);
      try {
        const [begin, end] = [deferred(), deferred()];
        let failures = 0;
        const work = make(
          async () => {
            failures++;
            throw new Error('of the task');
          },
          {
            propagators: [
              restoring(async (run) => {
                await begin.promise;
                run();
                await end.promise;
              }),
            ],
            retry: { maxAttempts: 1 },
          },
        );
        const beside = make(async () => {});
        consume(work, beside);
        const failed = work.run().catch((error: unknown) => error);
        begin.resolve();
        await until(() => failures === 1);
        await beside.run();
        expect(events).toEqual([]);
        end.resolve();
        expect(await failed).toMatchObject({ cause: { message: 'of the task' } });
        expect(unhandled).toEqual([]);
      } finally {
        process.off('unhandledRejection', note);
      }
    });

    test.each<[string, (run: () => unknown) => unknown]>([
      ['answers', () => undefined],
      [
        'throws',
        () => {
          throw new Error('called it never');
        },
      ],
      ['rejects', async () => Promise.reject(new Error('called it never'))],
    ])('and calls it when it is over (%s): nothing runs late', async (_, restore) => {
      let runs = 0;
      const late: (() => unknown)[] = [];
      const propagator = restoring((run) => {
        late.push(run);
        return restore(run);
      });
      const work = make(async () => ++runs, {
        propagators: [propagator],
        retry: { maxAttempts: 2, delay: 0 },
      });
      consume(work);
      await expect(work.run()).rejects.toMatchObject({
        cause: { message: expect.stringContaining('called it never') },
      });
      expect(late.map((run) => run())).toEqual([undefined, undefined]);
      expect(runs).toBe(0);
    });
  });

  test('context: false has headers for propagators too', async () => {
    const work = make(async () => user.getStore(), { propagators: [userPropagator], context: false });
    consume(work);
    expect(await user.run('dora', () => work.run())).toBe('dora');
  });
});

describe('bad input', () => {
  const fn = async (): Promise<void> => {};

  test.each([
    [{ propagators: {} }, 'must be a list of propagators'],
    [{ propagators: [{ capture() {} }] }, 'must be a list of propagators'],
    [{ propagators: [null] }, 'must be a list of propagators'],
  ])('%j', (options, message) => {
    expect(() => aioTask({ queue: 'q', broker: 'memory', ...(options as object) }, fn)).toThrow(
      InvalidOptionError,
    );
    expect(() => aioTask({ queue: 'q', broker: 'memory', ...(options as object) }, fn)).toThrow(message);
  });

  test.each([['x'], [[]], [{ a: 1 }], [{ a: undefined }], [null]])('headers %j', (headers) => {
    const task = aioTask({ queue: 'q', broker: 'memory' }, fn);
    expect(() => task.with({ headers: headers as never })).toThrow(
      "option 'headers' must be an object whose values are all strings",
    );
  });

  test('headers that are too large, or that a propagator made wrong: names its place, never the value', async () => {
    const capture = (): Record<string, string> => captured as Record<string, string>;
    const propagators = [
      { capture, restore: (_: MessageHeaders, run: () => never) => run() },
    ] as ContextPropagator[];
    const task = aioTask({ queue: 'headers', broker: 'memory', propagators }, fn);
    let captured: unknown = { big: 'ä'.repeat(9_000) };
    expect(() => task.with({ headers: captured as MessageHeaders })).toThrow(PayloadTooLargeError);
    await expect(task.submit()).rejects.toThrow(
      /headers of task 'default' on queue 'headers' take 18010 bytes/,
    );
    captured = { tenant: 'ok', token: 41_414 };
    await expect(task.submit()).rejects.toThrow(
      /propagator 1 of task 'default'.*'token' is of type number(?!.*41414)/,
    );
    captured = 'secret';
    await expect(task.submit()).rejects.toThrow(InvalidOptionError);
    captured = null;
    await expect(task.submit()).rejects.toThrow('but it was null');
    await task.close();
  });

  test('headers of others that are none: the message is dead as malformed', async () => {
    const broker = new MemoryBroker();
    const task = aioTask({ queue: 'q', broker }, fn);
    const sent = await task.with({ result: 60_000 }).submit();
    const [stored] = await broker.clear('q');
    for (const headers of ['[]', '"x"', 'null', '{"a":1}', '{"a":{}}']) {
      const id =
        sent.id.slice(0, -1) + 'abcde'.charAt(['[]', '"x"', 'null', '{"a":1}', '{"a":{}}'].indexOf(headers));
      const envelope = stored!.envelope.replace(sent.id, id).replace(/}$/, `,"headers":${headers}}`);
      await broker.add('q', [{ id, envelope }]);
    }
    const consuming = batchConsume([task], { handleSignals: false, onEvent: () => {} });
    await until(async () => (await task.listDead()).length === 5);
    expect((await task.listDead()).map(({ record }) => record.reason)).toEqual(Array(5).fill('malformed'));
    await task.close();
    await consuming;
    await broker.close();
  });
});
