import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** ms; ten looks in the shortest usual window, and a hundred wake-ups a second at most. */
const RESOLUTION = 10;
/** The slowest tenth: a single pause, as for a collection of garbage, is not yet an overload. */
const PERCENTILE = 90;

/** How late the event loop is. Node's own monitor, whose timer keeps no process alive. */
export class EventLoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor() {
    this.#histogram.enable();
  }

  /** ms since the last call. */
  take(): number {
    // What is recorded, in ns, is the time from one look to the next.
    const late = this.#histogram.count === 0 ? 0 : this.#histogram.percentile(PERCENTILE) / 1e6 - RESOLUTION;
    this.#histogram.reset();
    return Math.max(late, 0);
  }

  stop(): void {
    this.#histogram.disable();
  }
}
