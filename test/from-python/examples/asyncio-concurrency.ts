// The asyncio guide: blocking, concurrency, nesting. docs/from-python.md quotes the regions.
// #region doSomeWork
import { setTimeout as sleep } from 'node:timers/promises';
import { amap } from '../../../lib/flow/index.js';
import { NbAioPool } from '../../../lib/pool/index.js';

const now = () => performance.now() / 1000; // in seconds

async function doSomeWork(x: number): Promise<string> {
  console.log('Waiting:', x);
  await sleep(x * 1000);
  return `Done after ${x}s`;
}
// #endregion

export async function blocking(): Promise<void> {
  // #region blocking
  const start = now();
  const pool = new NbAioPool();
  const future = await pool.submit(() => doSomeWork(2));
  console.log('Task ret:', await future.result());
  console.log('TIME:', now() - start);
  // #endregion
}

export async function concurrent(): Promise<void> {
  // #region concurrent
  const start = now();
  const pool = new NbAioPool();
  const futures = await pool.batchSubmit(
    [1, 2, 4].map((x) => () => doSomeWork(x)),
  );

  await Promise.allSettled(
    futures.map((future) => future.result()),
  );

  for (const future of futures) {
    console.log('Task ret:', await future.result());
  }
  console.log('TIME:', now() - start);
  // #endregion
}

export async function nested(): Promise<void> {
  // #region nested
  async function main(): Promise<void> {
    await using pool = new NbAioPool();
    const results = await pool.batchRun(
      [1, 2, 4].map((x) => () => doSomeWork(x)),
    );
    for (const each of results) console.log('Task ret:', each);
  }

  const start = now();
  await main();
  console.log('TIME:', now() - start);
  // #endregion
}

export async function gather(): Promise<void> {
  const pool = new NbAioPool();
  const futures = await pool.batchSubmit(
    [1, 2, 4].map((x) => () => doSomeWork(x)),
  );
  // #region gather
  const results = await Promise.all(
    futures.map((future) => future.result()),
  );
  for (const each of results) console.log('Task ret:', each);
  // #endregion
}

export async function returnGather(): Promise<void> {
  // #region returnGather
  async function main(): Promise<string[]> {
    await using pool = new NbAioPool();
    return await pool.batchRun(
      [1, 2, 2].map((x) => () => doSomeWork(x)),
    );
  }

  const results = await main();
  for (const each of results) console.log('Task ret:', each);
  // #endregion
}

export async function returnWait(): Promise<void> {
  // #region returnWait
  async function main() {
    await using pool = new NbAioPool();
    return await pool.batchRun(
      [1, 2, 4].map((x) => () => doSomeWork(x)),
      { failFast: false }, // outcomes, as Promise.allSettled
    );
  }

  for (const outcome of await main()) {
    if (outcome.status === 'fulfilled')
      console.log('Task ret:', outcome.value);
    else console.log('Task failed:', outcome.reason);
  }
  // #endregion
}

export async function asCompleted(): Promise<void> {
  // #region asCompleted
  const start = now();
  for await (const each of amap(doSomeWork, [1, 2, 4])) {
    console.log(`Task ret: ${each}`);
  }
  console.log('TIME:', now() - start);
  // #endregion
}
