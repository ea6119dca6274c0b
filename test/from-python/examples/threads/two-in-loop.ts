// A program of its own. docs/from-python.md quotes the region.
// #region twoInLoop
import { AsyncPoolExecutor } from '../../../../lib/executor/index.js';

const thread = AsyncPoolExecutor.forModule<
  typeof import('./loop.js')
>(new URL('./loop.js', import.meta.url));

// Both at once, in the other thread's event loop: 6 s.
thread.submit('doSomeWork', 6);
thread.submit('doSomeWork', 4);
// #endregion
