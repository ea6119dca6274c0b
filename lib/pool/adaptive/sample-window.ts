import type { Ending } from '../observer.js';

/** When a window has seen enough. */
export interface WindowSize {
  /** ms, at least. */
  readonly window: number;
  /** Ended tasks, at least. */
  readonly samples: number;
}

/** Latencies without a useful mean must not keep a window open for ever. */
const MOST_SAMPLES = 2_000;

/**
 * What the tasks say that end between two decisions. The noisier their latencies are, the more of them it takes
 * until the mean says anything: a window stays open until its standard error is small, so that the same settings
 * fit steady tasks and wild ones. It keeps sums only, and no sample; and it reads the clock only where the answer
 * may matter.
 */
export class SampleWindow {
  readonly #size: WindowSize;
  readonly #now: () => number;
  #settling = 0;
  #least = 0;
  #precision = 0;
  #openedAt = 0;
  #count = 0;
  #failed = 0;
  #running = 0;
  #sum = 0;
  #squares = 0;

  constructor(size: WindowSize, now: () => number) {
    this.#size = size;
    this.#now = now;
  }

  /** Mean latency in ms of the tasks that did not fail (a failure may be instant, or a timeout); NaN without any. */
  get latency(): number {
    return this.#sum / (this.#count - this.#failed);
  }

  /** The share of tasks that failed, 0 to 1. */
  get failureRate(): number {
    return this.#failed / this.#count;
  }

  /** How many tasks ran at the same time, on average. */
  get running(): number {
    return this.#running / this.#count;
  }

  /**
   * Starts again. The next `settling` endings do not count: those tasks began under another level. And fewer
   * than one generation of tasks would be a sample of the quick ones.
   *
   * @param precision the standard error that is small enough, as a share of the mean.
   */
  open(level: number, settling: number, precision: number): void {
    this.#settling = settling;
    this.#precision = precision;
    this.#least = Math.max(this.#size.samples, level);
    this.#count = this.#failed = this.#running = this.#sum = this.#squares = 0;
  }

  /** True when the window has seen enough; then it must be opened again. */
  add(ms: number, ending: Ending, running: number): boolean {
    if (this.#settling > 0) {
      this.#settling--;
      return false;
    }
    if (ending === 'cancelled') return false;
    if (this.#count++ === 0) this.#openedAt = this.#now();
    this.#running += running;
    if (ending === 'failed') {
      this.#failed++;
    } else {
      this.#sum += ms;
      this.#squares += ms * ms;
    }
    return (
      this.#count >= this.#least && this.#isPrecise() && this.#now() - this.#openedAt >= this.#size.window
    );
  }

  #isPrecise(): boolean {
    const passed = this.#count - this.#failed;
    if (passed < 2 || this.#count >= MOST_SAMPLES) return true;
    const mean = this.#sum / passed;
    const variance = this.#squares / passed - mean * mean;
    return variance <= (this.#precision * mean) ** 2 * passed;
  }
}
