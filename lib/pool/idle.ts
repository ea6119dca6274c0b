import { currentRun } from './async-context.js';
import type { Slot, SlotOwner } from './slot.js';
import type { Task } from './task.js';
import type { TaskRun } from './task-run.js';

/** The figures that tell whether a pool is idle. */
export interface Load extends SlotOwner {
  readonly running: number;
  readonly lending: number;
  readonly waiting: { readonly size: number };
  readonly blocked: { readonly size: number };
}

/**
 * Those who wait until the pool is idle. A task that waits so, and the tasks of this pool that wait for it,
 * cannot wait for themselves: they are *parked*. Their slots serve the queue, and the wait is over when all
 * tasks that are left are parked.
 */
export class IdleWaiters {
  readonly #parked = new Set<Slot>();
  /** Whether any is; to be looked at for each task, where the size of a Set would cost more than all else. */
  anyParked = false;
  readonly #load: Load;
  #outside: (() => void)[] = [];
  #inside: (() => void)[] = [];

  constructor(load: Load) {
    this.#load = load;
  }

  /** The caller must serve the queue with what is newly parked, and `check()`. */
  wait(): Promise<void> {
    const isInside = this.#park(currentRun());
    const list = isInside ? this.#inside : this.#outside;
    return new Promise((resolve) => list.push(resolve));
  }

  /** This run waits for a task of this pool from now on. Whether that parks it; then the caller must do as for `wait()`. */
  joins(waiting: TaskRun, task: Task): boolean {
    return task.run?.slot !== undefined && this.isParked(task.run.slot) && this.#park(waiting);
  }

  /** This run's slot, those of the tasks that it descends from, and of those that wait for any of these. Whether there are any here. */
  #park(waiting: TaskRun | undefined): boolean {
    let any = false;
    const runs = new Set<TaskRun>(waiting && [waiting]);
    // A set that grows while it is visited.
    for (const { parent, slot } of runs) {
      if (parent !== undefined) runs.add(parent);
      if (slot === undefined) continue;
      for (const each of slot.waiters) runs.add(each);
      if (slot.owner !== this.#load) continue;
      this.#parked.add(slot);
      any = this.anyParked = true;
    }
    return any;
  }

  get parked(): Iterable<Slot> {
    return this.#parked;
  }

  isParked(slot: Slot): boolean {
    return this.anyParked && this.#parked.has(slot);
  }

  /** The slot's task has ended. */
  leave(slot: Slot): void {
    if (!this.anyParked) return;
    this.#parked.delete(slot);
    this.anyParked = this.#parked.size > 0;
  }

  check(): void {
    if (this.#outside.length === 0 && this.#inside.length === 0) return;
    const { running, lending, waiting, blocked } = this.#load;
    if (waiting.size > 0 || blocked.size > 0) return;
    if (running + lending === this.#parked.size) this.#resolveInside();
    if (running === 0) this.#resolveOutside();
  }

  #resolveInside(): void {
    const list = this.#inside;
    this.#inside = [];
    this.#parked.clear();
    this.anyParked = false;
    for (const resolve of list) resolve();
  }

  #resolveOutside(): void {
    const list = this.#outside;
    this.#outside = [];
    for (const resolve of list) resolve();
  }
}
