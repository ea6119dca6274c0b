import { TaskCancelledError } from '../pool/index.js';

/** The reason that the tasks of a call find in their aborted signals. */
export function cancelled(call: string, why: string, cause?: unknown): TaskCancelledError {
  return new TaskCancelledError(
    `${call}: cancelled, since ${why}; a task that looks at its signal can end early.`,
    cause === undefined ? undefined : { cause },
  );
}

/**
 * Whether a task only failed because it was cancelled, which is no news to anybody: with the reason itself (as
 * fetch does), with an error that it caused (as Node's timers do), or with the platform's AbortError.
 */
export function isCancellation(error: unknown, signal: AbortSignal): boolean {
  if (error === signal.reason) return true;
  // By what it looks like: a DOMException may come from another realm.
  if (typeof error !== 'object' || error === null) return false;
  try {
    const { cause, name } = error as Error;
    return cause === signal.reason || name === 'AbortError';
  } catch {
    return false;
  }
}
