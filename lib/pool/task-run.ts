import type { Slot } from './slot.js';
import type { TaskContext } from './task-context.js';
import type { Task } from './task.js';
import { Waits } from './waits.js';

/**
 * One task's time on a slot: the context that it is given, and the link to the task that it was submitted
 * from, whichever pool that one belongs to. Apart from the task, since whatever a task opens (a socket, a
 * timer) holds on to its run, and must not hold the task's value; and all private, since users get to see it.
 */
export class TaskRun implements TaskContext {
  #slot: Slot | undefined;
  #parent: TaskRun | undefined = undefined;
  #children = 0;
  #youngest: TaskRun | undefined = undefined;
  #waits: Waits | undefined = undefined;
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

  /** This run, or the nearest that it descends from, that has not ended. */
  get live(): TaskRun | undefined {
    // oxlint-disable-next-line typescript/no-this-alias
    let live: TaskRun | undefined = this;
    while (live !== undefined && live.#slot === undefined) live = live.#parent;
    return live;
  }

  /** Runs whose nearest live ancestor this is. */
  get children(): number {
    return this.#children;
  }

  /** What this run is known to wait for, its children apart. */
  get waits(): Waits | undefined {
    return this.#waits;
  }

  /** Nothing is known that it could wait for, or its youngest child, the most likely to be running, is so. */
  get goesOn(): boolean {
    if (this.#isBlocked) return false;
    if (this.#children === 0) return true;
    const child = this.#youngest;
    return child !== undefined && child.#slot !== undefined && child.#children === 0 && !child.#isBlocked;
  }

  get #isBlocked(): boolean {
    return this.#waits !== undefined && !this.#waits.isEmpty;
  }

  openWaits(): Waits {
    return (this.#waits ??= new Waits(this));
  }

  /** It waits for a task that is on a slot. That it does so for a child needs no note. */
  waitFor(task: Task): void {
    const { run } = task;
    if (run === undefined || run === this || run.#parent?.live === this) return;
    this.openWaits().addTask(task);
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
    if (parent === undefined) return;
    this.#parent = parent.live;
    if (this.#parent === undefined) return;
    this.#parent.#children++;
    this.#parent.#youngest = this;
  }

  /** Drops ended ancestors, or tasks that each submit the next one would grow a chain without end. */
  end(): void {
    this.#slot = this.#youngest = undefined;
    if (this.#parent === undefined) return;
    this.#parent = this.#parent.live;
    if (this.#parent !== undefined) this.#parent.#children += this.#children - 1;
  }
}
