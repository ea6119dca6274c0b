// The asyncio guide: coroutines, tasks and futures. docs/from-python.md quotes the regions.
// #region imports
import {
  NbAioPool,
  type PoolFuture,
} from '../../../lib/pool/index.js';

const now = () => performance.now() / 1000; // in seconds
// #endregion

export async function coroutine(): Promise<void> {
  // #region coroutine
  async function doSomeWork(x: number): Promise<void> {
    console.log('Waiting:', x);
  }

  const start = now();

  // A call starts at once; what has not begun is a function.
  const work = () => doSomeWork(2);
  await work(); // the event loop runs already

  console.log('TIME:', now() - start);
  // #endregion
}

export async function task(): Promise<void> {
  // #region task
  async function doSomeWork(x: number): Promise<void> {
    console.log('Waiting:', x);
  }

  const start = now();
  const pool = new NbAioPool();
  pool.pause(); // else it would be running by now
  const future = await pool.submit(() => doSomeWork(2));
  console.log(future); // PoolFuture { state: 'waiting' }
  pool.resume();
  await future.result();
  console.log(future); // PoolFuture { state: 'done' }
  console.log('TIME:', now() - start);
  // #endregion
}

export async function doneCallback(): Promise<void> {
  // #region doneCallback
  async function doSomeWork(x: number): Promise<string> {
    console.log('Waiting:', x);
    return `Done after ${x}s`;
  }

  async function callback(future: PoolFuture<string>) {
    console.log('Callback:', await future.result());
  }

  const start = now();
  const pool = new NbAioPool();
  const future = await pool.submit(() => doSomeWork(2));
  future.onDone(callback);
  await future.result();
  console.log('TIME:', now() - start);
  // #endregion
  await pool.shutdown();
}

export async function partialCallback(): Promise<void> {
  const pool = new NbAioPool();
  const future = await pool.submit(async () => 'Done after 2s');
  // #region partialCallback
  async function callback(t: number, done: PoolFuture<string>) {
    console.log('Callback:', t, await done.result());
  }

  future.onDone((done) => callback(2, done));
  // #endregion
  await pool.shutdown();
}

export async function result(): Promise<void> {
  // #region result
  async function doSomeWork(x: number): Promise<string> {
    console.log(`Waiting ${x}`);
    return `Done after ${x}s`;
  }

  const start = now();
  const pool = new NbAioPool();
  const future = await pool.submit(() => doSomeWork(2));
  console.log(`Task ret: ${await future.result()}`);
  console.log(`TIME: ${now() - start}`);
  // #endregion
}
