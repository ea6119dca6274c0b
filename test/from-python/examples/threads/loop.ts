// #region loop
// loop.ts: what the other thread imports when it starts
import { setTimeout as sleep } from 'node:timers/promises';

console.log('start loop', Date.now() / 1000);

export async function doSomeWork(x: number): Promise<void> {
  console.log(`start ${x}`);
  await sleep(x * 1000);
  console.log(`Done after ${x}s`);
}
// #endregion
