/** What a task of `amap`, `runOnEach`, `runAll` and `runAny` is given besides its item. @publicApi */
export interface FlowContext {
  /**
   * Aborted when the call ends before the task does: with a TaskCancelledError (the loop was left, another task
   * failed, another one won `runAny`), or with the reason of the call's own `signal`. It is created when the
   * task first looks at it: a controller for each task would cost more than everything else here together.
   */
  readonly signal: AbortSignal;
}

/** Takes an item and a context, and returns a value, a promise or any other thenable. @publicApi */
export type FlowFunction<T, R> = (item: T, context: FlowContext) => R | PromiseLike<R>;

/** What `runAll` and `runAny` run: a function of the context alone. @publicApi */
export type FlowTask<R> = (context: FlowContext) => R | PromiseLike<R>;

/** The context of one task; all private, since users get to see it. */
export class TaskSignal implements FlowContext {
  #controller: AbortController | undefined = undefined;
  #aborted = false;
  #reason: unknown = undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** A task that looks only later finds its signal aborted already. The first reason counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
