import { check, milliseconds } from '../options.js';
import type { Clock } from '../queue/index.js';

interface Alarm {
  readonly at: number;
  readonly call: () => void;
}

/**
 * The time of an application under test, as far as its tasks are concerned: delays, backoffs, and how long results are
 * kept. It stands still until it is moved. `Date` and the timers of the application's own code are not its business.
 *
 * @publicApi
 */
export class TestClock implements Clock {
  private time = Date.now();
  private readonly alarms = new Set<Alarm>();

  /** @internal @param onMove does the moving: in inline mode tasks run on the way. */
  constructor(private readonly onMove: (to: number) => Promise<void> | void) {}

  /** Milliseconds since 1970. Starts at the time of its making. */
  now(): number {
    return this.time;
  }

  /**
   * Moves the time. What is due by then is ready: in manual mode for the next `drain()` or `runNext()`, in inline mode it
   * has run, each at its time, when this resolves.
   *
   * @param ms how far. Minimum 0.
   * @throws InvalidOptionError
   */
  async advance(ms: number): Promise<void> {
    check('clock.advance()', 'the time', ms, milliseconds(0));
    await this.onMove(this.time + ms);
  }

  /** @internal */
  schedule(call: () => void, ms: number): () => void {
    const alarm = { at: this.time + ms, call };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  /** Never back. @internal */
  moveTo(time: number): void {
    for (let alarm = this.next(time); alarm; alarm = this.next(time)) {
      this.alarms.delete(alarm);
      this.time = Math.max(this.time, alarm.at);
      alarm.call();
    }
    this.time = Math.max(this.time, time);
  }

  private next(until: number): Alarm | undefined {
    return [...this.alarms].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
  }
}
