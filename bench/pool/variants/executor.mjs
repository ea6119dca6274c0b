// Ways to call a function in another thread: `open` resolves with runBatch(items), which gives the answers in order,
// and close().
import { fileURLToPath } from 'node:url';
import { ours } from '../harness/packages.mjs';

const MODULE = new URL('./thread/echo.mjs', import.meta.url);
const SYNCKIT = new URL('./thread/synckit.mjs', import.meta.url);

export const variants = {
  run: { label: 'executor.run, batches of 1,000, 1 thread', room: 'executor', open: openExecutor(runAll, 1) },
  'run-2': {
    label: 'executor.run, batches of 1,000, 2 threads',
    room: 'executor',
    open: openExecutor(runAll, 2),
  },
  piscina: { label: 'piscina, batches of 1,000, 1 thread', peer: 'piscina', open: openPiscina(1) },
  'piscina-2': { label: 'piscina, batches of 1,000, 2 threads', peer: 'piscina', open: openPiscina(2) },
  call: {
    label: 'executor.submit().result(), one by one',
    room: 'executor',
    open: openExecutor(callEach, 1),
  },
  synckit: { label: 'synckit, one by one', peer: 'synckit', open: openSynckit },
  submit: {
    label: 'executor.submit, batches of 1,000, then result()',
    room: 'executor',
    open: openExecutor(submitAll, 1),
  },
};

function openExecutor(way, threads) {
  return async ({ concurrency }) => {
    const { AsyncPoolExecutor } = await ours('executor');
    const executor = AsyncPoolExecutor.forModule(MODULE, { size: concurrency * threads, threads });
    return { runBatch: (items) => way(executor, items), close: () => executor.close() };
  };
}

function runAll(executor, items) {
  return Promise.all(items.map((n) => executor.run('echo', n)));
}

function callEach(executor, items) {
  return items.map((n) => executor.submit('echo', n).result());
}

/** Synchronous code that has many calls to make need not wait for each. */
function submitAll(executor, items) {
  const futures = items.map((n) => executor.submit('echo', n));
  return futures.map((future) => future.result());
}

function openPiscina(threads) {
  return async ({ concurrency }) => {
    const { Piscina } = await import('piscina');
    const pool = new Piscina({
      filename: MODULE.href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: concurrency,
    });
    return {
      runBatch: (items) => Promise.all(items.map((n) => pool.run(n))),
      close: () => pool.close(),
    };
  };
}

async function openSynckit() {
  const { createSyncFn } = await import('synckit');
  const call = createSyncFn(fileURLToPath(SYNCKIT));
  // Its thread is not held by anything and goes with the process.
  return { runBatch: (items) => items.map((n) => call(n)), close: () => {} };
}
