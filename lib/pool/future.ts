import { inspect } from 'node:util';

/**
 * Where a task is: `waiting` for a slot, `running`, or ended as `done` (it returned), `failed` (it threw)
 * or `cancelled` (it never started).
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
   * Rejects with the task's own error, with TaskCancelledError (a shutdown that did not wait), or with
   * PoolClosedError (shut down before there was room for it).
   *
   * Who calls it has asked for the outcome, so a failure is delivered here and not to `onError`.
   */
  abstract result(): Promise<T>;

  /** For logs: the state and nothing of the pool behind it. */
  toJSON(): { state: TaskState } {
    return { state: this.state };
  }

  [inspect.custom](): string {
    return `PoolFuture { state: '${this.state}' }`;
  }
}
