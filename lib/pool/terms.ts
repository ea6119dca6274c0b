import { TaskCancelledError, TaskTimeoutError } from './errors.js';
import type { TaskTerms } from './options.js';
import { unwatchSignal, watchSignal } from './signal-watch.js';
import type { Task } from './task.js';

/**
 * What few tasks have: a priority, a time limit, a signal of the submitter's, callbacks for the end. Apart from the
 * task, so that one without them pays for one empty field.
 */
export class Terms {
  readonly priority: number;
  readonly #timeout: number | undefined;
  readonly #signal: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #ended: Promise<void> | undefined = undefined;
  #resolve: (() => void) | undefined = undefined;

  constructor({ priority = 0, timeout, signal }: TaskTerms = {}) {
    this.priority = priority;
    this.#timeout = timeout;
    this.#signal = signal;
  }

  /** From before the task is accepted, since the signal may end its waiting. */
  watch(task: Task): void {
    if (this.#signal !== undefined) watchSignal(this.#signal, task);
  }

  /** Called in the task's async context, which the timer keeps. It holds the process: the outcome has to come. */
  started(task: Task): void {
    if (this.#timeout !== undefined) this.#timer = setTimeout(expire, this.#timeout, task, this.#timeout);
  }

  /** The task's future is settled, or the task was never accepted. */
  ended(task: Task): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#signal !== undefined) unwatchSignal(this.#signal, task);
    this.#resolve?.();
  }

  /** Resolves when the future is settled. */
  whenEnded(task: Task): Promise<void> {
    this.#ended ??= new Promise((resolve) => {
      if (task.state === 'waiting' || task.state === 'running') this.#resolve = resolve;
      else resolve();
    });
    return this.#ended;
  }
}

/** @throws TaskCancelledError when the signal is aborted already. */
export function setTerms(task: Task, options: TaskTerms): void {
  const { priority, timeout, signal } = options;
  if (priority === undefined && timeout === undefined && signal === undefined) return;
  if (signal?.aborted === true) throw TaskCancelledError.bySignal(task.owner.name, signal.reason);
  task.terms = new Terms(options);
  task.terms.watch(task);
}

function expire(task: Task, timeout: number): void {
  task.endEarly('failed', TaskTimeoutError.after(task.owner.name, timeout));
}
