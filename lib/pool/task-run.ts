import type { Slot } from './slot.js';
import type { TaskContext } from './task-context.js';

/**
 * One task's time on a slot: the context that it is given, and the link to the task that it was submitted
 * from, whichever pool that one belongs to. Apart from the task, since whatever a task opens (a socket, a
 * timer) holds on to its run, and must not hold the task's value; and all private, since users get to see it.
 */
export class TaskRun implements TaskContext {
  #slot: Slot | undefined;
  #parent: TaskRun | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #reason: Error | undefined = undefined;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  /** The slot that the task holds; undefined once it has ended. */
  get slot(): Slot | undefined {
    return this.#slot;
  }

  get parent(): TaskRun | undefined {
    return this.#parent;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** A task that looks only later finds its signal aborted already. */
  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
  }

  descendFrom(parent: TaskRun | undefined): void {
    this.#parent = nearestLive(parent);
  }

  /** Drops ended ancestors, or tasks that each submit the next one would grow a chain without end. */
  end(): void {
    this.#slot = undefined;
    if (this.#parent !== undefined) this.#parent = nearestLive(this.#parent);
  }
}

function nearestLive(run: TaskRun | undefined): TaskRun | undefined {
  let live = run;
  while (live !== undefined && live.slot === undefined) live = live.parent;
  return live;
}
