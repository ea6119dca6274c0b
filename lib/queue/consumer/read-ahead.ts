/** Messages buffered ahead may take this many bytes (UTF-16 units) together. */
const MAX_BYTES = 8 * 1_048_576;
/** How much a new measurement counts. */
const WEIGHT = 0.3;

/**
 * How many messages to claim ahead of running: what runs within two round trips, so that the next batch is here when
 * half of this one is done. More would starve other consumers, less would leave this one idle.
 */
export class ReadAhead {
  private rate = 0;
  private roundTrip = 0;
  private messageSize = 0;
  private since = performance.now();
  private settled = 0;

  /** @param limit never more than this. */
  constructor(private readonly limit: number) {}

  /** How many, by what was measured last. */
  get target(): number {
    const covering = Math.floor(2 * this.rate * this.roundTrip);
    const fitting = this.messageSize === 0 ? covering : Math.floor(MAX_BYTES / this.messageSize);
    return Math.min(this.limit, covering, fitting);
  }

  onSettled(): void {
    this.settled++;
  }

  /** After each claim: how long it took (ms), and what came. */
  onClaimed(elapsed: number, count: number, size: number): void {
    const now = performance.now();
    const rate = this.settled / Math.max(now - this.since, 0.01);
    this.rate += WEIGHT * (rate - this.rate);
    this.roundTrip += WEIGHT * (elapsed - this.roundTrip);
    if (count > 0) this.messageSize += WEIGHT * (size / count - this.messageSize);
    this.since = now;
    this.settled = 0;
  }
}
