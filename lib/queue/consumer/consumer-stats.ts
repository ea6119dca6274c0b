/** A snapshot of a consumer. */
export interface ConsumerStats {
  /** Tasks running now. */
  readonly running: number;
  /** Messages claimed ahead, waiting for a slot. */
  readonly waiting: number;
  readonly maxConcurrency: number;
  /** Between `pause` and `resume`. */
  readonly paused: boolean;
}
