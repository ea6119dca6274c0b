// A process of its own, which must end by itself: see adaptive-limit.test.ts.
import { AdaptiveLimit } from '../../lib/pool/adaptive/index.js';
import { NbAioPool } from '../../lib/pool/index.js';

const pool = new NbAioPool();
const limit = new AdaptiveLimit(pool, { min: 1, max: 10 });
console.log(`${await pool.run(() => Promise.resolve(1))} task, limit ${limit.limit}`);
