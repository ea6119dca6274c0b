import { NbError } from '../errors.js';

/**
 * Raised by a submit to an executor that was shut down, by a `run` that still waited for room then, and when an
 * executor is made while the process exits.
 *
 * @publicApi
 */
export class ExecutorClosedError extends NbError {
  readonly code = 'NB_EXECUTOR_CLOSED';

  /** @internal */
  static of(executor: string, fn: string): ExecutorClosedError {
    return new ExecutorClosedError(
      `${executor}: shut down, and accepts no more; '${fn}' was not called. Submit before shutdown(), or to a new executor.`,
    );
  }
}

/**
 * The outcome of calls whose module could not be loaded: it does not exist, throws on import, or ends its thread
 * while it is imported. `cause` is what was thrown.
 *
 * @publicApi
 */
export class ExecutorModuleError extends NbError {
  readonly code = 'NB_EXECUTOR_MODULE';
}

/** The outcome of a call of what the module does not export as a function. @publicApi */
export class ExecutorFunctionError extends NbError {
  readonly code = 'NB_EXECUTOR_FUNCTION';
}

/**
 * An argument, a result, or a thrown value can't travel between threads: the structured clone algorithm refuses
 * it. Raised by `submit` itself for an argument. `cause` is the refusal.
 *
 * @publicApi
 */
export class ExecutorCloneError extends NbError {
  readonly code = 'NB_EXECUTOR_CLONE';
}

/**
 * The outcome of calls whose thread ended before they did: `process.exit`, out of memory, an uncaught exception.
 * `cause` is the thread's error, if it had one. The next calls get a new thread.
 *
 * @publicApi
 */
export class ExecutorThreadDiedError extends NbError {
  readonly code = 'NB_EXECUTOR_THREAD_DIED';
  /** Whether the call may have begun; if not, it can be submitted again without doing anything twice. */
  readonly started: boolean;
  /** The thread's exit code; undefined when the thread could not even start. */
  readonly exitCode: number | undefined;

  constructor(message: string, options: ErrorOptions & { started?: boolean; exitCode?: number } = {}) {
    super(message, options);
    this.started = options.started ?? true;
    this.exitCode = options.exitCode;
  }
}

/** Raised by `result(timeout)` when the call has not ended by then. It goes on, and may be asked again. @publicApi */
export class ExecutorTimeoutError extends NbError {
  readonly code = 'NB_EXECUTOR_TIMEOUT';
}
