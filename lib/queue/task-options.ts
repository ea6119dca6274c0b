import {
  boolean,
  check,
  checkOptions,
  integer,
  longTime,
  milliseconds,
  nonEmptyString,
  oneOf,
  plainObject,
  type Rule,
  type Rules,
} from '../options.js';
import { jsonCodec, v8Codec, type Codec } from './codec.js';
import { propagatorsRule, type ContextPropagator } from './propagation.js';
import { DEFAULT_RETRY, type RetryOptions, type RetrySettings } from './retry-policy.js';
import { ArgumentsSchema, schemaRule, type TaskSchema } from './schema.js';

/** What a queue needs to be consumed. All tasks of a queue share these. */
export interface QueueOptions {
  /** How many of its tasks run at once in this process. Default 50 (as in nb_aio_task), minimum 1. */
  maxConcurrency?: number;
  /**
   * How many messages are claimed ahead of running, at most; it takes as many as run within two round trips at the
   * measured rate. Default 1,000 (nb_aio_task's max_queue_size), minimum 0.
   */
  readAhead?: number;
  /** How long a consumer that is not heard keeps its messages, in ms. Default 30,000, minimum 100. */
  lease?: number;
  /** A message that took its consumers down this often is dead. Default 3, minimum 1. */
  maxCrashes?: number;
  /** How long messages of unknown tasks or versions are given back before they are dead, in ms. Default an hour, minimum 0. */
  unknownTaskTimeout?: number;
  /**
   * Whether `AioTaskContext.current()` works inside the tasks. Default true. On Node 20 and 22 following a context
   * (AsyncLocalStorage) slows every promise of the process; `false` is for those who need the last factor.
   */
  context?: boolean;
}

/** The options that `@AioTask` and `aioTask` share. */
export interface TaskOptions extends QueueOptions {
  /** Where the calls wait: 1 to 200 characters, without braces. */
  queue: string;
  /** Names the task within its queue. Default: the method's name; outside Nest `default`. */
  name?: string;
  /** When a failed run is repeated. */
  retry?: RetryOptions;
  /** How arguments and results travel: `json`, `v8`, or one of your own. Default `json`. */
  codec?: 'json' | 'v8' | Codec;
  /** Encoded arguments, or an encoded result, may not be larger, in bytes. Default 1,048,576 (1 MiB), minimum 1. */
  maxPayloadBytes?: number;
  /**
   * What the arguments must be, as Standard Schema (zod, valibot, arktype, ...): one schema of the whole list, or a list
   * with one for each argument. Checked at submit, where the arguments are sent as they are, and at delivery, where the
   * task gets the schema's output; a message that fails there is dead at once. May be async. Default: nothing is checked.
   */
  schema?: TaskSchema;
  /**
   * What carries the caller's context to where the task runs, as headers; restored from the first inwards. A task's own
   * list replaces one of the defaults. Default: none.
   */
  propagators?: readonly ContextPropagator[];
}

/** Task options that a module or an application sets for all its tasks. */
export type TaskDefaults = Omit<TaskOptions, 'queue' | 'name' | 'schema'>;

/** Checked, and with every gap filled. */
export interface TaskSettings {
  readonly queue: string;
  readonly name: string;
  readonly consumer: QueueSettings;
  readonly retry: RetrySettings;
  readonly codec: Codec;
  readonly maxPayloadBytes: number;
  readonly schema: ArgumentsSchema | undefined;
  readonly propagators: readonly ContextPropagator[];
}

export type QueueSettings = Readonly<Required<QueueOptions>>;

const codecRule: Rule = (value) => {
  if (value === 'json' || value === 'v8') return undefined;
  const { name, encode, decode } = (value ?? {}) as Partial<Codec>;
  const sound = typeof name === 'string' && typeof encode === 'function' && typeof decode === 'function';
  if (sound && name !== '' && name !== 'json' && name !== 'v8') return undefined;
  return "'json', 'v8', or a codec { name, encode, decode } with a name of its own";
};

/** @internal */
export const queueName: Rule = (value) =>
  typeof value === 'string' && value.length > 0 && value.length <= 200 && !/[{}]/.test(value)
    ? undefined
    : 'a string of 1 to 200 characters without braces';

/** One rule for each option that a task has. */
export const TASK_RULES: Rules<TaskOptions> = {
  queue: queueName,
  name: nonEmptyString,
  maxConcurrency: integer(1),
  readAhead: integer(0),
  lease: milliseconds(100),
  maxCrashes: integer(1),
  unknownTaskTimeout: longTime(0),
  context: boolean,
  retry: plainObject,
  codec: codecRule,
  maxPayloadBytes: integer(1),
  schema: schemaRule,
  propagators: propagatorsRule,
};

const RETRY_RULES: Rules<RetryOptions> = {
  maxAttempts: integer(1),
  backoff: oneOf('exponential', 'fixed'),
  delay: longTime(0),
  maxDelay: longTime(0),
  jitter: oneOf('full', 'none'),
};

/**
 * Checks what a user gave. `owner` starts the message; `more` are the rules of options that come with them.
 * @throws UnknownOptionError, InvalidOptionError
 */
export function checkTaskOptions<T extends TaskOptions>(
  owner: string,
  options: T,
  more?: Rules<Omit<T, keyof TaskOptions>>,
): void {
  checkOptions<TaskOptions>(owner, options, { ...TASK_RULES, ...more });
  check(owner, "option 'queue'", options.queue, queueName);
  if (options.retry) checkOptions(`${owner}, option 'retry'`, options.retry, RETRY_RULES);
}

/** @throws UnknownOptionError, InvalidOptionError */
export function checkTaskDefaults(owner: string, defaults: TaskDefaults): void {
  const { queue: _queue, name: _name, schema: _schema, ...rules } = TASK_RULES;
  checkOptions(owner, defaults, rules);
  if (defaults.retry) checkOptions(`${owner}, option 'retry'`, defaults.retry, RETRY_RULES);
}

/** Fills the gaps: the task's own options first, then `defaults`, then ours. Both must have been checked. */
export function resolveTask(options: TaskOptions, name: string, defaults: TaskDefaults = {}): TaskSettings {
  const { codec, maxPayloadBytes, propagators, ...consumer } = {
    ...OURS,
    ...given(defaults),
    ...given(options),
  };
  const { queue, schema } = options;
  const taskName = options.name ?? name;
  return {
    queue,
    name: taskName,
    consumer: {
      maxConcurrency: consumer.maxConcurrency,
      readAhead: consumer.readAhead,
      lease: consumer.lease,
      maxCrashes: consumer.maxCrashes,
      unknownTaskTimeout: consumer.unknownTaskTimeout,
      context: consumer.context,
    },
    retry: { ...DEFAULT_RETRY, ...given(defaults.retry), ...given(options.retry) },
    codec: codec === 'json' ? jsonCodec : codec === 'v8' ? v8Codec : codec,
    maxPayloadBytes,
    schema: schema === undefined ? undefined : new ArgumentsSchema(schema, taskName, queue),
    propagators,
  };
}

const OURS = {
  maxConcurrency: 50,
  readAhead: 1_000,
  lease: 30_000,
  maxCrashes: 3,
  unknownTaskTimeout: 3_600_000,
  context: true,
  codec: 'json' as NonNullable<TaskOptions['codec']>,
  maxPayloadBytes: 1_048_576,
  propagators: [] as readonly ContextPropagator[],
};

/** An option that is undefined is not given. */
function given<T extends object>(options: T | undefined): { [K in keyof T]: NonNullable<T[K]> } {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: NonNullable<T[K]> };
}
