import type { Task } from './task.js';

/** Tasks of one priority stand together; `last` is where the next of them goes. */
export interface Band {
  readonly priority: number;
  last: Task;
}

const MAX_CHUNK = 256;

/**
 * The bands of a line, by priority. In chunks: in one array a band that comes or goes would move all behind it, and
 * with a priority of its own for each task (a deadline, say) that is as many as there are tasks.
 */
export class Bands {
  size = 0;
  /** None of them is empty. The highest priority first, in each and in all. */
  readonly #chunks: Band[][] = [];

  get first(): Band | undefined {
    return this.#chunks[0]?.[0];
  }

  /** The band of this priority, else the next higher one. */
  atOrAbove(priority: number): Band | undefined {
    const chunk = this.#chunks[this.#chunkFor(priority)];
    return chunk?.[countAtOrAbove(chunk, priorityOf, priority) - 1];
  }

  /** One whose priority is not there yet. */
  add(band: Band): void {
    const at = this.#chunkFor(band.priority);
    const chunk = (this.#chunks[at] ??= []);
    chunk.splice(countAtOrAbove(chunk, priorityOf, band.priority), 0, band);
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(MAX_CHUNK / 2));
    this.size++;
  }

  /** The band must be there. */
  remove({ priority }: Band): void {
    const at = this.#chunkFor(priority);
    const chunk = this.#chunks[at]!;
    chunk.splice(countAtOrAbove(chunk, priorityOf, priority) - 1, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    this.size--;
  }

  /** Where the band of this priority is, or would be. */
  #chunkFor(priority: number): number {
    return Math.max(0, countAtOrAbove(this.#chunks, highestOf, priority) - 1);
  }
}

const priorityOf = (band: Band): number => band.priority;
const highestOf = (chunk: readonly Band[]): number => chunk[0]!.priority;

/** By a binary search. */
function countAtOrAbove<T>(items: readonly T[], of: (item: T) => number, priority: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (of(items[middle]!) >= priority) low = middle + 1;
    else high = middle;
  }
  return low;
}
