import { setImmediate } from 'node:timers';
import type { PoolFuture } from './future.js';
import type { PoolErrorInfo } from './options.js';

/** A failed task, as far as reporting it goes. */
export interface FailedTask extends PoolFuture<unknown> {
  readonly asked: boolean;
  readonly error: unknown;
}

/** Brings the failures that nobody asked about to `onError`, each of them once. */
export class Failures {
  readonly #pool: string;
  readonly #onError: (error: unknown, info: PoolErrorInfo) => unknown;

  constructor(pool: string, onError: ((error: unknown, info: PoolErrorInfo) => unknown) | undefined) {
    this.#pool = pool;
    this.#onError = onError ?? warnOfFailure;
  }

  /**
   * Reports unless somebody asks within this turn of the event loop. A task can fail before its submitter
   * even sees the future; one that writes `await (await pool.submit(fn)).result()` needs only microtasks.
   * Called in the async context that the task was submitted in, which the timer keeps for `onError`.
   */
  reportLater(task: FailedTask): void {
    setImmediate(() => {
      if (!task.asked) this.report(task);
    });
  }

  report(task: FailedTask): void {
    this.#tell(task.error, { pool: this.#pool, future: task });
  }

  /** An error beside the task's outcome. */
  reportOther(origin: 'late' | 'onDone', error: unknown, future: PoolFuture<unknown>): void {
    this.#tell(error, { pool: this.#pool, future, origin });
  }

  /** `onError` is the user's: neither its throwing nor its promise may reach the pool. */
  #tell(error: unknown, info: PoolErrorInfo): void {
    void new Promise((resolve) => resolve(this.#onError(error, info))).catch((failure: unknown) =>
      warn(`onError of ${this.#pool} failed itself`, 'NB_ON_ERROR_FAILED', failure),
    );
  }
}

/** Whether a task whose signal was aborted threw what says no more than that, as fetch() and Node's timers do. */
export function echoes(error: unknown, reason: unknown): boolean {
  if (error === reason) return true;
  if (typeof error !== 'object' || error === null) return false;
  try {
    const { name, cause } = error as { name?: unknown; cause?: unknown };
    return name === 'AbortError' || cause === reason;
  } catch {
    return false;
  }
}

const WARNINGS = {
  task: 'failed; ask for its result() or set onError',
  late: 'failed after its future was settled; set onError to see such errors',
  onDone: 'has a callback in onDone() that failed; set onError to see such errors',
} as const;

function warnOfFailure(error: unknown, { pool, origin }: PoolErrorInfo): void {
  warn(`a task of ${pool} ${WARNINGS[origin ?? 'task']}`, 'NB_UNASKED_FAILURE', error);
}

/** A process warning reaches stderr, and `process.on('warning')`, but ends no process. */
export function warn(message: string, code: string, error: unknown): void {
  process.emitWarning(message, { type: 'NbAioPoolWarning', code, detail: describe(error) });
}

/** Anything can be thrown, also what cannot be turned into a string. */
function describe(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return 'a value that cannot be shown';
  }
}
