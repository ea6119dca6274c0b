import { currentRun } from './async-context.js';
import { Slot, type SlotOwner } from './slot.js';
import type { Task } from './task.js';
import type { TaskRun } from './task-run.js';
import { addWish, findHolder, passOn } from './wishes.js';

/** What lending needs of its scheduler. */
export interface Lender extends SlotOwner {
  /** The task that is next for the slot of a task that waits until the pool is idle; undefined for other slots. */
  nextForParked(holder: Slot): Task | undefined;
  /** Takes the task out of the line it waits in. */
  take(task: Task): void;
}

/**
 * Lends the slots of tasks that wait to the tasks that they wait for, one at a time. So a task may wait for its
 * children in its own full pool: the pool neither stands still nor grows.
 */
export class Lending {
  /** Tasks that lend their slot. */
  count = 0;
  readonly #lender: Lender;

  constructor(lender: Lender) {
    this.#lender = lender;
  }

  /** Somebody waits for this task: if that is, in the end, a task of this pool, its slot is for the taking. */
  awaited(task: Task): void {
    const holder = findHolder(currentRun(), this.#lender);
    if (holder === undefined) return;
    addWish(task, holder);
    this.serve(holder);
  }

  /** Lends the slot to one task after the other, for as long as they end at once. */
  serve(holder: Slot): void {
    while (holder.borrower === undefined) {
      const task = holder.wishes?.first?.task ?? this.#lender.nextForParked(holder);
      if (task === undefined) return;
      this.#lender.take(task);
      this.#lend(holder, task);
    }
  }

  /** The task of this slot has ended, with wishes open or its slot still lent. */
  ended(slot: Slot, run: TaskRun): void {
    if (slot.vacated) this.count--;
    if (slot.wishes === undefined || slot.wishes.size === 0) return;
    const heir = findHolder(run.parent, this.#lender);
    passOn(slot, heir);
    if (heir !== undefined) this.serve(heir);
  }

  /**
   * A task has ended and its slot goes back to whoever lent it: to a task that is still running, or, when those
   * have ended too, to the pool. Undefined in the first case.
   */
  giveBack(slot: Slot): Slot | undefined {
    let free = slot;
    while (free.lender !== undefined) {
      const { lender } = free;
      lender.borrower = undefined;
      if (!lender.vacated) {
        this.count--;
        this.serve(lender);
        return undefined;
      }
      lender.vacated = false;
      free = lender;
    }
    return free;
  }

  #lend(holder: Slot, task: Task): void {
    const slot = new Slot(this.#lender, holder);
    holder.borrower = slot;
    this.count++;
    if (!slot.start(task)) return;
    holder.borrower = undefined;
    this.count--;
  }
}
