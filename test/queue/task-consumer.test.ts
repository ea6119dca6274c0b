import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MemoryBroker } from '../../lib/broker/memory/index.js';
import {
  AioTaskContext,
  ConsumerStoppedError,
  describeEvent,
  resolveTask,
  TaskConsumer,
  TaskHandle,
  TaskQueue,
  type ConsumerEvent,
  type RunnableTask,
  type TaskOptions,
} from '../../lib/queue/index.js';
import { Ledger } from '../../lib/queue/consumer/ledger.js';
import { newMessageId } from '../../lib/queue/message-id.js';
import { deferred, until } from '../signals.js';

let broker: MemoryBroker;
let events: ConsumerEvent[];
const consumers: TaskConsumer[] = [];

beforeEach(() => {
  broker = new MemoryBroker();
  events = [];
});

afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop(1_000)));
  await broker.close();
});

type Run = (...args: never[]) => unknown;

function task(run: Run, options: Partial<TaskOptions> = {}): RunnableTask {
  return { settings: resolveTask({ queue: 'q', ...options }, 'work'), run: (args) => run(...args) };
}

function handleOf<A extends unknown[], R>({ settings }: RunnableTask): TaskHandle<A, R> {
  return new TaskHandle<A, R>(TaskQueue.of(broker, 'q'), settings);
}

async function consume(...tasks: RunnableTask[]): Promise<TaskConsumer> {
  const byName = new Map(tasks.map((each) => [each.settings.name, each]));
  const [first] = tasks;
  if (!first) throw new Error('no task');
  const consumer = new TaskConsumer('q', broker, first.settings.consumer, byName, (event) =>
    events.push(event),
  );
  consumers.push(consumer);
  await consumer.start();
  return consumer;
}

const addRaw = async (envelope: (id: string) => unknown): Promise<string> => {
  const id = newMessageId();
  const written = envelope(id);
  await broker.open();
  await broker.add('q', [{ id, envelope: typeof written === 'string' ? written : JSON.stringify(written) }]);
  return id;
};

const dead = () => broker.listDead('q', 0, 100);
const counts = () => broker.counts('q');

describe('running', () => {
  test('each message once, with its arguments, never more than maxConcurrency at a time', async () => {
    let running = 0;
    let most = 0;
    const seen: number[] = [];
    const work = task(
      async (n: number) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        seen.push(n);
      },
      { maxConcurrency: 7 },
    );
    const handle = handleOf<[number], void>(work);
    await handle.submitMany(Array.from({ length: 2_000 }, (_, n) => [n]));
    await consume(work);
    await until(() => seen.length === 2_000);
    expect(new Set(seen).size).toBe(2_000);
    expect(most).toBe(7);
    await until(async () => (await counts()).onLoan === 0);
    expect(await counts()).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
  });

  test('in order at maxConcurrency 1', async () => {
    const seen: number[] = [];
    const work = task((n: number) => seen.push(n), { maxConcurrency: 1 });
    await handleOf<[number], void>(work).submitMany(Array.from({ length: 300 }, (_, n) => [n]));
    await consume(work);
    await until(() => seen.length === 300);
    expect(seen).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });

  test('claims no more than free slots while tasks are slow', async () => {
    const gate = deferred();
    const work = task(() => gate.promise, { maxConcurrency: 3 });
    await handleOf<[number], void>(work).submitMany(Array.from({ length: 50 }, (_, n) => [n]));
    const consumer = await consume(work);
    await until(() => consumer.stats().running === 3);
    expect(consumer.stats()).toEqual({ running: 3, waiting: 0, maxConcurrency: 3, paused: false });
    expect(await counts()).toMatchObject({ ready: 47, onLoan: 3 });
    gate.resolve();
    await until(async () => (await counts()).ready === 0);
  });

  test('a task that submits to its own queue', async () => {
    const seen: number[] = [];
    const work = task(async (n: number) => {
      seen.push(n);
      if (n > 0) await handle.submit(n - 1);
    });
    const handle = handleOf<[number], void>(work);
    await consume(work);
    await handle.submit(5);
    await until(() => seen.length === 6);
    expect(seen).toEqual([5, 4, 3, 2, 1, 0]);
  });

  test('several tasks of one queue, by their names', async () => {
    const seen: string[] = [];
    const one = task(() => seen.push('one'), { name: 'one' });
    const two = task(() => seen.push('two'), { name: 'two' });
    await consume(one, two);
    await Promise.all([handleOf(one).submit(), handleOf(two).submit()]);
    await until(() => seen.length === 2);
    expect(seen.toSorted()).toEqual(['one', 'two']);
  });

  test('the context gives id, attempt and signal, across awaits, and nothing outside', async () => {
    const inside = deferred<unknown>();
    const work = task(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      const context = AioTaskContext.current();
      inside.resolve({ id: context?.id, attempt: context?.attempt, aborted: context?.signal.aborted });
    });
    await consume(work);
    const { id } = await handleOf(work).submit();
    expect(await inside.promise).toEqual({ id, attempt: 1, aborted: false });
    expect(AioTaskContext.current()).toBeUndefined();
  });
});

test('context: false runs tasks without a context', async () => {
  const inside = deferred<unknown>();
  const work = task(async () => inside.resolve(AioTaskContext.current()), { context: false });
  await consume(work);
  await handleOf(work).submit();
  expect(await inside.promise).toBeUndefined();
});

describe('failing', () => {
  const retry = { maxAttempts: 3, delay: 1, jitter: 'none' as const };

  test('runs again with backoff, then lies among the dead with reason and error', async () => {
    const attempts: (number | undefined)[] = [];
    const work = task(
      () => {
        attempts.push(AioTaskContext.current()?.attempt);
        throw new RangeError('out of reach');
      },
      { retry },
    );
    await consume(work);
    const { id } = await handleOf(work).submit();
    await until(async () => (await counts()).dead === 1);
    expect(attempts).toEqual([1, 2, 3]);
    const [message] = await dead();
    expect(message).toMatchObject({
      id,
      record: { reason: 'failed', attempts: 3, error: { name: 'RangeError', message: 'out of reach' } },
    });
    expect(message?.record.error?.stack).toContain('task-consumer.test');
    expect(events.map((event) => event.type)).toEqual(['task-failed', 'task-failed', 'task-dead']);
    expect(events.map(describeEvent).join('\n')).toMatch(
      /message \w{22} is dead \(failed\): RangeError: out of reach/,
    );
  });

  test('succeeds in a later run', async () => {
    let runs = 0;
    const work = task(
      () => {
        if (++runs < 3) throw new Error('not yet');
        return 'value';
      },
      { retry },
    );
    await consume(work);
    expect(await handleOf<[], string>(work).run()).toBe('value');
    expect(runs).toBe(3);
    expect(await dead()).toEqual([]);
  });

  test('a value that throws when looked at is a failure, and the slot goes on', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const seen: number[] = [];
    const options = { maxConcurrency: 1, retry: { maxAttempts: 1 } };
    const work = task((n: number) => (seen.push(n) === 1 ? proxy : n), options);
    await consume(work);
    await handleOf<[number], void>(work).submitMany([[1], [2]]);
    await until(() => seen.length === 2);
    await until(async () => (await counts()).dead === 1);
    expect(events.map((event) => event.type)).toEqual(['task-dead']);
  });

  test.each([
    ['a string', 'oops', { name: 'string', message: 'oops' }],
    ['undefined', undefined, { name: 'undefined', message: 'undefined' }],
    ['an object without prototype', Object.create(null) as unknown, { name: 'object' }],
  ])('%s thrown is an error like any other', async (_, thrown, error) => {
    const work = task(() => Promise.reject(thrown), { retry: { maxAttempts: 1 } });
    await consume(work);
    await handleOf(work).submit();
    await until(async () => (await counts()).dead === 1);
    expect((await dead())[0]?.record).toMatchObject({ reason: 'failed', error });
  });
});

describe('what is not ours', () => {
  const good = (seen: number[]) => task((n: number) => seen.push(n));

  test.each<[string, (id: string) => unknown]>([
    ['no JSON', () => '{"v":1,"args":[3'],
    ['half of two', () => '4]}'],
    ['a JSON string', () => '"x"'],
    ['null', () => 'null'],
    ['another id', () => ({ v: 1, id: newMessageId(), task: 'work', args: [] })],
    ['no task', (id) => ({ v: 1, id, args: [] })],
    ['a task that is no string', (id) => ({ v: 1, id, task: { toString: 1 }, args: [] })],
    ['no version', (id) => ({ id, task: 'work', args: [] })],
    ['arguments that are no list', (id) => ({ v: 1, id, task: 'work', args: { length: 2 } })],
    ['no arguments', (id) => ({ v: 1, id, task: 'work' })],
    ['a result that is no time', (id) => ({ v: 1, id, task: 'work', args: [], result: 'x' })],
  ])('%s: dead as malformed, and its neighbours run', async (_, envelope) => {
    const seen: number[] = [];
    const work = good(seen);
    const handle = handleOf<[number], void>(work);
    await handle.submit(1);
    const id = await addRaw(envelope);
    await handle.submit(2);
    await consume(work);
    await until(() => seen.length === 2);
    await until(async () => (await counts()).dead === 1);
    expect((await dead())[0]).toMatchObject({ id, record: { reason: 'malformed' } });
    expect(events.map(describeEvent)).toEqual([expect.stringMatching(/is dead \(malformed\): Error: the /)]);
  });

  test('__proto__ as a task or a key is nothing special', async () => {
    const seen: number[] = [];
    const work = good(seen);
    await addRaw((id) => `{"v":1,"id":"${id}","task":"__proto__","args":[]}`);
    await addRaw((id) => `{"__proto__":{"task":"work"},"v":1,"id":"${id}","args":[]}`);
    await consume(work);
    await handleOf<[number], void>(work).submit(1);
    await until(async () => (await counts()).delayed === 1 && (await counts()).dead === 1);
    await until(() => seen.length === 1);
    expect(events.map((event) => event.type).toSorted()).toEqual(['task-dead', 'task-unknown']);
  });

  test.each<[string, (id: string) => unknown]>([
    ['an unknown task', (id) => ({ v: 1, id, task: 'newer', args: [] })],
    ['a newer version', (id) => ({ v: 2, id, task: 'work', args: [] })],
    ['another codec', (id) => ({ v: 1, id, task: 'work', codec: 'v8', data: '' })],
  ])('%s is given back with a delay, said once', async (_, envelope) => {
    await addRaw(envelope);
    await addRaw(envelope);
    await consume(good([]));
    await until(async () => (await counts()).delayed === 2);
    expect(events.map((event) => event.type)).toEqual(['task-unknown']);
    expect(await dead()).toEqual([]);
  });

  test('and is dead when it stays unknown for too long', async () => {
    await addRaw((id) => ({ v: 1, id, task: 'newer', args: [] }));
    await consume(task(() => 1, { unknownTaskTimeout: 0 }));
    await until(async () => (await counts()).dead === 1);
    expect((await dead())[0]?.record.reason).toBe('unknown-task');
  });
});

describe('stopping', () => {
  test('waits for what runs, gives back what does not', async () => {
    const gate = deferred();
    const work = task(() => gate.promise, { maxConcurrency: 2 });
    await handleOf<[number], void>(work).submitMany(Array.from({ length: 5 }, (_, n) => [n]));
    const consumer = await consume(work);
    await until(() => consumer.stats().running === 2);
    const stopped = consumer.stop(10_000);
    await until(async () => (await counts()).ready === 3);
    gate.resolve();
    await stopped;
    expect(await counts()).toEqual({ ready: 3, delayed: 0, onLoan: 0, dead: 0 });
  });

  test('past the grace period: aborts the signal, gives the message back, drops the outcome', async () => {
    const gate = deferred();
    const signals: AbortSignal[] = [];
    const work = task(() => {
      signals.push((AioTaskContext.current() as { signal: AbortSignal }).signal);
      return gate.promise;
    });
    const { id } = await handleOf(work).submit();
    const consumer = await consume(work);
    await until(() => signals.length === 1);
    await consumer.stop(10);
    expect(signals[0]?.reason).toBeInstanceOf(ConsumerStoppedError);
    expect(await counts()).toMatchObject({ ready: 1, onLoan: 0 });
    expect(events).toMatchObject([{ type: 'stop-overdue', running: 1 }]);
    gate.resolve();
    expect((await broker.clear('q')).map((each) => each.id)).toEqual([id]);
  });

  test('while it starts: then it never does', async () => {
    const seen: number[] = [];
    const work = task((n: number) => seen.push(n));
    const tasks = new Map([['work', work]]);
    const consumer = new TaskConsumer('q', broker, work.settings.consumer, tasks, (event) =>
      events.push(event),
    );
    const starting = consumer.start();
    await consumer.stop(1_000);
    await starting;
    await handleOf<[number], void>(work).submit(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
    expect(await counts()).toMatchObject({ ready: 1, onLoan: 0 });
  });

  test('gives back more than one call can carry, in order', async () => {
    const ledger = new Ledger();
    const ids = Array.from({ length: 2_500 }, (_, i) => `id-${i}`);
    for (const id of ids) ledger.addReleased(id);
    const queue: string[] = [];
    while (!ledger.isEmpty) queue.unshift(...ledger.take().released);
    expect(queue).toEqual(ids);
  });

  test('twice, and before anything ran', async () => {
    const consumer = await consume(task(() => 1));
    await Promise.all([consumer.stop(1_000), consumer.stop(1_000)]);
    await consumer.stop(1_000);
    expect(consumer.stats()).toMatchObject({ running: 0, waiting: 0 });
  });
});
