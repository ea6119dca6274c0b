/** A snapshot of one moment; see `NbAioPool.stats()`. @publicApi */
export interface PoolStats {
  readonly name: string;
  /** Tasks that run, those that lend their slot not counted: the slots taken, never more than `maxConcurrency`. */
  readonly running: number;
  /** Tasks that lend their slot to a child at the moment. */
  readonly lending: number;
  /** Accepted tasks that wait for a slot, never more than `maxQueueSize`. */
  readonly waiting: number;
  /** Submitters that wait for room. */
  readonly blocked: number;
  readonly maxConcurrency: number;
  readonly maxQueueSize: number;
  /** True from the first call of `shutdown()` on. */
  readonly closed: boolean;
}
