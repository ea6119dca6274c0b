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
  /** Of a batch that has failed: what in it is no function, but a promise, is nobody's from now on. */
  takeOver(given: readonly unknown[]): void;
}

export async function batchSubmit<T>(intake: Intake<T>, source: TaskSource<T>): Promise<PoolFuture<T>[]> {
  const tasks: Task<T>[] = [];
  try {
    await forEach(intake, source, (fn) => {
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

/** The values, in order; the first failure ends it, and what fails after that is reported instead. */
export function batchRun<T>(intake: Intake<T>, source: TaskSource<T>): Promise<T[]> {
  return new Promise((resolve, reject) => {
    void new BatchRun<T, T>(intake, resolve, reject, (task) => {
      if (task.state !== 'done') throw task.error;
      return task.value;
    }).pull(source);
  });
}

/** All outcomes, in order. */
export function batchSettle<T>(intake: Intake<T>, source: TaskSource<T>): Promise<PromiseSettledResult<T>[]> {
  return new Promise((resolve, reject) => {
    void new BatchRun<T, PromiseSettledResult<T>>(intake, resolve, reject, (task) =>
      task.state === 'done'
        ? { status: 'fulfilled', value: task.value }
        : { status: 'rejected', reason: task.error },
    ).pull(source);
  });
}

/** Collects what `collect` makes of each task; it fails when that throws, or when the source or the pool does. */
class BatchRun<T, R> {
  readonly #intake: Intake<T>;
  readonly #resolve: (collected: R[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #collect: (task: Task<T>) => R;
  readonly #collected: R[] = [];
  /** Failed tasks that were collected: whose failures have to be reported if the batch does not deliver them. */
  #collectedFailures: Task<T>[] = [];
  /** What is still to end: the tasks, and the pulling. */
  #open = 1;
  #failed = false;
  #entering: Task<T> | undefined;

  constructor(
    intake: Intake<T>,
    resolve: (collected: R[]) => void,
    reject: (error: unknown) => void,
    collect: (task: Task<T>) => R,
  ) {
    this.#intake = intake;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#collect = collect;
  }

  async pull(source: TaskSource<T>): Promise<void> {
    try {
      await forEach(this.#intake, source, (fn) => this.#add(fn));
      this.#close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #add(fn: TaskFunction<T>): Promise<unknown> | undefined {
    if (this.#failed) throw new BatchFailed();
    const task = this.#intake.create(fn);
    const index = this.#collected.length++;
    this.#entering = task;
    task.watcher = () => this.#ended(task, index);
    this.#open++;
    const entered = this.#intake.enter(task);
    // A blocked one is awaited as such.
    if (entered === undefined && task.state === 'waiting') this.#intake.awaited(task);
    return entered;
  }

  #ended(task: Task<T>, index: number): void {
    if (this.#failed) return this.#report(task);
    try {
      this.#collected[index] = this.#collect(task);
    } catch (error) {
      return this.#fail(error);
    }
    if (task.state === 'failed') this.#collectedFailures.push(task);
    this.#close();
  }

  #close(): void {
    if (--this.#open === 0) this.#resolve(this.#collected);
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#reject(error);
    for (const task of this.#collectedFailures) this.#report(task);
    this.#collectedFailures = [];
    if (this.#entering !== undefined) this.#intake.withdraw(this.#entering, new BatchFailed());
  }

  #report(task: Task<T>): void {
    if (task.state === 'failed') this.#intake.report(task);
  }
}

/** Never seen outside: it ends the pulling of a batch that has failed. */
class BatchFailed extends Error {}

type Visit<T> = (fn: TaskFunction<T>) => Promise<unknown> | undefined;

async function forEach<T>(intake: Intake<T>, source: TaskSource<T>, visit: Visit<T>): Promise<void> {
  try {
    await visitEach(source, visit);
  } catch (error) {
    if (Array.isArray(source)) intake.takeOver(source);
    throw error;
  }
}

/** Closes the iterator when `visit` throws or rejects, as `for` loops do. */
async function visitEach<T>(source: TaskSource<T>, visit: Visit<T>): Promise<void> {
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
