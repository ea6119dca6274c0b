// nb_aiopool's page: the quick start. docs/from-python.md quotes the regions.
// #region quickStart
import { setTimeout as sleep } from 'node:timers/promises';
import {
  NbAioPool,
  type PoolFuture,
} from '../../../../lib/pool/index.js';

/** Your business logic. */
export async function myTask(x: number): Promise<number> {
  await sleep(100);
  return x * 2;
}
// #endregion

export async function quickStart(): Promise<void> {
  // #region quickStart
  // At most 10 tasks run, at most 1,000 wait.
  await using pool = new NbAioPool({
    maxConcurrency: 10,
    maxQueueSize: 1000,
  });

  // 1: submit gives a future, and does not wait for the task
  const future = await pool.submit(() => myTask(5));
  const first = await future.result(); // when you need it
  console.log(`result: ${first}`);

  // 2: submit and wait for the result at once
  const second = await pool.run(() => myTask(10));
  console.log(`result: ${second}`);

  // 3: many
  const futures: PoolFuture<number>[] = [];
  for (let i = 0; i < 100; i++) {
    futures.push(await pool.submit(() => myTask(i)));
  }
  const results = await Promise.all(
    futures.map((each) => each.result()),
  );
  console.log('results:', results);
  // #endregion
}
