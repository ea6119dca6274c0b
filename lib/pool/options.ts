import { boolean, callable, integer, nonEmptyString, type Rules } from '../options.js';
import type { PoolFuture } from './future.js';

/** What `onError` is told besides the error. @publicApi */
export interface PoolErrorInfo {
  /** The pool's name. */
  readonly pool: string;
  /** The failed task's future. */
  readonly future: PoolFuture<unknown>;
}

/** @publicApi */
export interface PoolOptions {
  /** Appears in messages and in `stats()`. Default `'NbAioPool'`; not empty. */
  name?: string;
  /** Tasks that run at the same time, at most; nb_aiopool's `max_concurrency`. Default 100, minimum 1. */
  maxConcurrency?: number;
  /**
   * Accepted tasks that wait for a slot, at most; nb_aiopool's `max_queue_size`. Who submits beyond it waits
   * for room, or is refused. Default 1,000, minimum 0 (then a task is accepted only when it starts).
   */
  maxQueueSize?: number;
  /**
   * Whether a task runs in its submitter's async context (AsyncLocalStorage), and may submit to its own full
   * pool without a dead-lock. Default true. `false` is faster, here and for every promise of the process (see
   * docs/pool.md), but then a task must never wait for another task of its own pool.
   */
  context?: boolean;
  /**
   * Called once for each failed task whose result nobody has asked for; see `NbAioPool`. What it throws
   * becomes a process warning. Default: the failure becomes a process warning, with its stack.
   */
  onError?: (error: unknown, info: PoolErrorInfo) => void;
}

/** @publicApi */
export interface SubmitOptions {
  /**
   * Whether to wait for room when the pool is full; `false` rejects with PoolFullError instead. Default true,
   * as nb_aiopool's `block`.
   */
  block?: boolean;
}

/** @publicApi */
export interface ShutdownOptions {
  /**
   * Whether the accepted tasks still run. `false` cancels the waiting ones and aborts the signals of the
   * running ones. Default true, as nb_aiopool's `wait`.
   */
  wait?: boolean;
}

export const defaults = {
  name: 'NbAioPool',
  maxConcurrency: 100,
  maxQueueSize: 1000,
  context: true,
} as const;

export const poolRules: Rules<PoolOptions> = {
  name: nonEmptyString,
  maxConcurrency: integer(1),
  maxQueueSize: integer(0),
  context: boolean,
  onError: callable,
};

export const submitRules: Rules<SubmitOptions> = { block: boolean };
export const shutdownRules: Rules<ShutdownOptions> = { wait: boolean };
