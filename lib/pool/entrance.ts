import type { Intake } from './batch.js';
import { PoolClosedError, PoolFullError } from './errors.js';
import type { SubmitOptions, TaskTerms } from './options.js';
import type { Scheduler } from './scheduler.js';
import { refuseTask, takeOver, warnOfPromise } from './refusal.js';
import { Task } from './task.js';
import type { TaskFunction } from './task-context.js';
import { setTerms } from './terms.js';

/** Makes tasks of functions and brings them to the scheduler. The options are checked already. */
export class Entrance {
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** @throws InvalidOptionError, PoolClosedError, TaskCancelledError */
  create<T>(fn: TaskFunction<T>, terms: TaskTerms | undefined): Task<T> {
    const scheduler = this.#scheduler;
    if (typeof fn !== 'function') throw refuseTask(scheduler.name, fn);
    if (scheduler.closed) throw PoolClosedError.of(scheduler.stats());
    const task = new Task(scheduler, fn);
    if (terms !== undefined) setTerms(task, terms);
    return task;
  }

  /** Whether there was room; never waits. */
  tryEnter(task: Task): boolean {
    if (this.#scheduler.accept(task)) return true;
    task.terms?.ended(task);
    return false;
  }

  /** Undefined when accepted at once. @throws PoolFullError */
  enter<T>(task: Task<T>, options: SubmitOptions | undefined): Promise<Task<T>> | undefined {
    if (this.#scheduler.accept(task)) return undefined;
    this.#mayBlock(task, options);
    return new Promise((resolve, reject) => {
      task.submitter = { resolve: () => resolve(task), reject };
      this.#scheduler.block(task);
    });
  }

  /** The task's value. It needs no promise for being accepted. @throws PoolFullError */
  run<T>(task: Task<T>, options: SubmitOptions | undefined): Promise<T> {
    if (!this.#scheduler.accept(task)) {
      this.#mayBlock(task, options);
      this.#scheduler.block(task);
    }
    const outcome = task.ask();
    if (task.isOpen) this.#scheduler.awaitedHere(task);
    return outcome;
  }

  intake<T>(options: SubmitOptions | undefined): Intake<T> {
    return {
      create: (fn) => this.create(fn, options),
      enter: (task) => this.enter(task, options),
      withdraw: (task, error) => this.#scheduler.withdraw(task, error),
      awaited: (task) => this.#scheduler.awaited(task),
      takeOver: (given) => takeOver(given, warnOfPromise(this.#scheduler.name)),
      report: (task) => this.#scheduler.failures.report(task),
    };
  }

  #mayBlock(task: Task, options: SubmitOptions | undefined): void {
    if (options?.block !== false) return;
    task.terms?.ended(task);
    throw PoolFullError.of(this.#scheduler.stats());
  }
}
