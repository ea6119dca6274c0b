// #region threadWork
// work.ts
import { setTimeout as sleep } from 'node:timers/promises';
import { block } from './block.js';

export async function doSomeWork(x: number): Promise<void> {
  console.log(`Waiting ${x}`);
  await sleep(x * 1000);
  console.log(`Done after ${x}s`);
}

export function moreWork(x: number): void {
  console.log(`More work ${x}`);
  block(x * 1000);
  console.log(`Finished more work ${x}`);
}

export async function fetchText(url: string) {
  return (await fetch(url)).text();
}
// #endregion
