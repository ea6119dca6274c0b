// A program of its own. docs/from-python.md quotes the region.
// #region cancelAll
import { setTimeout as sleep } from 'node:timers/promises';
import { NbAioPool } from '../../../../lib/pool/index.js';

async function doSomeWork(x: number, signal: AbortSignal) {
  console.log('Waiting:', x);
  await sleep(x * 1000, undefined, { signal });
  return `Done after ${x}s`;
}

// SIGINT and SIGTERM cancel what runs and what waits; then
// the process goes. 'finish' would let them finish.
const pool = new NbAioPool({ signals: 'cancel' });
const outcomes = await pool.batchRun(
  [1, 2, 2].map((x) => (context) => {
    return doSomeWork(x, context.signal);
  }),
  { failFast: false },
);
for (const outcome of outcomes) console.log(outcome.status);
// #endregion
