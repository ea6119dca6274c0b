import { check, callable } from '../options.js';
import {
  checkRedisOnly,
  checkTaskOptions,
  resolveTask,
  TaskHandle,
  TaskQueue,
  type ArgumentsIn,
  type ArgumentsOut,
  type CallOptions,
  type DeadMessage,
  type SentMessage,
  type TaskOptions,
  type TaskSchema,
} from '../queue/index.js';
import { checkSource } from '../broker/redis/index.js';
import { BROKER_RULES, useBroker, type BrokerOptions, type BrokerUse } from './broker-registry.js';
import { internalsOf } from './task-internals.js';
import { batchConsume, stopConsuming, type ConsumeOptions } from './batch-consume.js';

/** Options of `aioTask`. */
export interface AioTaskOptions extends TaskOptions, BrokerOptions {}

/**
 * A function that is a task: called, it runs here; submitted, it runs in a consumer. Mirrors nb_aio_task's `aio_task`.
 * `A` is what callers submit, `F` what the function takes: they differ where a schema changes types.
 */
export interface AioTask<A extends readonly unknown[], R, F extends readonly unknown[] = A> {
  /** Runs the function directly; nothing is queued, and nothing checked. */
  (...args: F): Promise<R>;
  /** Stores one call. @throws as `TaskHandle.submit` */
  submit(...args: A): Promise<SentMessage<R>>;
  /** Stores many calls, given as a list of argument lists. @throws as `TaskHandle.submitMany` */
  submitMany(calls: Iterable<A>): Promise<SentMessage<R>[]>;
  /** Stores one call and waits for its value, from whichever process runs it. @throws as `TaskHandle.run` */
  run(...args: A): Promise<R>;
  /** The same task with other options for each call. */
  with<O extends CallOptions>(options: O): TaskHandle<A, R, O extends { result: number } ? true : false>;
  /** The kept result of a message that this or another process submitted. @throws as `SentMessage.result` */
  result(id: string, timeout?: number): Promise<R>;
  /** Runs calls from the queue until `stop`, the signal, or SIGINT or SIGTERM. @throws TaskConflictError, BrokerUnreachableError */
  consume(options?: ConsumeOptions): Promise<void>;
  /** Stops consuming: running tasks end, the rest is given back. `consume` resolves then. */
  stop(): Promise<void>;
  /** How many calls wait: ready and delayed, not on loan. */
  getQueueSize(): Promise<number>;
  /** Removes what waits, never what is on loan. Answers how many. */
  clearQueue(): Promise<number>;
  /** The dead, oldest first, with reason and error. @param offset how many to skip. @param limit at most; default 100, up to 1,000 */
  listDead(offset?: number, limit?: number): Promise<readonly DeadMessage[]>;
  /** Stops consuming and lets go of the connections, unless other tasks use them. A later call opens them again. */
  close(): Promise<void>;
}

/** A schema whose types are known is not taken: then the types of the function must be those of the schema. */
type UntypedSchema<S> = TaskSchema extends S ? S : never;

/**
 * Makes a task of an async function, without Nest.
 *
 * @example
 * const add = aioTask({ queue: 'my_queue1', maxConcurrency: 100 }, async (x: number, y: number) => x + y);
 * await add.submit(1, 2);
 * await batchConsume([add]);
 *
 * @throws UnknownOptionError, InvalidOptionError
 */
export function aioTask<A extends readonly unknown[], R, S = TaskSchema>(
  options: AioTaskOptions & { schema?: UntypedSchema<S> },
  fn: (...args: A) => Promise<R>,
): AioTask<A, R>;
/** With a schema: callers submit its input, and the function takes its output. */
export function aioTask<const S extends TaskSchema, R>(
  options: AioTaskOptions & { schema: S },
  fn: (...args: ArgumentsOut<S>) => Promise<R>,
): AioTask<ArgumentsIn<S>, R, ArgumentsOut<S>>;
export function aioTask<A extends readonly unknown[], R>(
  options: AioTaskOptions,
  fn: (...args: A) => Promise<R>,
): AioTask<A, R> {
  checkTaskOptions('aioTask', options, BROKER_RULES);
  checkRedisOnly('aioTask', options);
  const { broker, redis, prefix, ...taskOptions } = options;
  if (redis !== undefined) checkSource(redis);
  check('aioTask', 'the second argument', fn, callable);
  const settings = resolveTask(taskOptions, 'default');

  let use: BrokerUse | undefined;
  let handle: TaskHandle<A, R> | undefined;
  const brokerInUse = (): BrokerUse['broker'] => (use ??= useBroker({ broker, redis, prefix })).broker;
  const opened = (): TaskHandle<A, R> =>
    (handle ??= new TaskHandle<A, R>(TaskQueue.of(brokerInUse(), settings.queue), settings));
  const close = async (): Promise<void> => {
    const last = use;
    use = handle = undefined;
    await last?.release();
  };

  const task: AioTask<A, R> = Object.assign((...args: A) => fn(...args), {
    submit: (...args: A) => opened().submit(...args),
    submitMany: (calls: Iterable<A>) => opened().submitMany(calls),
    run: (...args: A) => opened().run(...args),
    with: <O extends CallOptions>(callOptions: O) => opened().with(callOptions),
    result: (id: string, timeout?: number) => opened().result(id, timeout),
    getQueueSize: () => opened().getQueueSize(),
    clearQueue: () => opened().clearQueue(),
    listDead: (offset?: number, limit?: number) => opened().listDead(offset, limit),
    consume: (consumeOptions?: ConsumeOptions) => batchConsume([task], consumeOptions),
    stop: () => stopConsuming(task),
    close: async () => {
      await stopConsuming(task);
      await close();
    },
  });
  const run = (args: readonly never[]): unknown => fn(...(args as unknown as A));
  internalsOf.set(task, { settings, run, broker: brokerInUse, close });
  return task;
}
