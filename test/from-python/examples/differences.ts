// What somebody from Python must know. docs/from-python.md quotes the regions.
// oxlint-disable typescript/await-thenable -- one of them shows it
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { NbAioPool } from '../../../lib/pool/index.js';

const myTask = async (x: number): Promise<number> => x * 2;

export async function futures(): Promise<void> {
  await using pool = new NbAioPool();
  // #region futures
  const future = await pool.submit(() => myTask(5));
  console.log(await future); // PoolFuture: does not wait
  console.log(await future.result()); // 10
  // #endregion
}

export async function functions(): Promise<void> {
  await using pool = new NbAioPool();
  // #region functions
  // @ts-expect-error a promise: its task runs already
  const wrong = pool.submit(myTask(5));
  await wrong.catch((error) => console.log(error.code));

  console.log(await pool.run(() => myTask(5))); // 10
  // #endregion
}

export async function contextVariables(): Promise<void> {
  await using pool = new NbAioPool();
  // #region contextVariables
  const user = new AsyncLocalStorage<string>();

  async function greet(): Promise<string> {
    await sleep(100);
    return `hello, ${user.getStore()}`;
  }

  console.log(
    await user.run('anna', () => pool.run(greet)), // hello, anna
  );
  // #endregion
}

export async function cancelling(): Promise<void> {
  await using pool = new NbAioPool();
  // #region cancelling
  const future = await pool.submit(async ({ signal }) => {
    try {
      await sleep(10_000, undefined, { signal });
    } finally {
      console.log('cleaned up');
    }
  });

  console.log(future.cancel()); // true
  console.log(future.state); // cancelled
  await future.result().catch((error) => {
    console.log(error.code); // NB_TASK_CANCELLED
  });
  // #endregion
}

export async function unasked(): Promise<void> {
  // #region unasked
  const pool = new NbAioPool({
    onError: (error) => console.log('nobody saw', error),
  });
  await pool.submit(async () => {
    throw new Error('this');
  });
  await pool.shutdown();
  // #endregion
}
