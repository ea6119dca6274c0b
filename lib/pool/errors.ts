import { NbError } from '../errors.js';
import type { PoolStats } from './stats.js';

/**
 * Raised by a submit with `block: false` when no slot is free and the queue has no room; and by `onRoom()` inside
 * a task when all tasks that run wait for room themselves, or for one that does, so that none can come.
 *
 * @publicApi
 */
export class PoolFullError extends NbError {
  readonly code = 'NB_POOL_FULL';

  /** @internal */
  static of(stats: PoolStats): PoolFullError {
    return new PoolFullError(
      `${full(stats)}; submit with block: true to wait for room, or raise maxConcurrency or maxQueueSize.`,
    );
  }

  /** @internal */
  static forGood(stats: PoolStats): PoolFullError {
    return new PoolFullError(
      `${full(stats)}, and all that run wait for room in onRoom(), or for one that does; submit() instead: it runs a task on its caller's slot.`,
    );
  }
}

/**
 * Raised by a submit to a pool that was shut down, and to submitters that still waited for room then. Also by
 * `onRoom()` and `pause()`.
 *
 * @publicApi
 */
export class PoolClosedError extends NbError {
  readonly code = 'NB_POOL_CLOSED';

  /** @internal */
  static of({ name, running, waiting }: PoolStats): PoolClosedError {
    return new PoolClosedError(
      `${name}: shut down, with ${running} still running and ${waiting} waiting, and accepts no more; ` +
        `submit before shutdown(), or to a new pool.`,
    );
  }
}

/**
 * The outcome of a task that was cancelled: by its future's `cancel()`, by the `signal` that it was submitted
 * with (`cause` is the reason that was given), or by a shutdown before it started. Also the reason of the aborted
 * signal of one that was running.
 *
 * @publicApi
 */
export class TaskCancelledError extends NbError {
  readonly code = 'NB_TASK_CANCELLED';

  /** @internal */
  static byShutdown({ name, running, waiting }: PoolStats): TaskCancelledError {
    return new TaskCancelledError(
      `${name}: cancelled by shutdown({ wait: false }), with ${running} running and ${waiting} waiting; ` +
        `use shutdown({ wait: true }) to let accepted tasks finish.`,
    );
  }

  /** @internal */
  static byCaller(pool: string, reason: unknown): TaskCancelledError {
    return new TaskCancelledError(
      `${pool}: cancelled by cancel() of its future${seeCause(reason)}`,
      because(reason),
    );
  }

  /** @internal */
  static bySignal(pool: string, reason: unknown): TaskCancelledError {
    return new TaskCancelledError(
      `${pool}: cancelled by the signal that it was submitted with${seeCause(reason)}`,
      because(reason),
    );
  }
}

/**
 * The outcome of a task that ran longer than its `timeout`, and the reason of its aborted signal.
 *
 * @publicApi
 */
export class TaskTimeoutError extends NbError {
  readonly code = 'NB_TASK_TIMEOUT';

  /** @internal */
  static after(pool: string, timeout: number): TaskTimeoutError {
    return new TaskTimeoutError(
      `${pool}: ran longer than its timeout of ${timeout} ms; its signal is aborted, and its slot is taken until ` +
        `it ends: let the task heed context.signal, or raise the timeout.`,
    );
  }
}

function full({ name, running, maxConcurrency, waiting, maxQueueSize }: PoolStats): string {
  return `${name}: full with ${running} of ${maxConcurrency} tasks running and ${waiting} of ${maxQueueSize} waiting`;
}

function seeCause(reason: unknown): string {
  return reason === undefined ? '.' : '; see cause.';
}

function because(reason: unknown): ErrorOptions | undefined {
  return reason === undefined ? undefined : { cause: reason };
}
