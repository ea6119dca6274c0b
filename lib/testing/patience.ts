// Not the globals: a test that fakes those must still learn why it waits.
import { clearInterval, setInterval } from 'node:timers';

/** What a wait may be ended for. */
export interface Doubt {
  /** How long nothing must have happened, in ms of real time. */
  readonly patience: number;
  /** Changes when something happens. */
  readonly activity: () => number;
  /** Why nothing will come; undefined while something may. */
  readonly reason: () => Error | undefined;
}

/** Waits, unless for a whole while nothing happened and nothing will: then it rejects with the reason. */
export async function waitWithDoubt<T>(
  { patience, activity, reason }: Doubt,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  let seen = activity();
  const timer = setInterval(() => {
    const now = activity();
    const error = now === seen ? reason() : undefined;
    seen = now;
    if (error) limit.abort(error);
  }, patience);
  timer.unref();
  try {
    return await wait(limit.signal);
  } finally {
    clearInterval(timer);
  }
}
