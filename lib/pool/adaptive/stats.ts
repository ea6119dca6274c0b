/** A snapshot of one moment; see `AdaptiveLimit.stats()`. @publicApi */
export interface AdaptiveLimitStats {
  /** The limit that was found so far, from `min` to `max`. */
  readonly limit: number;
  /** True while fewer tasks run than the limit allows, to measure the latency without a queue. */
  readonly probing: boolean;
  /** Mean ms of the tasks that did not fail, in the last window that had any; undefined before. */
  readonly latency: number | undefined;
  /** Mean ms without a queue, as of the last probe; undefined before the first one has ended. */
  readonly baseline: number | undefined;
  /** The share of tasks that failed in the last window, 0 to 1. */
  readonly failureRate: number;
  /** ms by which the event loop was late in the last window; 0 when it is not measured. */
  readonly eventLoopDelay: number;
  /** Decisions so far. */
  readonly windows: number;
  /** Probes so far, one that goes on included. */
  readonly probes: number;
  /** True from `stop()` on, or from the end of the pool's last task after its shutdown. */
  readonly stopped: boolean;
}
