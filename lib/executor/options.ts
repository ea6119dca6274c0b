import { InvalidOptionError } from '../errors.js';
import { boolean, callable, checkOptions, integer, nonEmptyString, type Rules } from '../options.js';
import type { ExecutorFuture } from './future.js';

/** What `onError` is told besides the error. @publicApi */
export interface ExecutorErrorInfo {
  /** The executor's name. */
  readonly executor: string;
  /** The failed function's name; undefined when a thread died and no call was affected. */
  readonly function: string | undefined;
  /** The failed call's future; undefined for a call of `run`, and when no call was affected. */
  readonly future: ExecutorFuture<unknown> | undefined;
}

/** @publicApi */
export interface ExecutorOptions {
  /** Appears in messages and in `stats()`. Default `'AsyncPoolExecutor'`; not empty. */
  name?: string;
  /**
   * Calls that run at the same time, at most, in all threads together; async_pool_executor's `size`. The threads
   * share them out evenly. Default 100, minimum 1 and at least `threads`. For work that keeps a CPU busy give as
   * many as there are threads: then each thread takes one call at a time.
   */
  size?: number;
  /**
   * Accepted calls that wait for a slot, at most. `submit` blocks its thread beyond it, `run` waits for room.
   * Default 1,000, minimum 0.
   */
  maxQueueSize?: number;
  /**
   * Threads that the calls are spread over, each with an event loop and an instance of the module.
   * Default 1, minimum 1, maximum 1,024.
   */
  threads?: number;
  /**
   * Called once for each failure that nobody has asked about, and when a thread died without a call in it; see
   * docs/executor.md for the moment. What it throws becomes a process warning. Default: the failure becomes a
   * process warning with its stack; at process exit, when warnings come too late, a text on stderr.
   */
  onError?: (error: unknown, info: ExecutorErrorInfo) => void;
}

/** @publicApi */
export interface ExecutorShutdownOptions {
  /**
   * Whether to block the thread until every accepted call has ended. With `false` they end in the background, at
   * the latest while the process exits. Default true, as Python's `Executor.shutdown`.
   */
  wait?: boolean;
}

export type Resolved = Required<Omit<ExecutorOptions, 'onError'>> & Pick<ExecutorOptions, 'onError'>;

const rules: Rules<ExecutorOptions> = {
  name: nonEmptyString,
  size: integer(1),
  maxQueueSize: integer(0),
  // More would be a mistake: each thread costs megabytes, and is one more to run on the same cores.
  threads: integer(1, 1024),
  onError: callable,
};

export const shutdownRules: Rules<ExecutorShutdownOptions> = { wait: boolean };

/** Checks the options and fills in the defaults. @throws UnknownOptionError, InvalidOptionError */
export function resolveOptions(options: ExecutorOptions): Resolved {
  checkOptions('AsyncPoolExecutor', options, rules);
  const { name = 'AsyncPoolExecutor', size = 100, maxQueueSize = 1000, threads = 1, onError } = options;
  if (size < threads) {
    throw new InvalidOptionError(
      `AsyncPoolExecutor: option 'size' must be at least the number of threads, but was ${size} with ${threads} ` +
        `threads; size counts the running calls of all threads together.`,
    );
  }
  return { name, size, maxQueueSize, threads, onError };
}
