// nb_aiopool's page: a semaphore, batches, and the pool. docs/from-python.md quotes the regions.
import { setTimeout as sleep } from 'node:timers/promises';
import { NbAioPool } from '../../../../lib/pool/index.js';
import { Semaphore } from '../semaphore.js';

// #region badExample
async function taskWithSemaphore(
  bigData: string,
  taskId: number,
  semaphore: Semaphore,
): Promise<string> {
  // Bounds what runs, not what exists: bigData is kept.
  return semaphore.use(async () => {
    await sleep(100);
    return `result_${'x'.repeat(200)}_${taskId}_${bigData.length}`;
  });
}

export async function badExample(total = 10_000_000) {
  const semaphore = new Semaphore(1000);

  // Makes 10 million calls at once, each with its string.
  const tasks: Promise<string>[] = [];
  for (let i = 0; i < total; i++) {
    const bigData = `${'task'.repeat(100)}_${i}`;
    tasks.push(taskWithSemaphore(bigData, i, semaphore));
  }

  await Promise.all(tasks);
}
// #endregion

// #region goodExample
/** Knows nothing of concurrency. */
async function cleanTask(
  bigData: string,
  taskId: number,
): Promise<string> {
  await sleep(100);
  return `result_${'x'.repeat(200)}_${taskId}_${bigData.length}`;
}

export async function goodExample(total = 1_000_000) {
  await using pool = new NbAioPool({
    maxConcurrency: 1000,
    maxQueueSize: 10_000,
  });
  // Back-pressure: while the pool is full, submit waits.
  for (let i = 0; i < total; i++) {
    const bigData = `${'task'.repeat(100)}_${i}`;
    await pool.submit(() => cleanTask(bigData, i));
  }
}
// #endregion

// #region safeBatchProcessing
export async function safeBatchProcessing(total = 10_000_000) {
  const semaphore = new Semaphore(1000);
  const batchSize = 1000;

  for (let start = 0; start < total; start += batchSize) {
    const end = Math.min(start + batchSize, total);
    console.log(`batch: ${start} to ${end - 1}`);

    // Only the calls of this batch
    const batch: Promise<string>[] = [];
    for (let i = start; i < end; i++) {
      const bigData = `${'task'.repeat(100)}_${i}`;
      batch.push(taskWithSemaphore(bigData, i, semaphore));
    }

    // The slowest of them holds up all the next ones.
    await Promise.allSettled(batch);
    await sleep(10);
  }
}
// #endregion

// #region noPoolMain
async function aioTaskUseSemaphore(
  bigInput: string,
  n: number,
  semaphore: Semaphore,
): Promise<string> {
  return semaphore.use(async () => {
    await sleep(5000);
    console.log(n);
    return `result_${'x'.repeat(200)}_${n}_${bigInput.slice(0, 50)}`;
  });
}

export async function noPoolMain(total = 1_000_000) {
  console.log('making a million tasks...');
  const semaphore = new Semaphore(1000);
  const tasks: Promise<string>[] = [];
  for (let n = 0; n < total; n++) {
    const bigInput = `${'task'.repeat(100)}_${n}`;
    tasks.push(aioTaskUseSemaphore(bigInput, n, semaphore));
  }

  console.log('running them...');
  await Promise.all(tasks);
  console.log('done');
}
// #endregion

// #region poolMain
async function aioTask(bigInput: string, n: number) {
  await sleep(5000);
  console.log(n);
  return `result_${'x'.repeat(200)}_${n}_${bigInput.slice(0, 50)}`;
}

export async function poolMain(total = 1_000_000) {
  await using pool = new NbAioPool({
    maxConcurrency: 1000,
    maxQueueSize: 10_000,
  });
  for (let n = 0; n < total; n++) {
    const bigInput = `${'task'.repeat(100)}_${n}`;
    await pool.submit(() => aioTask(bigInput, n));
  }
}
// #endregion
