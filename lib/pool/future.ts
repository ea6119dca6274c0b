import { inspect } from 'node:util';

/**
 * Where a task is: `waiting` for a slot, `running`, or settled as `done` (it returned), `failed` (it threw, or ran
 * longer than its `timeout`) or `cancelled` (by `cancel()`, its signal, or a shutdown before it started). It
 * changes no more after that, also when a task that timed out or was cancelled ends later.
 *
 * @publicApi
 */
export type TaskState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/**
 * The handle of one submitted task; nb_aiopool's future. It is deliberately not thenable: `await submit()`
 * must give the handle once the task is accepted, not the task's value once it has ended.
 *
 * @publicApi
 */
export abstract class PoolFuture<T> {
  /** The task's state at this moment. */
  abstract readonly state: TaskState;

  /**
   * The task's value: a promise that is created by the first call, and the same one for every later call.
   * Rejects with the task's own error; with TaskTimeoutError (it ran longer than its `timeout`); with
   * TaskCancelledError (`cancel()`, the aborted `signal`, a shutdown that did not wait), which is never an
   * unhandled rejection; or with PoolClosedError (shut down before there was room for it).
   *
   * Who calls it has asked for the outcome, so a failure is delivered here and not to `onError`.
   */
  abstract result(): Promise<T>;

  /**
   * Calls back once, in a microtask after the future is settled (however that comes, also when it is settled
   * already), with the future; asyncio's `add_done_callback`. Several callbacks run in order, each in its own
   * caller's async context.
   *
   * A callback has not asked for the outcome: a failure still goes to `onError`, unless somebody calls
   * `result()`, for which a callback is in time. What a callback throws, or its promise rejects with, goes to
   * `onError` too, with `origin: 'onDone'`.
   *
   * @throws InvalidOptionError for what is not a function.
   */
  abstract onDone(callback: (future: PoolFuture<T>) => unknown): void;

  /**
   * Cancels the task; asyncio's `cancel`. A waiting one leaves its line at once and never runs. Of a running one
   * the signal is aborted, and the future is settled at once, but the slot stays taken until the task has really
   * ended (`stats().overdue` counts it): what it returns then is dropped, and what it throws then goes to
   * `onError`, with `origin: 'late'`, unless it only passes on the signal's reason.
   *
   * @param reason the `cause` of the TaskCancelledError that `result()` and the signal give.
   * @returns whether this call cancelled it: false when it has ended, or was cancelled before.
   */
  abstract cancel(reason?: unknown): boolean;

  /** For logs: the state and nothing of the pool behind it. */
  toJSON(): { state: TaskState } {
    return { state: this.state };
  }

  [inspect.custom](): string {
    return `PoolFuture { state: '${this.state}' }`;
  }
}
