// A program of its own. docs/from-python.md quotes the region.
// #region thirty
import { AsyncPoolExecutor } from '../../../../lib/executor/index.js';

const pool = AsyncPoolExecutor.forModule<
  typeof import('./work.js')
>(new URL('./work.js', import.meta.url), { size: 3 });

for (let i = 0; i < 30; i++) pool.submit('asyncF', i);
// The process ends when all of them have.
// #endregion
