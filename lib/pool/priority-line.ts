import { LinkedList } from './linked-list.js';
import type { Task } from './task.js';

/** Tasks of one priority stand together; `last` is where the next of them goes. */
interface Band {
  readonly priority: number;
  last: Task;
}

/**
 * A line of tasks: the highest priority first, and first come, first served within one. For as long as all are of
 * priority 0 it is the plain list and nothing more. A task with another priority finds its place by a binary
 * search among the priorities that are present, so its cost does not depend on the length of the line.
 */
export class PriorityLine extends LinkedList<Task> {
  /** The highest first; undefined while only priority 0 is present. */
  #bands: Band[] | undefined = undefined;

  override push(task: Task): void {
    if (this.#bands === undefined && task.priority === 0) super.push(task);
    else this.#insert(task);
  }

  override remove(task: Task): void {
    if (this.#bands !== undefined) this.#leaveBand(this.#bands, task);
    super.remove(task);
  }

  #insert(task: Task): void {
    const { last } = this;
    const bands = (this.#bands ??= last === undefined ? [] : [{ priority: 0, last }]);
    const index = indexOf(bands, task.priority);
    const band = bands[index];
    if (band?.priority === task.priority) {
      this.insertAfter(band.last, task);
      band.last = task;
    } else {
      this.insertAfter(bands[index - 1]?.last, task);
      bands.splice(index, 0, { priority: task.priority, last: task });
    }
  }

  #leaveBand(bands: Band[], task: Task): void {
    const index = indexOf(bands, task.priority);
    const band = bands[index]!;
    if (band.last !== task) return;
    const { previous } = task;
    if (previous?.priority === task.priority) {
      band.last = previous;
      return;
    }
    bands.splice(index, 1);
    if (bands.length === 0 || (bands.length === 1 && bands[0]!.priority === 0)) this.#bands = undefined;
  }
}

/** Where the band of this priority is, or would be. */
function indexOf(bands: readonly Band[], priority: number): number {
  let low = 0;
  let high = bands.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bands[middle]!.priority > priority) low = middle + 1;
    else high = middle;
  }
  return low;
}
