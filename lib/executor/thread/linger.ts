import { Spinner } from '../wire/spinner.js';

/** How long to stay awake after an answer, in ms: the caller may have to be woken first. */
const STAY = 0.2;
/** How long this may go on before the thread's own timers and sockets get their turn again, in ms. */
const BURST = 2;
/** Answers after which the caller must have been seen blocked again: it mostly is not yet when the answer is quick. */
const PATIENCE = 100;

/** What lingering needs to know of the thread's calls. */
export interface Lingerer {
  /** Nothing is running that could need the event loop. */
  idle(): boolean;
  /** The next call has come. */
  more(): boolean;
  takeNext(): void;
}

/**
 * Keeps a thread awake for a moment after it has answered a blocked caller: synchronous code mostly makes its next
 * call within microseconds, and then both threads are spared the way through the operating system. It is what
 * makes synchronous calls several times as fast.
 */
export class Linger {
  readonly #thread: Lingerer;
  readonly #spinner = new Spinner(STAY);
  readonly #more: () => boolean;
  #burstEnd = 0;
  #due = false;
  #patience = 0;

  constructor(thread: Lingerer) {
    this.#thread = thread;
    this.#more = () => thread.more();
  }

  /** The event loop has just had its turn. */
  refreshed(): void {
    this.#burstEnd = performance.now() + BURST;
  }

  /** In a microtask, not now: the call that is being answered has not ended, and calls would nest. */
  answered(blocked: boolean): void {
    if (blocked) this.#patience = PATIENCE;
    if (this.#due || this.#patience === 0) return;
    this.#due = true;
    queueMicrotask(this.#stay);
  }

  readonly #stay = (): void => {
    this.#due = false;
    this.#patience--;
    if (!this.#thread.idle() || performance.now() > this.#burstEnd) return;
    if (this.#spinner.wait(this.#more)) this.#thread.takeNext();
    else this.#patience = 0;
  };
}
