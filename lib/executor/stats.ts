/** A snapshot of one moment; see `AsyncPoolExecutor.stats()`. @publicApi */
export interface ExecutorStats {
  readonly name: string;
  /** Calls that have started and not ended, never more than `size`. */
  readonly running: number;
  /** Accepted calls that have not started, never more than `maxQueueSize` and the free slots together. */
  readonly waiting: number;
  /** Calls of `run` that wait for room. */
  readonly blocked: number;
  readonly size: number;
  readonly maxQueueSize: number;
  readonly threads: number;
  /** True from the first `shutdown()` or `close()` on. */
  readonly closed: boolean;
}
