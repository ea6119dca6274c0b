// A program of its own. docs/from-python.md quotes the region.
// #region stopConsumer
import { setTimeout as sleep } from 'node:timers/promises';
import { aioTask } from '../../../../lib/standalone/index.js';

const doSomeWork = aioTask(
  { queue: 'queue', maxConcurrency: 1 },
  async (x: number) => {
    console.log(`Waiting ${x}`);
    await sleep(x * 1000);
    console.log(`Done ${x}`);
  },
);

// SIGINT and SIGTERM stop it: running tasks end (or after
// 30 s are given back), those that wait stay in the queue.
await doSomeWork.consume();
console.log('stopped');
// #endregion
