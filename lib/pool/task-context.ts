/** What the pool gives to a task as its only argument. @publicApi */
export interface TaskContext {
  /**
   * Aborted by `shutdown({ wait: false })`, by `cancel()` of the task's future and by the `signal` that it was
   * submitted with (its reason is a TaskCancelledError, with the one given as `cause`), and by its `timeout`
   * (TaskTimeoutError). It is created when the task first looks at it: a controller for each task would cost more
   * than the rest of the pool together.
   */
  readonly signal: AbortSignal;
}

/** A task: takes its context, and returns a value, a promise or any other thenable. @publicApi */
export type TaskFunction<T> = (context: TaskContext) => T | PromiseLike<T>;
