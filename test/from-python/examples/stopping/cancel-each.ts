// A program of its own. docs/from-python.md quotes the region.
// #region cancelEach
import { setTimeout as sleep } from 'node:timers/promises';
import { NbAioPool } from '../../../../lib/pool/index.js';

async function doSomeWork(x: number, signal: AbortSignal) {
  console.log('Waiting:', x);
  await sleep(x * 1000, undefined, { signal });
  return `Done after ${x}s`;
}

const start = performance.now();
const pool = new NbAioPool();
process.once('SIGINT', () => {
  console.log(futures);
  for (const future of futures) console.log(future.cancel());
});

const futures = await pool.batchSubmit(
  [1, 2, 2].map((x) => (context) => {
    return doSomeWork(x, context.signal);
  }),
);

await pool.onIdle();
console.log('TIME:', (performance.now() - start) / 1000);
// #endregion
