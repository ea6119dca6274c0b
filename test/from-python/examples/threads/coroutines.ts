// A program of its own. docs/from-python.md quotes the region.
// #region coroutines
import { AsyncPoolExecutor } from '../../../../lib/executor/index.js';

const start = performance.now();
const thread = AsyncPoolExecutor.forModule<
  typeof import('./work.js')
>(new URL('./work.js', import.meta.url));
console.log(`TIME: ${(performance.now() - start) / 1000}`);

// Both at once, in the other thread's event loop: 6 s.
thread.submit('doSomeWork', 6);
thread.submit('doSomeWork', 4);
// #endregion
