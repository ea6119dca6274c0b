import { Bands } from './bands.js';
import { LinkedList } from './linked-list.js';
import type { Task } from './task.js';

/**
 * A line of tasks: the highest priority first, and first come, first served within one. For as long as all are of
 * priority 0 it is the plain list and nothing more. A task with another priority finds its place by a binary
 * search among the priorities that are present, however many tasks there are of each.
 */
export class PriorityLine extends LinkedList<Task> {
  /** Undefined while only priority 0 is present. */
  #bands: Bands | undefined = undefined;

  override push(task: Task): void {
    if (this.#bands === undefined && task.priority === 0) super.push(task);
    else this.#insert(task);
  }

  override remove(task: Task): void {
    if (this.#bands !== undefined) this.#leaveBand(this.#bands, task);
    super.remove(task);
  }

  #insert(task: Task): void {
    const bands = (this.#bands ??= this.#plainBands());
    const band = bands.atOrAbove(task.priority);
    this.insertAfter(band?.last, task);
    if (band?.priority === task.priority) band.last = task;
    else bands.add({ priority: task.priority, last: task });
  }

  #plainBands(): Bands {
    const bands = new Bands();
    if (this.last !== undefined) bands.add({ priority: 0, last: this.last });
    return bands;
  }

  #leaveBand(bands: Bands, task: Task): void {
    const band = bands.atOrAbove(task.priority)!;
    if (band.last !== task) return;
    const { previous } = task;
    if (previous?.priority === task.priority) {
      band.last = previous;
      return;
    }
    bands.remove(band);
    if (bands.size === 0 || (bands.size === 1 && bands.first!.priority === 0)) this.#bands = undefined;
  }
}
