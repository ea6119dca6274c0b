import { TaskCancelledError } from '../pool/index.js';

/** The reason that the tasks of a call find in their aborted signals. */
export function cancelled(call: string, why: string, cause?: unknown): TaskCancelledError {
  return new TaskCancelledError(
    `${call}: cancelled, since ${why}; a task that looks at its signal can end early.`,
    cause === undefined ? undefined : { cause },
  );
}
