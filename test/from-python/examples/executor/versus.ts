// A program of its own. docs/from-python.md quotes the region.
// #region versus
// AsyncPoolExecutor: asynchronous functions, synchronously
import { AsyncPoolExecutor } from '../../../../lib/executor/index.js';
import { NbAioPool } from '../../../../lib/pool/index.js';
import { asyncFunc } from './work.js';

const executor = AsyncPoolExecutor.forModule<
  typeof import('./work.js')
>(new URL('./work.js', import.meta.url));

const future = executor.submit('asyncFunc', 'arg', 1);
console.log(future.result()); // blocks: no await

// NbAioPool: concurrency within asynchronous code
await using pool = new NbAioPool({ maxConcurrency: 100 });
const inPool = await pool.submit(() => asyncFunc('arg', 2));
console.log(await inPool.result());
// #endregion
