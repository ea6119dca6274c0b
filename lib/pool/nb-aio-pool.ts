import { callable, check, checkOptions } from '../options.js';
import { batchRun, batchSubmit, type Intake, type TaskSource } from './batch.js';
import { PoolClosedError, PoolFullError } from './errors.js';
import { Failures } from './failures.js';
import type { PoolFuture } from './future.js';
import {
  defaults,
  poolRules,
  shutdownRules,
  submitRules,
  type PoolOptions,
  type ShutdownOptions,
  type SubmitOptions,
} from './options.js';
import { Scheduler } from './scheduler.js';
import type { PoolStats } from './stats.js';
import { Task } from './task.js';
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

  /**
   * @throws UnknownOptionError for an option that does not exist.
   * @throws InvalidOptionError for a value that is not allowed.
   */
  constructor(options: PoolOptions = {}) {
    checkOptions('NbAioPool', options, poolRules);
    const { name = defaults.name, maxConcurrency = defaults.maxConcurrency } = options;
    const { maxQueueSize = defaults.maxQueueSize, context = defaults.context, onError } = options;
    this.name = name;
    const failures = new Failures(name, onError);
    this.#scheduler = new Scheduler({ name, maxConcurrency, maxQueueSize, context }, failures);
  }

  /**
   * Submits a task; nb_aiopool's `submit(coro, block)`. Resolves with its future as soon as the task is
   * accepted, that is, running or waiting for a slot: awaiting it is the back-pressure. With a free slot the
   * task starts before `submit` returns.
   *
   * Rejects with PoolFullError (`block: false`, no room), PoolClosedError (shut down, before or while waiting
   * for room) or InvalidOptionError (not a function, or a wrong option).
   */
  submit<T>(fn: TaskFunction<T>, options?: SubmitOptions): Promise<PoolFuture<T>> {
    try {
      const task = this.#create(fn, options);
      return this.#enter(task, options) ?? Promise.resolve(task);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The form of `submit` that never waits and makes no promise: the future, or undefined when there is no room.
   *
   * @throws PoolClosedError after a shutdown.
   * @throws InvalidOptionError for what is not a function.
   */
  trySubmit<T>(fn: TaskFunction<T>): PoolFuture<T> | undefined {
    const task = this.#create(fn);
    return this.#scheduler.accept(task) ? task : undefined;
  }

  /**
   * Submits a task and waits for its value; nb_aiopool's `run`. Rejects with the task's error, or as `submit`
   * does, or with TaskCancelledError.
   */
  run<T>(fn: TaskFunction<T>, options?: SubmitOptions): Promise<T> {
    try {
      const task = this.#create(fn, options);
      if (!this.#scheduler.accept(task)) {
        this.#mayBlock(options);
        this.#scheduler.block(task);
      }
      return task.result();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Submits all tasks of an iterable or async iterable, in order; nb_aiopool's `batch_submit`. They are pulled
   * one by one, and while the pool is full none is, so the source may be endless. Resolves with their futures
   * once all are accepted.
   *
   * Rejects as `submit` does, or with what the source throws. The tasks accepted until then go on, and their
   * failures go to `onError`.
   */
  batchSubmit<T>(tasks: TaskSource<T>, options?: SubmitOptions): Promise<PoolFuture<T>[]> {
    return batchSubmit(this.#intake(options), tasks);
  }

  /**
   * Runs all tasks of an iterable or async iterable; nb_aiopool's `batch_run`. Resolves with their values in
   * the order of the tasks.
   *
   * Rejects at once with the first failure, or as `batchSubmit` does. Then no more tasks are pulled; those
   * accepted go on, and further failures among them go to `onError`.
   */
  batchRun<T>(tasks: TaskSource<T>, options?: SubmitOptions): Promise<T[]> {
    return batchRun(this.#intake(options), tasks);
  }

  /**
   * Resolves when nothing runs, waits or is blocked; at once if so now. Inside a task of this pool: when
   * nothing else does, as the task and those that wait for it cannot wait for themselves.
   */
  onIdle(): Promise<void> {
    return this.#scheduler.idle();
  }

  /** A frozen snapshot of the pool's figures. */
  stats(): PoolStats {
    return this.#scheduler.stats();
  }

  /**
   * Ends the pool; nb_aiopool's `shutdown(wait)`. From now on nothing is accepted, and submitters that wait
   * for room get PoolClosedError. `wait: true` (the default) lets all accepted tasks finish; `wait: false`
   * cancels the waiting ones (TaskCancelledError) and aborts the signals of the running ones. Either way it
   * resolves when no task runs any more; called inside a task of this pool, when no other one does.
   *
   * May be called again, also with `wait: false` after `wait: true`.
   *
   * Rejects with UnknownOptionError or InvalidOptionError, and then does nothing.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkOptions('shutdown', options, shutdownRules);
    this.#scheduler.close();
    if (options.wait === false) this.#scheduler.cancel();
    await this.#scheduler.idle();
  }

  /** `shutdown({ wait: true })`, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #create<T>(fn: TaskFunction<T>, options?: SubmitOptions): Task<T> {
    if (options !== undefined) checkOptions('submit', options, submitRules);
    if (typeof fn !== 'function') check(this.name, 'a task', fn, callable);
    if (this.#scheduler.closed) throw PoolClosedError.of(this.stats());
    return new Task(this.#scheduler, fn);
  }

  /** Undefined when accepted at once. */
  #enter<T>(task: Task<T>, options: SubmitOptions | undefined): Promise<Task<T>> | undefined {
    if (this.#scheduler.accept(task)) return undefined;
    this.#mayBlock(options);
    return new Promise((resolve, reject) => {
      task.submitter = { resolve: () => resolve(task), reject };
      this.#scheduler.block(task);
    });
  }

  #mayBlock(options: SubmitOptions | undefined): void {
    if (options?.block === false) throw PoolFullError.of(this.stats());
  }

  #intake<T>(options: SubmitOptions | undefined): Intake<T> {
    return {
      create: (fn) => this.#create(fn, options),
      enter: (task) => this.#enter(task, options),
      withdraw: (task, error) => this.#scheduler.withdraw(task, error),
      awaited: (task) => this.#scheduler.awaited(task),
      report: (task) => this.#scheduler.failures.report(task),
    };
  }
}
