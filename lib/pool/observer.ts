import type { Task } from './task.js';

/** The key under which a pool takes observers: for the rooms above this one, and no part of the public face. */
export const observe: unique symbol = Symbol('nb-aiopool.observe');

/** How a task ended. A time limit, also one of the submitter's signal, is a failure; a cancellation says nothing of the work. */
export type Ending = 'done' | 'failed' | 'cancelled';

/** Told about the tasks of a pool. What it does must be short, and must not throw: it is called by the pool's own loop. */
export interface TaskObserver {
  /** A task left its slot: ms it ran, how it ended, tasks running when it started, itself included. */
  ended(ms: number, ending: Ending, running: number): void;

  /** The pool was shut down and its last task has ended. For one that comes later: in a microtask. */
  poolEnded?(): void;
}

export function endingOf({ state, error }: Task): Ending {
  if (state === 'done') return 'done';
  return state === 'failed' || isOutOfTime(error) ? 'failed' : 'cancelled';
}

/** Cancelled by `AbortSignal.timeout()`. The reason is the user's, and may be anything. */
function isOutOfTime(error: unknown): boolean {
  try {
    return (error as { cause: { name: unknown } }).cause.name === 'TimeoutError';
  } catch {
    return false;
  }
}
