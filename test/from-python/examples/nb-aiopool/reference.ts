// nb_aiopool's page: the reference, and best practices. docs/from-python.md quotes the regions.
import {
  NbAioPool,
  type PoolFuture,
} from '../../../../lib/pool/index.js';
import { range } from '../range.js';
import { myTask } from './quick-start.js';

// #region api
interface Pool extends AsyncDisposable {
  /** Resolves with the future once the task is accepted. */
  submit<T>(
    fn: () => Promise<T>,
    options?: { block?: boolean },
  ): Promise<PoolFuture<T>>;

  /** Resolves with the task's value. */
  run<T>(
    fn: () => Promise<T>,
    options?: { block?: boolean },
  ): Promise<T>;

  /** Futures of all, once all are accepted. */
  batchSubmit<T>(
    fns: Iterable<() => Promise<T>>,
    options?: { block?: boolean },
  ): Promise<PoolFuture<T>[]>;

  /** The values of all, in order. */
  batchRun<T>(
    fns: Iterable<() => Promise<T>>,
    options?: { block?: boolean },
  ): Promise<T[]>;

  shutdown(options?: { wait?: boolean }): Promise<void>;
}

// The defaults
export const shared: Pool = new NbAioPool({
  maxConcurrency: 100, // tasks that run
  maxQueueSize: 1000, // tasks that wait: the back-pressure
});
// #endregion

export async function docstrings() {
  // #region docstrings
  // submit
  const future = await shared.submit(() => myTask(10));
  const submitted = await future.result();

  // run
  const run = await shared.run(() => myTask(10));

  // batchSubmit
  const tasks = range(100).map((i) => () => myTask(i));
  const futures = await shared.batchSubmit(tasks);
  const gathered = await Promise.all(
    futures.map((each) => each.result()),
  );

  // batchRun
  const results = await shared.batchRun(tasks);
  // #endregion
  return { submitted, run, gathered, results };
}

export async function bestPractices() {
  const task = myTask;
  // #region bestPractices
  // 1. Let 'await using' end the pool.
  await using pool = new NbAioPool({ maxConcurrency: 100 });
  await pool.submit(() => task(0));

  // 2. Concurrency by the kind of work:
  // - waits for others: 100 to 1,000; crawlers to 10,000
  // - keeps a CPU busy: no pool helps, since a process runs
  //   JavaScript in one thread; take an AsyncPoolExecutor
  //   with as many threads as there are cores.

  // 3. Queue size: ten times the concurrency, or more.

  // 4. Batches: batchRun
  const tasks = range(1000).map((i) => () => task(i));
  const results = await pool.batchRun(tasks);

  // or batchSubmit, where you want to wait later
  const futures = await pool.batchSubmit(tasks);
  const gathered = await Promise.all(
    futures.map((future) => future.result()),
  );

  // the long way
  const submitted: PoolFuture<number>[] = [];
  for (const i of range(1000)) {
    submitted.push(await pool.submit(() => task(i)));
  }
  const same = await Promise.all(
    submitted.map((future) => future.result()),
  );
  // #endregion
  return [results, gathered, same];
}
