// nb_aiopool's page: how pools begin and end. docs/from-python.md quotes the regions.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  NbAioPool,
  type PoolFuture,
} from '../../../../lib/pool/index.js';
import { range } from '../range.js';

// #region sampleTask
async function sampleTask(x: number): Promise<number> {
  await sleep(100);
  console.log(x);
  return x * 2;
}
// #endregion

export async function localPool(): Promise<void> {
  // #region localPool
  {
    await using pool = new NbAioPool({
      maxConcurrency: 10,
      maxQueueSize: 1000,
    });

    // 1: submit one by one
    const futures: PoolFuture<number>[] = [];
    for (const i of range(100)) {
      futures.push(await pool.submit(() => sampleTask(i)));
    }
    const first = await Promise.all(
      futures.map((future) => future.result()),
    );
    console.log('results 1:', first);

    // 2: run one by one
    for (const i of range(10)) {
      const result = await pool.run(() => sampleTask(i));
      console.log(`result of task ${i}: ${result}`);
    }

    // 3: batchSubmit
    const tasks = range(100).map((i) => () => sampleTask(i));
    const batch = await pool.batchSubmit(tasks);
    const third = await Promise.all(
      batch.map((future) => future.result()),
    );
    console.log('results 3:', third);

    // 4: batchRun
    const fourth = await pool.batchRun(tasks);
    console.log('results 4:', fourth);
  } // the end of the block: pool.shutdown({ wait: true })
  // #endregion
}

export async function byHand(): Promise<void> {
  // #region byHand
  const pool = new NbAioPool({
    maxConcurrency: 10,
    maxQueueSize: 1000,
  });

  const futures = await pool.batchSubmit(
    range(100).map((i) => () => sampleTask(i)),
  );
  const results = await Promise.all(
    futures.map((future) => future.result()),
  );
  console.log('results:', results);

  // Node goes on while tasks have timers or sockets open;
  // this says when they have ended, and refuses new ones.
  await pool.shutdown({ wait: true });
  // #endregion
}

// #region globalPool
// One pool for all modules and functions
export const aiopool = new NbAioPool({
  maxConcurrency: 3,
  maxQueueSize: 1000,
});

async function funLevel1(x: number): Promise<void> {
  await sleep(1000);
  console.log(`Level1: ${x}`);
  // A task may submit to its own pool, full or not.
  await aiopool.submit(() => funLevel2(x * 2, x * 3));
}

async function funLevel2(a: number, b: number) {
  await sleep(2000);
  console.log(`Level2: ${a}, ${b}`);
}

export async function globalPool(): Promise<void> {
  for (const i of range(30)) {
    await aiopool.submit(() => funLevel1(i));
  }
}

// await globalPool();
// The process stays until the last task has ended: there
// is no loop to start, and none to run for ever.
// #endregion

export async function contextManager(): Promise<void> {
  // #region contextManager
  {
    await using scoped = new NbAioPool({ maxConcurrency: 10 });
    await scoped.submit(() => sampleTask(1));
  } // shutdown({ wait: true })
  // #endregion
}

export async function question2(): Promise<void> {
  const task = () => sampleTask(1);
  // #region question2
  // 1: await using
  {
    await using pool = new NbAioPool({ maxConcurrency: 10 });
    await pool.submit(task);
  } // shuts it down

  // 2: by hand
  const pool = new NbAioPool({ maxConcurrency: 10 });
  await pool.submit(task);
  await pool.shutdown({ wait: true });
  // #endregion
}
