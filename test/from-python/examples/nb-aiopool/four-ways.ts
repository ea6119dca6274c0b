// nb_aiopool's page: submit, run, and their batches. docs/from-python.md quotes the regions.
import {
  NbAioPool,
  type PoolFuture,
} from '../../../../lib/pool/index.js';
import { range } from '../range.js';
import { myTask } from './quick-start.js';

// #region exampleSubmit
export async function exampleSubmit() {
  await using pool = new NbAioPool({ maxConcurrency: 10 });
  const futures: PoolFuture<number>[] = [];
  for (const i of range(100)) {
    futures.push(await pool.submit(() => myTask(i)));
  }

  console.log('submitted; time to do something else');

  // Wait when the results are needed.
  const results = await Promise.all(
    futures.map((future) => future.result()),
  );
  console.log('results:', results);
}
// #endregion

// #region exampleRun
export async function exampleRun() {
  await using pool = new NbAioPool({ maxConcurrency: 10 });
  // One after the other
  for (const i of range(100)) {
    const result = await pool.run(() => myTask(i));
    console.log(`result of task ${i}: ${result}`);
  }
}
// #endregion

// #region exampleBatchSubmit
export async function exampleBatchSubmit() {
  await using pool = new NbAioPool({ maxConcurrency: 10 });
  // Functions, since a call would start the task
  const tasks = range(100).map((i) => () => myTask(i));

  const futures = await pool.batchSubmit(tasks);
  console.log(`${futures.length} tasks submitted`);

  const results = await Promise.all(
    futures.map((future) => future.result()),
  );
  console.log('results:', results);
}
// #endregion

export async function compareSubmitting() {
  await using pool = new NbAioPool({ maxConcurrency: 10 });
  // #region compareSubmitting
  // One by one
  const futures: PoolFuture<number>[] = [];
  for (const i of range(100)) {
    futures.push(await pool.submit(() => myTask(i)));
  }

  // As a batch
  const tasks = range(100).map((i) => () => myTask(i));
  const batch = await pool.batchSubmit(tasks);
  // #endregion
  const values = (some: PoolFuture<number>[]) =>
    Promise.all(some.map((future) => future.result()));
  return [await values(futures), await values(batch)];
}

// #region exampleBatchRun
export async function exampleBatchRun() {
  await using pool = new NbAioPool({ maxConcurrency: 10 });
  const tasks = range(100).map((i) => () => myTask(i));

  const results = await pool.batchRun(tasks);
  console.log('results:', results);
  console.log(`${results.length} tasks done`);
}
// #endregion

export async function compareRunning() {
  await using pool = new NbAioPool({ maxConcurrency: 10 });
  // #region compareRunning
  const tasks = range(100).map((i) => () => myTask(i));

  // In two steps
  const futures = await pool.batchSubmit(tasks);
  const results = await Promise.all(
    futures.map((future) => future.result()),
  );

  // In one: functions can be run again, coroutines cannot
  const same = await pool.batchRun(tasks);
  // #endregion
  return [results, same];
}

export async function fourWays() {
  await using pool = new NbAioPool({ maxConcurrency: 10 });
  // #region fourWays
  // 1: submit, and wait by hand
  const future1 = await pool.submit(() => myTask(1));
  const future2 = await pool.submit(() => myTask(2));
  const submitted = [
    await future1.result(),
    await future2.result(),
  ];

  // 2: run, one after the other
  const run = [
    await pool.run(() => myTask(1)),
    await pool.run(() => myTask(2)),
  ];

  // 3: batchSubmit, and wait by hand
  const tasks = [() => myTask(1), () => myTask(2)];
  const futures = await pool.batchSubmit(tasks);
  const gathered = await Promise.all(
    futures.map((future) => future.result()),
  );

  // 4: batchRun: all in one
  const batch = await pool.batchRun(tasks);
  // #endregion
  return [submitted, run, gathered, batch];
}

export async function question1() {
  await using pool = new NbAioPool();
  // #region question1
  const tasks = range(100).map((i) => () => myTask(i));

  // batchSubmit: futures, to be waited for by hand
  const futures = await pool.batchSubmit(tasks);
  // ... something else ...
  const gathered = await Promise.all(
    futures.map((future) => future.result()),
  );

  // batchRun: the results
  const results = await pool.batchRun(tasks);
  // #endregion
  return [gathered, results];
}
