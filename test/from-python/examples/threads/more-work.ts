// A program of its own. docs/from-python.md quotes the region.
// #region moreWork
import { AsyncPoolExecutor } from '../../../../lib/executor/index.js';

const start = performance.now();
const thread = AsyncPoolExecutor.forModule<
  typeof import('./work.js')
>(new URL('./work.js', import.meta.url));
console.log(`TIME: ${(performance.now() - start) / 1000}`);

// One after the other, since they block their thread: 9 s.
// This thread goes on.
thread.submit('moreWork', 6);
thread.submit('moreWork', 3);
// #endregion
console.log('This thread goes on.');
