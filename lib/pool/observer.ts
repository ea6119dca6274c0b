/** The key under which a pool takes observers: for the rooms above this one, and no part of the public face. */
export const observe: unique symbol = Symbol('nb-aiopool.observe');

/** Told about the tasks of a pool. What it does must be short, and must not throw: it is called by the pool's own loop. */
export interface TaskObserver {
  /**
   * A task left its slot: ms it ran, whether it failed (timeouts count, cancellations do not), tasks running when
   * it started, itself included.
   */
  ended(ms: number, failed: boolean, running: number): void;

  /** The pool was shut down and its last task has ended. For one that comes later: in a microtask. */
  poolEnded?(): void;
}
