import {
  abortSignal,
  boolean,
  callable,
  integer,
  milliseconds,
  nonEmptyString,
  oneOf,
  type Rule,
  type Rules,
} from '../options.js';
import type { PoolFuture } from './future.js';

/** What `onError` is told besides the error. @publicApi */
export interface PoolErrorInfo {
  /** The pool's name. */
  readonly pool: string;
  /** The task's future. */
  readonly future: PoolFuture<unknown>;
  /**
   * Undefined for the outcome of a task that nobody has asked for. `'late'`: of a task that failed after a timeout or
   * `cancel()` had settled its future. `'onDone'`: of a callback given to `onDone`.
   */
  readonly origin?: 'late' | 'onDone';
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
   * Called once for each failed task whose result nobody has asked for; see `NbAioPool`. Also for errors that
   * come after a task's outcome, see `PoolErrorInfo.origin`. What it throws becomes a process warning. Default:
   * the failure becomes a process warning, with its stack.
   */
  onError?: (error: unknown, info: PoolErrorInfo) => void;
  /**
   * What SIGINT and SIGTERM do: `'finish'` is `shutdown({ wait: true })`, `'cancel'` is `shutdown({ wait: false })`;
   * when all pools with this option have ended the process goes, by the same signal (exit code 130 or 143). A second
   * signal ends it at once. An application with listeners of its own for the signal ends its process itself. The
   * listeners do not hold the process, and are gone after `shutdown()`. Default: none, signals are not heeded.
   */
  signals?: 'finish' | 'cancel';
}

/** What a task may be submitted with, whether waiting for room or not. @publicApi */
export interface TaskTerms {
  /**
   * Cancels the task when it aborts, as `PoolFuture.cancel(signal.reason)` does. While the submitter still waits
   * for room its submit rejects instead, as with a signal that is aborted already: with TaskCancelledError, whose
   * `cause` is the signal's reason. One listener serves all tasks of a signal, and is gone when they have ended.
   */
  signal?: AbortSignal;
  /**
   * How long the task may run, in ms, from when it starts (waiting does not count). Then its own signal is aborted
   * and its future fails with TaskTimeoutError; the slot stays taken until the task really ends. A synchronous
   * function cannot be interrupted: its value counts. Default none; 1 to 2,147,483,647 (24.8 days).
   */
  timeout?: number;
  /**
   * The higher the sooner: of the tasks that wait, the submitters that wait for room included, the highest priority
   * starts first, and the first submitted among equals. Any finite number, also negative or fractional. Default 0.
   */
  priority?: number;
}

/** @publicApi */
export interface SubmitOptions extends TaskTerms {
  /**
   * Whether to wait for room when the pool is full; `false` rejects with PoolFullError instead. Default true,
   * as nb_aiopool's `block`.
   */
  block?: boolean;
}

/** The options hold for each task of the batch; `timeout` for each alone. @publicApi */
export interface BatchRunOptions extends SubmitOptions {
  /**
   * Whether the first failure rejects. `false` lets all tasks run and resolves with their outcomes, as
   * `Promise.allSettled` does. Default true.
   */
  failFast?: boolean;
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
  signals: oneOf('finish', 'cancel'),
};

const finite: Rule = (value) => (Number.isFinite(value) ? undefined : 'a finite number');

export const termsRules: Rules<TaskTerms> = {
  signal: abortSignal,
  timeout: milliseconds(1),
  priority: finite,
};

export const submitRules: Rules<SubmitOptions> = { block: boolean, ...termsRules };
export const batchRunRules: Rules<BatchRunOptions> = { ...submitRules, failFast: boolean };
export const shutdownRules: Rules<ShutdownOptions> = { wait: boolean };
