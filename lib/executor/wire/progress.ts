const POSTED = 0;
const STARTED = 1;
const ANSWERED = 2;
const LOADED = 3;
const LEAVING = 4;

/**
 * What the two ends of one thread tell each other through shared memory: it can be read when the other end is
 * busy, or dead. Calls are counted in the order in which they are posted, which is the order in which they start.
 */
export class Progress {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(memory = new SharedArrayBuffer(20)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  callPosted(): void {
    Atomics.add(this.#cells, POSTED, 1);
  }

  callStarted(): void {
    Atomics.add(this.#cells, STARTED, 1);
  }

  answerPosted(): void {
    Atomics.add(this.#cells, ANSWERED, 1);
  }

  /** Whether more calls were posted than the `taken` first ones. */
  moreCalls(taken: number): boolean {
    return Atomics.load(this.#cells, POSTED) !== (taken | 0);
  }

  moreAnswers(taken: number): boolean {
    return Atomics.load(this.#cells, ANSWERED) !== (taken | 0);
  }

  /** Whether the call with this number, from 1 on, has started. A difference, since the cells wrap around. */
  hasStarted(number: number): boolean {
    return ((Atomics.load(this.#cells, STARTED) - (number | 0)) | 0) >= 0;
  }

  /** The thread has imported its module, or knows why it cannot. */
  get loaded(): boolean {
    return Atomics.load(this.#cells, LOADED) === 1;
  }

  nowLoaded(): void {
    Atomics.store(this.#cells, LOADED, 1);
  }

  /** The thread was told to end, and is doing so. */
  get leaving(): boolean {
    return Atomics.load(this.#cells, LEAVING) === 1;
  }

  nowLeaving(): void {
    Atomics.store(this.#cells, LEAVING, 1);
  }
}
