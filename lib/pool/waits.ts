import { LinkedList } from './linked-list.js';
import type { TaskRun } from './task-run.js';
import type { Wish } from './wishes.js';

const open = new Set<Waits>();

/**
 * The tasks that a run waits for, in full pools where no slot of its own or of its ancestors is there to lend. Known
 * to the whole process while there are any: tasks of several pools may wait for each other.
 */
export class Waits extends LinkedList<Wish> {
  readonly run: TaskRun;

  constructor(run: TaskRun) {
    super();
    this.run = run;
  }

  override push(wish: Wish): void {
    super.push(wish);
    open.add(this);
  }

  override remove(wish: Wish): void {
    super.remove(wish);
    if (this.size === 0) open.delete(this);
  }
}

/** Those that are not empty, in all pools. */
export const openWaits: ReadonlySet<Waits> = open;
