/** A snapshot of one moment; see `NbAioPool.stats()`. @publicApi */
export interface PoolStats {
  readonly name: string;
  /**
   * Tasks that run, those that lend their slot not counted: the slots taken, never more than `maxConcurrency`
   * (except after it was lowered, until as many have ended).
   */
  readonly running: number;
  /** Tasks that lend their slot to another one at the moment. */
  readonly lending: number;
  /**
   * Tasks whose future is settled already, by a timeout or by `cancel()`, while they have not ended: they are
   * counted in `running` or `lending` too, since they keep their slot.
   */
  readonly overdue: number;
  /** Accepted tasks that wait for a slot, never more than `maxQueueSize`. */
  readonly waiting: number;
  /** Submitters that wait for room. */
  readonly blocked: number;
  readonly maxConcurrency: number;
  readonly maxQueueSize: number;
  /** True between `pause()` and `resume()`. */
  readonly paused: boolean;
  /** True from the first call of `shutdown()` on. */
  readonly closed: boolean;
}
