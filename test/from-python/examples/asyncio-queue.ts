// The asyncio guide: a Redis queue and its consumers. docs/from-python.md quotes the regions.
// #region master
import { setTimeout as sleep } from 'node:timers/promises';
import { aioTask } from '../../../lib/standalone/index.js';

export const doSomeWork = aioTask(
  { queue: 'queue' },
  async (x: number) => {
    console.log('Waiting', x);
    await sleep(x * 1000);
    console.log('Done', x);
  },
);

export async function master(): Promise<void> {
  await doSomeWork.consume();
}
// #endregion

// #region push
export async function push(): Promise<void> {
  for (const x of [2, 5, 1, 1]) await doSomeWork.submit(x);
}
// #endregion

// #region blockingPop
export async function blockingPop(): Promise<void> {
  try {
    // Waits in Redis (BLPOP), and takes what has come: many
    // at a time, and no more than it has room for.
    await doSomeWork.consume();
  } catch (error) {
    console.log('error', error);
  }
}
// #endregion

// #region customer
async function fetchText(path: string): Promise<string> {
  const server = process.env['SMS'] ?? 'http://127.0.0.1:5000';
  const response = await fetch(`${server}/${path}`);
  console.log(response.status);
  if (!response.ok) throw new Error(await response.text());
  return response.text();
}

export const sendMessage = aioTask(
  { queue: 'sms', retry: { maxAttempts: 1 } },
  async (x: number) => {
    console.log('Waiting', x);
    try {
      console.log(await fetchText(String(x)));
    } catch (error) {
      console.log(await fetchText('error')); // the alarm
      throw error; // to the one who waits for it
    }
    console.log('Done', x);
  },
);
// #endregion

export async function errorReachesCaller(): Promise<void> {
  // #region errorReachesCaller
  // In this process, or in any other
  try {
    await sendMessage.run(-1);
  } catch (error) {
    console.log(String(error)); // TaskFailedError: ...
    console.log((error as Error).cause); // the task's own
  }
  // #endregion
}

// #region twoWorkers
const now = () => performance.now() / 1000; // in seconds

// Two at a time, in one loop, and nothing that blocks it
export const wait = aioTask(
  { queue: 'two', maxConcurrency: 2 },
  async (x: number) => {
    const start = now();
    console.log('Wait', x);
    await sleep(x * 1000);
    console.log('Done', x, now() - start);
  },
);

export async function twoWorkers(): Promise<void> {
  await wait.consume(); // until Ctrl+C
}
// #endregion
