import { Slot, type SlotOwner } from './slot.js';
import type { Task } from './task.js';
import type { TaskRun } from './task-run.js';
import { untie } from './knots.js';
import { addTo, addWish, findHolder, passOn } from './wishes.js';

/** What lending needs of its scheduler. */
export interface Lender extends SlotOwner {
  /** Nothing new starts, on a lent slot neither. */
  readonly paused: boolean;
  /** Takes the task that is next for the slot of a task that waits until the pool is idle; undefined for other slots. */
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

  /**
   * This run, which has not ended, waits for the task: if that is, in the end, a task of this pool, its slot is for the taking. Where it
   * is lent already, a task of another pool waits, or the task runs and is not a child, that is noted: tasks may come
   * to wait for each other.
   */
  awaited(task: Task, run: TaskRun): void {
    if (task.state === 'waiting') this.#lendTo(task, run);
    if (task.state === 'waiting') addTo(run.openWaits(), task);
    else if (task.run === undefined) return;
    else run.waitFor(task);
    // To wait for one that runs already may close a circle too, unless that one can go on.
    if (task.run?.goesOn !== true) untie(run);
  }

  /** Lends the slot to one task after the other, for as long as they end at once. */
  serve(holder: Slot): void {
    while (holder.borrower === undefined && !this.#lender.paused) {
      const task = this.#nextFor(holder);
      if (task === undefined) return;
      this.#lend(holder, task);
    }
  }

  /** Lends the slot to a task that is not its own task's to wait for, and that was taken already. */
  lend(holder: Slot, task: Task): void {
    this.#lend(holder, task);
    this.serve(holder);
  }

  /** The task of this slot has ended, maybe with wishes open or its slot still lent; see `Scheduler.minds`. */
  ended(slot: Slot, run: TaskRun): void {
    if (slot.vacated) this.count--;
    if (slot.wishes !== undefined && slot.wishes.size > 0) {
      const heir = findHolder(run.parent, this.#lender);
      passOn(slot.wishes, heir && ((task) => addWish(task, heir)));
      if (heir !== undefined) this.serve(heir);
    }
    if (run.parent !== undefined || run.waits !== undefined) this.#endWaits(run);
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
        if (lender.borrower === undefined) untie(lender.run);
        return undefined;
      }
      lender.vacated = false;
      free = lender;
    }
    return free;
  }

  /** A task that blocks on its caller's own slot is not accepted before its end: there was no other room for it. */
  #nextFor(holder: Slot): Task | undefined {
    const wished = holder.wishes?.first?.task;
    if (wished === undefined) return this.#lender.nextForParked(holder);
    this.#lender.take(wished);
    return wished;
  }

  /** On the slot of this pool that `run`, or one that it descends from, holds. */
  #lendTo(task: Task, run: TaskRun): void {
    const holder = findHolder(run, this.#lender);
    if (holder === undefined) return;
    addWish(task, holder);
    this.serve(holder);
  }

  /** What it still waited for may be for its parent to wait for, which may be in a circle now. */
  #endWaits({ waits, parent }: TaskRun): void {
    if (waits !== undefined) {
      passOn(waits, parent && ((task) => addTo(parent.openWaits(), task)));
      waits.end(parent);
    }
    untie(parent);
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
