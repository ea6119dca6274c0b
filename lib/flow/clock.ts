/**
 * Where a RateLimiter takes its time from; tests give a fake one.
 *
 * @publicApi
 */
export interface RateClock {
  /** Milliseconds since any fixed moment; never backwards. */
  now(): number;
  /** Calls once, in `ms` (a whole number, 1 to 2^31 - 1), or later; the answer takes it back. */
  schedule(call: () => void, ms: number): () => void;
}

/** Counts on when the system's time is set, unlike `Date.now`. The timer keeps the process alive: somebody waits. */
export const steadyClock: RateClock = {
  now: () => performance.now(),
  schedule(call, ms) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
