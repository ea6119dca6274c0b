// A program of its own. docs/from-python.md quotes the region.
// #region class
import { AsyncPoolExecutor } from '../../../../lib/executor/index.js';

const pool = AsyncPoolExecutor.forModule<
  typeof import('./work.js')
>(new URL('./work.js', import.meta.url), {
  size: 3, // tasks that run: self._sem
  maxQueueSize: 3, // and that wait: self._queue
});

// A failure goes to stderr, with its stack; the rest goes on.
pool.submit('fails');

// Blocks while 3 run and 3 wait.
for (let i = 0; i < 30; i++) pool.submit('asyncF', i);

// Blocks until all have ended. The exit of the process does
// the same: self.shutdown is not for you to register.
pool.shutdown();
console.log('the loop is closed');
// #endregion
