import { InvalidOptionError } from '../errors.js';
import { quote } from '../options.js';
import type { PoolFuture } from './future.js';
import type { Task } from './task.js';
import type { TaskFunction } from './task-context.js';

/** Where a batch takes its tasks from; pulled one by one, and only while the pool has room. @publicApi */
export type TaskSource<T> = Iterable<TaskFunction<T>> | AsyncIterable<TaskFunction<T>>;

/** How a batch reaches its pool. */
export interface Intake<T> {
  create(fn: TaskFunction<T>): Task<T>;
  /** Resolves once the task is accepted; undefined when it already is. Throws when it is refused. */
  enter(task: Task<T>): Promise<unknown> | undefined;
  /** Takes back a task that is not accepted yet. */
  withdraw(task: Task<T>, error: Error): void;
  /** Somebody wants this task's outcome. */
  awaited(task: Task<T>): void;
  report(task: Task<T>): void;
}

export async function batchSubmit<T>(intake: Intake<T>, source: TaskSource<T>): Promise<PoolFuture<T>[]> {
  const tasks: Task<T>[] = [];
  try {
    await forEach(source, (fn) => {
      const task = intake.create(fn);
      // The caller has no future to ask before the whole batch is accepted.
      task.held = true;
      tasks.push(task);
      return intake.enter(task);
    });
    return tasks;
  } finally {
    for (const task of tasks) task.letGo();
  }
}

export function batchRun<T>(intake: Intake<T>, source: TaskSource<T>): Promise<T[]> {
  return new Promise((resolve, reject) => {
    void new BatchRun(intake, resolve, reject).pull(source);
  });
}

/** Collects the values in order; the first failure ends it, and what fails after that is reported instead. */
class BatchRun<T> {
  readonly #intake: Intake<T>;
  readonly #resolve: (values: T[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #values: T[] = [];
  /** What is still to end: the tasks, and the pulling. */
  #open = 1;
  #failed = false;
  #entering: Task<T> | undefined;

  constructor(intake: Intake<T>, resolve: (values: T[]) => void, reject: (error: unknown) => void) {
    this.#intake = intake;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  async pull(source: TaskSource<T>): Promise<void> {
    try {
      await forEach(source, (fn) => this.#add(fn));
      this.#close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #add(fn: TaskFunction<T>): Promise<unknown> | undefined {
    if (this.#failed) throw new BatchFailed();
    const task = this.#intake.create(fn);
    const index = this.#values.length++;
    task.watcher = () => this.#ended(task, index);
    this.#entering = task;
    this.#open++;
    const entered = this.#intake.enter(task);
    if (task.state === 'waiting') this.#intake.awaited(task);
    return entered;
  }

  #ended(task: Task<T>, index: number): void {
    if (task.state === 'done') {
      this.#values[index] = task.value;
      this.#close();
    } else if (!this.#failed) {
      this.#fail(task.error);
    } else if (task.state === 'failed') {
      this.#intake.report(task);
    }
  }

  #close(): void {
    if (--this.#open === 0) this.#resolve(this.#values);
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#reject(error);
    if (this.#entering !== undefined) this.#intake.withdraw(this.#entering, new BatchFailed());
  }
}

/** Never seen outside: it ends the pulling of a batch that has failed. */
class BatchFailed extends Error {}

/** Closes the iterator when `visit` throws or rejects, as `for` loops do. */
async function forEach<T>(
  source: TaskSource<T>,
  visit: (fn: TaskFunction<T>) => Promise<unknown> | undefined,
) {
  if (typeof source !== 'object' || source === null) throw notASource(source);
  if (Symbol.asyncIterator in source) {
    for await (const fn of source) await visit(fn);
  } else if (Symbol.iterator in source) {
    for (const fn of source) {
      const entered = visit(fn);
      if (entered !== undefined) await entered;
    }
  } else {
    throw notASource(source);
  }
}

function notASource(given: unknown): InvalidOptionError {
  return new InvalidOptionError(
    `a batch must be an iterable or async iterable of functions, but was ${quote(given)}.`,
  );
}
