/** Marks a place whose value has not come yet; any value of a user's differs from it. */
const EMPTY = Symbol('empty');

const FIRST_CAPACITY = 16;

/**
 * Values that leave in the order of their places, whatever order they come in: a ring that grows to the largest
 * distance there ever was between the first place and the last. With places counted up as the values come it is a
 * plain queue.
 */
export class ReorderWindow<V> {
  #cells: (V | typeof EMPTY)[] = emptyCells(FIRST_CAPACITY);
  #mask = FIRST_CAPACITY - 1;
  /** The place that is next to leave. */
  #first = 0;

  /** Each place is used once. */
  put(place: number, value: V): void {
    while (place - this.#first > this.#mask) this.#grow();
    this.#cells[place & this.#mask] = value;
  }

  /** Whether the next value is there. */
  get ready(): boolean {
    return this.#cells[this.#first & this.#mask] !== EMPTY;
  }

  /** Only when `ready`. */
  shift(): V {
    const at = this.#first & this.#mask;
    const value = this.#cells[at] as V;
    this.#cells[at] = EMPTY;
    this.#first++;
    return value;
  }

  #grow(): void {
    const old = this.#cells;
    const oldMask = this.#mask;
    this.#mask = old.length * 2 - 1;
    this.#cells = emptyCells(old.length * 2);
    for (let place = this.#first; place <= this.#first + oldMask; place++) {
      this.#cells[place & this.#mask] = old[place & oldMask]!;
    }
  }
}

function emptyCells(length: number): (typeof EMPTY)[] {
  return Array.from({ length }, () => EMPTY);
}
