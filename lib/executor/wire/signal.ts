import { Spinner } from './spinner.js';

const COUNT = 0;
const BLOCKED = 1;

/** How long a blocked thread looks before it goes to sleep, in ms: the answer of a short call comes sooner. */
const LOOK = 0.02;

/**
 * Shared memory by which other threads wake the one that owns an executor: a blocked thread gets no events, but
 * it can wait for a number to change. Post first, then `raise()`: who sees the new count finds the message.
 */
export class Signal {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #spinner = new Spinner(LOOK);

  constructor(memory = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  get count(): number {
    return Atomics.load(this.#cells, COUNT);
  }

  /** Whether the owner is blocked at this moment. */
  get blocked(): boolean {
    return Atomics.load(this.#cells, BLOCKED) === 1;
  }

  raise(): void {
    Atomics.add(this.#cells, COUNT, 1);
    // Either this sees that the owner is about to wait, or the owner sees the new count: both use sequential order.
    if (this.blocked) Atomics.notify(this.#cells, COUNT);
  }

  /** Blocks until the count is not `seen` any more, or for `timeout` ms. */
  wait(seen: number, timeout: number): void {
    Atomics.store(this.#cells, BLOCKED, 1);
    if (!this.#spinner.wait(() => this.count !== seen)) Atomics.wait(this.#cells, COUNT, seen, timeout);
    Atomics.store(this.#cells, BLOCKED, 0);
  }
}
