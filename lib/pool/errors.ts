import { NbError } from '../errors.js';
import type { PoolStats } from './stats.js';

/**
 * Raised by a submit with `block: false` when no slot is free and the queue has no room.
 *
 * @publicApi
 */
export class PoolFullError extends NbError {
  readonly code = 'NB_POOL_FULL';

  static of({ name, running, maxConcurrency, waiting, maxQueueSize }: PoolStats): PoolFullError {
    return new PoolFullError(
      `${name}: full with ${running} of ${maxConcurrency} tasks running and ${waiting} of ${maxQueueSize} waiting; ` +
        `submit with block: true to wait for room, or raise maxConcurrency or maxQueueSize.`,
    );
  }
}

/**
 * Raised by a submit to a pool that was shut down, and to submitters that still waited for room then.
 *
 * @publicApi
 */
export class PoolClosedError extends NbError {
  readonly code = 'NB_POOL_CLOSED';

  static of({ name, running, waiting }: PoolStats): PoolClosedError {
    return new PoolClosedError(
      `${name}: shut down, with ${running} tasks still running and ${waiting} waiting, and accepts no more; ` +
        `submit before shutdown(), or to a new pool.`,
    );
  }
}

/**
 * The outcome of a task that a shutdown cancelled before it started, and the reason of the aborted signal of
 * one that was running.
 *
 * @publicApi
 */
export class TaskCancelledError extends NbError {
  readonly code = 'NB_TASK_CANCELLED';

  static byShutdown({ name, running, waiting }: PoolStats): TaskCancelledError {
    return new TaskCancelledError(
      `${name}: cancelled by shutdown({ wait: false }), with ${running} tasks running and ${waiting} waiting; ` +
        `use shutdown({ wait: true }) to let accepted tasks finish.`,
    );
  }
}
