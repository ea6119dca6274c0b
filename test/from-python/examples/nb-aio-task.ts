// The example of nb_aio_task, on nb_aiopool's page. docs/from-python.md quotes the regions.
// #region tasks
import { setTimeout as sleep } from 'node:timers/promises';
import {
  aioTask,
  batchConsume,
} from '../../../lib/standalone/index.js';

export const myFun1 = aioTask(
  { queue: 'my_queue1', maxConcurrency: 100 },
  async (x: number, y: number) => {
    await sleep(1000);
    console.log(`my_fun1: ${x}, ${y}`);
    // A task may submit to other queues.
    for (let i = 0; i < 5; i++) {
      await myFun2.submit({ a: x * 3 + i });
    }
    return x + y;
  },
);

export const myFun2 = aioTask(
  { queue: 'my_queue2', maxConcurrency: 50 },
  // Keyword arguments become one object.
  async ({ a }: { a: number }) => {
    await sleep(1000);
    console.log(`my_fun2: ${a}`);
    return a * 2;
  },
);
// #endregion

// #region producer
export async function producer(): Promise<void> {
  await myFun1.submit(1, 2);
  await myFun1.submit(10, 20);
  await myFun1.submit(100, 200);
  console.log(`queue size: ${await myFun1.getQueueSize()}`);
}
// #endregion

// #region consumer
export async function consumer(): Promise<void> {
  // 1: one of them
  // await myFun1.consume();

  // 2: several
  await batchConsume([myFun1, myFun2]);
}
// #endregion

export async function consumeOne(): Promise<void> {
  await myFun1.consume();
}

export async function main(): Promise<void> {
  // #region main
  // A call runs it here; nothing is queued.
  console.log(`run directly: ${await myFun1(1, 2)}`);

  for (let i = 0; i < 100; i++) await myFun1.submit(i, i + 1);

  // Until stopped: by stop(), SIGINT or SIGTERM
  await batchConsume([myFun1, myFun2]);
  // #endregion
}

// #region memory
// No Redis: in this process, and gone with it
export const double = aioTask(
  { queue: 'double', broker: 'memory' },
  async (a: number) => a * 2,
);
// #endregion

export async function memory(): Promise<number> {
  const consumption = double.consume();
  try {
    // #region memory

    const value = await double.run(21); // submit, and wait: 42
    // #endregion
    return value;
  } finally {
    await double.close();
    await consumption;
  }
}
