// A program of its own. docs/from-python.md quotes the region.
// #region errors
import { AsyncPoolExecutor } from '../../../../lib/executor/index.js';

const thread = AsyncPoolExecutor.forModule<
  typeof import('./work.js')
>(new URL('./work.js', import.meta.url), {
  // Of what nobody asks about
  onError: (error, info) =>
    console.log(`${info.function} failed: ${String(error)}`),
});

// The error comes to this thread with the result:
try {
  thread.submit('fetchText', 'http://').result();
} catch (error) {
  console.log(`caught: ${String(error)}`);
}
await thread
  .run('fetchText', 'http://')
  .catch((error) => console.log(`awaited: ${String(error)}`));

// and to onError when nobody asks for it:
thread.submit('fetchText', 'http://');
// #endregion
