import { check, checkOptions } from '../options.js';
import { callOutside } from './async-context.js';
import { batchRun, batchSettle, batchSubmit, type TaskSource } from './batch.js';
import { Entrance } from './entrance.js';
import { PoolClosedError } from './errors.js';
import { endOnSignals } from './exit-signals.js';
import { Failures } from './failures.js';
import type { PoolFuture } from './future.js';
import { observe, type TaskObserver } from './observer.js';
import {
  batchRunRules,
  defaults,
  poolRules,
  shutdownRules,
  submitRules,
  termsRules,
  type BatchRunOptions,
  type PoolOptions,
  type ShutdownOptions,
  type SubmitOptions,
  type TaskTerms,
} from './options.js';
import { Scheduler } from './scheduler.js';
import type { PoolStats } from './stats.js';
import type { TaskFunction } from './task-context.js';

/**
 * Runs tasks with bounded concurrency and back-pressure, inside this process; nb_aiopool's NbAioPool. Local
 * or global: `await using pool = new NbAioPool()` shuts it down at the end of the block, as Python's
 * `async with`.
 *
 * At most `maxConcurrency` tasks run and `maxQueueSize` wait; whoever submits more waits in line for room. A
 * task may submit to its own pool, full or not, and wait for what it submitted: where no slot is free such a
 * child runs on its caller's slot, one at a time. A failed task whose `result()` nobody has called by the end
 * of the event loop's turn in which it failed (for batches: in which the batch was accepted) goes to
 * `onError`, once; it never becomes an unhandled rejection. docs/pool.md has the rules in full.
 *
 * @publicApi
 */
export class NbAioPool implements AsyncDisposable {
  /** As given in the options. */
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #entrance: Entrance;
  /** Stops heeding SIGINT and SIGTERM, if the pool does. */
  readonly #ignoreSignals: (() => void) | undefined;

  /**
   * @throws UnknownOptionError for an option that does not exist.
   * @throws InvalidOptionError for a value that is not allowed.
   */
  constructor(options: PoolOptions = {}) {
    checkOptions('NbAioPool', options, poolRules);
    const { name = defaults.name, maxConcurrency = defaults.maxConcurrency } = options;
    const { maxQueueSize = defaults.maxQueueSize, context = defaults.context } = options;
    this.name = name;
    const failures = new Failures(name, options.onError);
    this.#scheduler = new Scheduler({ name, maxConcurrency, maxQueueSize, context }, failures);
    this.#entrance = new Entrance(this.#scheduler);
    this.#ignoreSignals = options.signals && endOnSignals(this, options.signals);
  }

  /**
   * Tasks that run at the same time, at most. May be set at any time, to a whole number of at least 1: raised,
   * it starts waiting tasks at once; lowered, the running ones end in their own time, and until as many have
   * ended nothing new starts.
   *
   * @throws InvalidOptionError for a value that is not allowed.
   */
  get maxConcurrency(): number {
    return this.#scheduler.maxConcurrency;
  }

  set maxConcurrency(limit: number) {
    check(this.name, `'maxConcurrency'`, limit, poolRules.maxConcurrency);
    this.#scheduler.maxConcurrency = limit;
  }

  /**
   * Submits a task; nb_aiopool's `submit(coro, block)`. Resolves with its future as soon as the task is
   * accepted, that is, running or waiting for a slot: awaiting it is the back-pressure. With a free slot the
   * task starts before `submit` returns; beyond 50 such starts within each other, in a microtask.
   *
   * Rejects with PoolFullError (`block: false`, no room), PoolClosedError (shut down, before or while waiting
   * for room), TaskCancelledError (its `signal` aborted, before or while waiting for room), or with
   * InvalidOptionError or UnknownOptionError (not a function, or a wrong option).
   */
  submit<T>(fn: TaskFunction<T>, options?: SubmitOptions): Promise<PoolFuture<T>> {
    try {
      if (options !== undefined) checkOptions('submit', options, submitRules);
      const task = this.#entrance.create(fn, options);
      return this.#entrance.enter(task, options) ?? Promise.resolve(task);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The form of `submit` that never waits and makes no promise: the future, or undefined when there is no room.
   *
   * @throws PoolClosedError after a shutdown.
   * @throws TaskCancelledError when its `signal` is aborted already.
   * @throws InvalidOptionError for what is not a function, or a value that is not allowed.
   * @throws UnknownOptionError for an option that does not exist.
   */
  trySubmit<T>(fn: TaskFunction<T>, options?: TaskTerms): PoolFuture<T> | undefined {
    if (options !== undefined) checkOptions('trySubmit', options, termsRules);
    const task = this.#entrance.create(fn, options);
    return this.#entrance.tryEnter(task) ? task : undefined;
  }

  /**
   * Submits a task and waits for its value; nb_aiopool's `run`. Rejects with the task's error, or as `submit` and
   * `PoolFuture.result()` do.
   */
  run<T>(fn: TaskFunction<T>, options?: SubmitOptions): Promise<T> {
    try {
      if (options !== undefined) checkOptions('run', options, submitRules);
      return this.#entrance.run(this.#entrance.create(fn, options), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Submits all tasks of an iterable or async iterable, in order; nb_aiopool's `batch_submit`. They are pulled
   * one by one, and while the pool is full none is, so the source may be endless. Resolves with their futures
   * once all are accepted.
   *
   * Rejects as `submit` does, or with what the source throws, once the source's `return()` is through. The tasks
   * accepted until then go on, and their failures go to `onError`.
   */
  async batchSubmit<T>(tasks: TaskSource<T>, options?: SubmitOptions): Promise<PoolFuture<T>[]> {
    if (options !== undefined) checkOptions('batchSubmit', options, submitRules);
    return batchSubmit(this.#entrance.intake(options), tasks);
  }

  /**
   * Runs all tasks of an iterable or async iterable; nb_aiopool's `batch_run`. Resolves with their values in
   * the order of the tasks.
   *
   * Rejects at once with the first failure, or as `batchSubmit` does. Then no more tasks are pulled; those
   * accepted go on, and further failures among them go to `onError`.
   *
   * With `failFast: false` a task's failure, or its cancellation, is an outcome as others are, and it resolves with
   * all of them, in order, as `Promise.allSettled` does. It rejects only as `batchSubmit` does; the failures until
   * then, which it does not deliver, go to `onError`.
   */
  batchRun<T>(
    tasks: TaskSource<T>,
    options: BatchRunOptions & { failFast: false },
  ): Promise<PromiseSettledResult<T>[]>;
  batchRun<T>(tasks: TaskSource<T>, options?: BatchRunOptions & { failFast?: true }): Promise<T[]>;
  batchRun<T>(tasks: TaskSource<T>, options?: BatchRunOptions): Promise<T[] | PromiseSettledResult<T>[]>;
  async batchRun<T>(
    tasks: TaskSource<T>,
    options?: BatchRunOptions,
  ): Promise<T[] | PromiseSettledResult<T>[]> {
    if (options !== undefined) checkOptions('batchRun', options, batchRunRules);
    const intake = this.#entrance.intake<T>(options);
    return options?.failFast === false ? batchSettle(intake, tasks) : batchRun(intake, tasks);
  }

  /**
   * Starts nothing new, on lent slots neither; what runs goes on. Tasks are accepted until the queue is full, and
   * then block, or are refused.
   *
   * @throws PoolClosedError after a shutdown, which a pause would keep from its end.
   */
  pause(): void {
    if (this.#scheduler.closed) throw PoolClosedError.of(this.stats());
    this.#scheduler.pause();
  }

  /** Starts what waits, as far as there are slots. Does nothing when the pool is not paused. */
  resume(): void {
    this.#scheduler.resume();
  }

  /**
   * Resolves when nothing runs, waits or is blocked; at once if so now. Inside a task of this pool: when
   * nothing else does, as the task and those that wait for it cannot wait for themselves. A paused pool with
   * waiting tasks is not idle.
   */
  onIdle(): Promise<void> {
    return this.#scheduler.idle();
  }

  /**
   * Resolves when a submit would be accepted without waiting; at once if so now and nobody else waits for it. Those
   * who wait are woken in order, as many as there is room for. It reserves nothing:
   * `while (!pool.trySubmit(fn)) await pool.onRoom()`.
   *
   * Rejects with PoolClosedError after a shutdown, and when one is called meanwhile. A task that waits so keeps
   * its slot: when all that run do, or wait for one that does, it rejects with PoolFullError for each; `submit()`
   * needs no room there.
   */
  onRoom(): Promise<void> {
    return this.#scheduler.whenRoom();
  }

  /** A frozen snapshot of the pool's figures. */
  stats(): PoolStats {
    return this.#scheduler.stats();
  }

  /**
   * Ends the pool; nb_aiopool's `shutdown(wait)`. From now on nothing is accepted, and submitters that wait
   * for room get PoolClosedError. `wait: true` (the default) lets all accepted tasks finish; `wait: false`
   * cancels the waiting ones (TaskCancelledError) and aborts the signals of the running ones. Either way it
   * resolves when no task runs any more, overdue ones included; called inside a task of this pool, when no other
   * one does. A paused pool is resumed.
   *
   * May be called again, also with `wait: false` after `wait: true`.
   *
   * Rejects with UnknownOptionError or InvalidOptionError, and then does nothing.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkOptions('shutdown', options, shutdownRules);
    const isFirst = !this.#scheduler.closed;
    this.#scheduler.close();
    if (options.wait === false) this.#scheduler.cancel();
    this.#scheduler.resume();
    if (isFirst) void this.#end();
    await this.#scheduler.idle();
  }

  /** From outside: inside a task `idle` is over before that task is, and until then a signal must be heeded. */
  async #end(): Promise<void> {
    await callOutside(() => this.#scheduler.idle());
    this.#ignoreSignals?.();
    this.#scheduler.end();
  }

  /** `shutdown({ wait: true })`, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /**
   * For the rooms above: tells `observer` of each task that leaves its slot, until the returned function is called,
   * and of the pool's end.
   */
  [observe](observer: TaskObserver): () => void {
    return this.#scheduler.addObserver(observer);
  }
}
