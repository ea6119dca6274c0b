/** Where time comes from. Tests give a fake one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls once, in `ms`; the answer takes it back. Never keeps the process alive. */
  schedule(call: () => void, ms: number): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  schedule(call, ms) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
