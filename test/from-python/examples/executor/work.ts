// #region work
// work.ts: an executor's functions live in a module
import { setTimeout as sleep } from 'node:timers/promises';

export async function asyncF(x: number): Promise<void> {
  await sleep(2000);
  console.log(x);
}

export async function asyncFunc(arg1: string, arg2: number) {
  return `${arg1} ${arg2}`;
}

export async function fails(): Promise<void> {
  throw new Error('this one fails');
}
// #endregion
