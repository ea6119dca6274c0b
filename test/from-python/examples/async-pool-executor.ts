// What async_pool_executor's page does without it. docs/from-python.md quotes the regions.
import { setTimeout as sleep } from 'node:timers/promises';
import { NbAioPool } from '../../../lib/pool/index.js';
import { range } from './range.js';
import { Semaphore } from './semaphore.js';

async function asyncF(x: number): Promise<void> {
  await sleep(2000);
  console.log(x);
}

export async function withSemaphore(): Promise<void> {
  // #region withSemaphore
  // Plain Node: by hand, for tasks that are all known
  const semaphore = new Semaphore(10);
  await Promise.all(
    range(100).map((i) => semaphore.use(() => asyncF(i))),
  );
  // #endregion
}

export async function withPool(): Promise<void> {
  // #region withPool
  // NbAioPool: from asynchronous code, and as they come
  await using pool = new NbAioPool({ maxConcurrency: 10 });
  for (const i of range(100)) {
    await pool.submit(() => asyncF(i));
  }
  // #endregion
}
