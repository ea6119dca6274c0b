import { availableParallelism } from 'node:os';

/** What it costs to be put to sleep and woken, in ms: some 15 us on one core, 50 us between two. */
const WAKE = 0.025;
/** How much time may be lost on balance before a pause, in ms, and how much gained time is remembered. */
const CREDIT = 1;
/** A pause, in waits. */
const PAUSE = 500;
/** With one core, looking only keeps the other thread from running. */
const POSSIBLE = availableParallelism() > 1;

/**
 * Waits by looking again and again, for as long as that pays: when the other thread answers sooner than this one
 * could be woken. On a machine whose cores are all busy it does not, so gains and losses are counted.
 */
export class Spinner {
  readonly #limit: number;
  #credit = CREDIT;
  #pause = 0;

  /** Looks for at most `limit` ms. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether `seen()` became true. */
  wait(seen: () => boolean): boolean {
    if (seen()) return true;
    if (!POSSIBLE) return false;
    if (this.#pause > 0) {
      this.#pause--;
      return false;
    }
    const start = performance.now();
    const found = look(seen, start + this.#limit);
    this.#account(WAKE - (performance.now() - start));
    return found;
  }

  #account(gain: number): void {
    this.#credit = Math.min(CREDIT, this.#credit + gain);
    if (this.#credit > 0) return;
    this.#credit = CREDIT / 2;
    this.#pause = PAUSE;
  }
}

function look(seen: () => boolean, end: number): boolean {
  for (let looks = 1; !seen(); looks++) {
    if ((looks & 31) === 0 && performance.now() > end) return false;
  }
  return true;
}
