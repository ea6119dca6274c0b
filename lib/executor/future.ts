import { inspect } from 'node:util';

/** Where a call is: `waiting` for a slot, `running`, or ended as `done` (it returned) or `failed`. @publicApi */
export type CallState = 'waiting' | 'running' | 'done' | 'failed';

/**
 * The handle of one submitted call; Python's `concurrent.futures.Future`. Deliberately not thenable: its
 * `result()` blocks. Where nothing may block, use `AsyncPoolExecutor.run`.
 *
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a future is of a type, as a promise is
export abstract class ExecutorFuture<T> {
  /** The call's state, as far as this thread has heard of it. */
  abstract readonly state: CallState;

  /**
   * The call's value. Blocks this thread until it is there, at most `timeout` ms from now; without a timeout for
   * as long as it takes. Minimum 0, which looks without waiting. May be called again.
   *
   * Who calls it has asked for the outcome, so a failure is thrown here and does not go to `onError`.
   *
   * @throws the function's own error, rebuilt in this thread: see docs/executor.md.
   * @throws ExecutorTimeoutError, ExecutorModuleError, ExecutorFunctionError, ExecutorCloneError (of the result),
   *   ExecutorThreadDiedError.
   * @throws InvalidOptionError for a timeout that is not allowed.
   */
  abstract result(timeout?: number): T;

  /** For logs: the state and nothing of the executor behind it. */
  toJSON(): { state: CallState } {
    return { state: this.state };
  }

  [inspect.custom](): string {
    return `ExecutorFuture { state: '${this.state}' }`;
  }
}
