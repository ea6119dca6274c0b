// Where neither Nest nor ioredis is installed.
import { deepStrictEqual, rejects } from 'node:assert';
import { AsyncPoolExecutor } from 'nestjs-nb-aiopool/executor';
import { runOnEach } from 'nestjs-nb-aiopool/flow';
import { NbAioPool } from 'nestjs-nb-aiopool/pool';

for (const absent of ['@nestjs/common', 'ioredis', 'rxjs', 'reflect-metadata']) {
  await rejects(import(absent), { code: 'ERR_MODULE_NOT_FOUND' });
}

const pool = new NbAioPool({ maxConcurrency: 2 });
deepStrictEqual(await pool.batchRun([1, 2, 3].map((value) => async () => value * 2)), [2, 4, 6]);
await pool.shutdown();

const seen: number[] = [];
await runOnEach(async (value: number) => void seen.push(value), [1, 2, 3], { maxAtOnce: 1 });
deepStrictEqual(seen, [1, 2, 3]);

const work = new URL('./work.js', import.meta.url);
const executor = AsyncPoolExecutor.forModule<typeof import('./work.js')>(work, { size: 1 });
deepStrictEqual(executor.submit('triple', 7).result(), 21);
executor.shutdown();

console.log('ok');
