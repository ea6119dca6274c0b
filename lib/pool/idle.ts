import { currentRun } from './async-context.js';
import type { Slot, SlotOwner } from './slot.js';

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
    let list = this.#outside;
    for (let run = currentRun(); run !== undefined; run = run.parent) {
      if (run.slot?.owner !== this.#load) continue;
      this.#parked.add(run.slot);
      this.anyParked = true;
      list = this.#inside;
    }
    return new Promise((resolve) => list.push(resolve));
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
