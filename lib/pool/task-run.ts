import { NbError } from '../errors.js';
import type { Slot } from './slot.js';
import type { TaskContext } from './task-context.js';
import type { Task } from './task.js';
import { Waits } from './waits.js';

/** How a run stands to others. Apart from the run, since few stand to any. */
class Kin {
  parent: TaskRun | undefined = undefined;
  children = 0;
  youngest: TaskRun | undefined = undefined;
  waits: Waits | undefined = undefined;

  get isBlocked(): boolean {
    return this.waits !== undefined && !this.waits.isEmpty;
  }
}

/**
 * One task's time on a slot: the context that it is given, and the link to the task that it was submitted
 * from, whichever pool that one belongs to. Apart from the task, since whatever a task opens (a socket, a
 * timer) holds on to its run, and must not hold the task's value; and all private, since users get to see it.
 */
export class TaskRun implements TaskContext {
  #slot: Slot | undefined;
  #kin: Kin | undefined = undefined;
  /**
   * The reason, when it is aborted and nobody has looked at the signal. Told apart by a class of our own: the global
   * AbortController may be replaced meanwhile, by fake timers or an instrumentation.
   */
  #abort: AbortController | NbError | undefined = undefined;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  /** The slot that the task holds; undefined once it has ended. */
  get slot(): Slot | undefined {
    return this.#slot;
  }

  get parent(): TaskRun | undefined {
    return this.#kin?.parent;
  }

  /** This run, or the nearest that it descends from, that has not ended. */
  get live(): TaskRun | undefined {
    // oxlint-disable-next-line typescript/no-this-alias
    let live: TaskRun | undefined = this;
    while (live !== undefined && live.#slot === undefined) live = live.parent;
    return live;
  }

  /** Runs whose nearest live ancestor this is. */
  get children(): number {
    return this.#kin?.children ?? 0;
  }

  /** What this run is known to wait for, its children apart. */
  get waits(): Waits | undefined {
    return this.#kin?.waits;
  }

  /** It was submitted by a task that has not ended, or waits, or waited, for one that is not its child. */
  get isTied(): boolean {
    return this.#kin !== undefined && (this.#kin.parent !== undefined || this.#kin.waits !== undefined);
  }

  /** Nothing is known that it could wait for, or its youngest child, the most likely to be running, is so. */
  get goesOn(): boolean {
    const kin = this.#kin;
    if (kin === undefined) return true;
    if (kin.isBlocked) return false;
    if (kin.children === 0) return true;
    const child = kin.youngest;
    if (child === undefined || child.#slot === undefined) return false;
    return child.#kin === undefined || (child.#kin.children === 0 && !child.#kin.isBlocked);
  }

  openWaits(): Waits {
    const kin = (this.#kin ??= new Kin());
    return (kin.waits ??= new Waits(this));
  }

  /** It waits for a task that is on a slot. That it does so for a child needs no note. */
  waitFor(task: Task): void {
    const { run } = task;
    if (run === undefined || run === this || run.parent?.live === this) return;
    this.openWaits().addTask(task);
  }

  get signal(): AbortSignal {
    const known = this.#abort;
    if (known !== undefined && !(known instanceof NbError)) return known.signal;
    const controller = new AbortController();
    if (known !== undefined) controller.abort(known);
    this.#abort = controller;
    return controller.signal;
  }

  /** A task that looks only later finds its signal aborted already. */
  abort(reason: NbError): void {
    if (this.#abort === undefined) this.#abort = reason;
    else if (!(this.#abort instanceof NbError)) this.#abort.abort(reason);
  }

  descendFrom(parent: TaskRun | undefined): void {
    const live = parent?.live;
    if (live === undefined) return;
    (this.#kin ??= new Kin()).parent = live;
    const kin = (live.#kin ??= new Kin());
    kin.children++;
    kin.youngest = this;
  }

  /** Drops ended ancestors, or tasks that each submit the next one would grow a chain without end. */
  end(): void {
    this.#slot = undefined;
    if (this.#kin !== undefined) this.#leave(this.#kin);
  }

  #leave(kin: Kin): void {
    kin.youngest = undefined;
    kin.parent = kin.parent?.live;
    if (kin.parent !== undefined) kin.parent.#kin!.children += kin.children - 1;
  }
}
