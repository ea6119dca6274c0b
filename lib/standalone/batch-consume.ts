import { InvalidOptionError } from '../errors.js';
import { abortSignal, boolean, callable, checkOptions, milliseconds, quote } from '../options.js';
import {
  describeEvent,
  TaskConflictError,
  TaskConsumer,
  type Broker,
  type OnConsumerEvent,
} from '../queue/index.js';
import { planConsumers, type ConsumerPlan } from '../queue/consumer/consumer-plan.js';
import { internalsOf, type TaskInternals } from './task-internals.js';

/** Options of `consume` and `batchConsume`. */
export interface ConsumeOptions {
  /** Ends the consumption, like `stop()`. */
  signal?: AbortSignal;
  /** How long running tasks may take to end when stopping, in ms; then their messages are given back. Default 30,000, minimum 0. */
  grace?: number;
  /** Stop on SIGINT and SIGTERM, and let go of the connections, so that the process can end. Default true. */
  handleSignals?: boolean;
  /** Hears failed and dead tasks, lost leases, and a broker that refuses calls. Default: a line each on stderr. */
  onEvent?: OnConsumerEvent;
}

const RULES = { signal: abortSignal, grace: milliseconds(0), handleSignals: boolean, onEvent: callable };
const GRACE = 30_000;

/** One consumer with what it takes to stop it. */
interface Consumption {
  readonly consumer: TaskConsumer;
  stop(): Promise<void>;
  readonly ended: Promise<void>;
}

/** What this process consumes, by broker and queue. */
const consumptions = new WeakMap<Broker, Map<string, Consumption>>();

/**
 * Consumes the queues of several tasks at once, until they are stopped, the signal aborts, or SIGINT or SIGTERM
 * arrives. Mirrors nb_aio_task's `batch_consume`.
 *
 * @throws InvalidOptionError for what `aioTask` did not make.
 * @throws TaskConflictError when tasks of one queue disagree, or a queue is consumed already in this process.
 * @throws BrokerUnreachableError, BrokerUnsupportedError
 */
export async function batchConsume(tasks: readonly object[], options: ConsumeOptions = {}): Promise<void> {
  checkOptions('batchConsume', options, RULES);
  const started: Consumption[] = [];
  try {
    for (const [broker, group] of byBroker(tasks)) {
      for (const plan of planConsumers(group.map(described))) {
        const consumption = begin(broker, plan, options);
        started.push(consumption);
        await consumption.consumer.start();
      }
    }
    await untilStopped(started, tasks, options);
  } finally {
    await Promise.all(started.map((each) => each.stop()));
  }
}

/** @internal Stops the queue of `task`, if it is consumed. */
export async function stopConsuming(task: object): Promise<void> {
  const internals = internalsOf.get(task);
  if (!internals) return;
  await consumptions.get(internals.broker())?.get(internals.settings.queue)?.stop();
}

function begin(broker: Broker, plan: ConsumerPlan, options: ConsumeOptions): Consumption {
  const ofBroker = consumptions.get(broker) ?? new Map<string, Consumption>();
  consumptions.set(broker, ofBroker);
  if (ofBroker.has(plan.queue)) {
    throw new TaskConflictError(
      `Queue '${plan.queue}' is consumed already in this process: give all its tasks to one batchConsume([...]).`,
    );
  }
  const onEvent = options.onEvent ?? ((event) => console.error(describeEvent(event)));
  const consumer = new TaskConsumer(plan.queue, broker, plan.settings, plan.tasks, onEvent);
  let onEnded = (): void => {};
  const ended = new Promise<void>((resolve) => (onEnded = resolve));
  let stopping: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await consumer.stop(options.grace ?? GRACE);
    ofBroker.delete(plan.queue);
    onEnded();
  };
  const consumption: Consumption = { consumer, ended, stop: () => (stopping ??= end()) };
  ofBroker.set(plan.queue, consumption);
  return consumption;
}

async function untilStopped(
  started: readonly Consumption[],
  tasks: readonly object[],
  options: ConsumeOptions,
): Promise<void> {
  const stopAll = (): void => {
    for (const each of started) void each.stop();
  };
  let signalled = false;
  const onSignal = (): void => {
    signalled = true;
    stopAll();
  };
  // A memory broker has no socket that would keep the process alive.
  const alive = setInterval(() => {}, 2 ** 30);
  const { signal } = options;
  if (signal?.aborted) stopAll();
  signal?.addEventListener('abort', stopAll, { once: true });
  if (options.handleSignals !== false) for (const name of SIGNALS) process.once(name, onSignal);
  try {
    await Promise.all(started.map((each) => each.ended));
  } finally {
    clearInterval(alive);
    signal?.removeEventListener('abort', stopAll);
    for (const name of SIGNALS) process.off(name, onSignal);
  }
  if (signalled) for (const task of tasks) await internalsOf.get(task)?.close();
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function byBroker(tasks: readonly object[]): Map<Broker, TaskInternals[]> {
  const groups = new Map<Broker, TaskInternals[]>();
  for (const task of tasks) {
    const internals = internalsOf.get(task);
    if (!internals)
      throw new InvalidOptionError(`batchConsume: ${quote(task)} is no task: make it with aioTask(...).`);
    const broker = internals.broker();
    groups.set(broker, [...(groups.get(broker) ?? []), internals]);
  }
  return groups;
}

function described(task: TaskInternals): TaskInternals & { description: string } {
  const { queue, name } = task.settings;
  return { ...task, description: `aioTask '${name}' on '${queue}'` };
}
