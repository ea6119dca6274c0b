// A program of its own. docs/from-python.md quotes the region.
// #region hundred
import { AsyncPoolExecutor } from '../../../../lib/executor/index.js';

const pool = AsyncPoolExecutor.forModule<
  typeof import('./work.js')
>(new URL('./work.js', import.meta.url), { size: 10 });

// More can be added at any time.
for (let i = 0; i < 100; i++) pool.submit('asyncF', i);
// #endregion
