/** When, and how often, a failed task runs again. */
export interface RetryOptions {
  /** Runs in all, the first included. Default 5, minimum 1 (no retry). */
  maxAttempts?: number;
  /** `exponential` doubles the delay after each failure, `fixed` keeps it. Default `exponential`. */
  backoff?: 'exponential' | 'fixed';
  /** Before the second run, in ms. Default 1,000, minimum 0. */
  delay?: number;
  /** No delay is longer, in ms. Default 3,600,000 (an hour), minimum 0. */
  maxDelay?: number;
  /**
   * `full` takes a random time between 0 and the delay, so that what failed together does not come back together
   * ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Default `full`.
   */
  jitter?: 'full' | 'none';
}

export type RetrySettings = Required<RetryOptions>;

export const DEFAULT_RETRY: RetrySettings = {
  maxAttempts: 5,
  backoff: 'exponential',
  delay: 1_000,
  maxDelay: 3_600_000,
  jitter: 'full',
};

/** The delay before the next run, in ms, after `failures` failed ones; undefined when there is none. */
export function retryDelay(retry: RetrySettings, failures: number, random = Math.random): number | undefined {
  if (failures >= retry.maxAttempts) return undefined;
  const factor = retry.backoff === 'exponential' ? 2 ** Math.min(failures - 1, 60) : 1;
  const delay = Math.min(retry.maxDelay, retry.delay * factor);
  return Math.round(retry.jitter === 'full' ? delay * random() : delay);
}

/** A consumer that does not know a task gives it back for this long: a second, doubling, up to a minute. */
export function refusalDelay(refusals: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(refusals, 6));
}

/** How long a message has been given back in all after `refusals` times, in ms. */
export function refusedFor(refusals: number): number {
  let total = 0;
  for (let i = 0; i < Math.min(refusals, 6); i++) total += refusalDelay(i);
  return total + Math.max(0, refusals - 6) * 60_000;
}
