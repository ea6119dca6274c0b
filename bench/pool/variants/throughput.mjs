// Ways to run a batch of tasks and have their results. `open` resolves with a function from a batch ({thunks, items,
// work}) to its results in order. fastq and p-map take a function and items, the others take thunks: each is used as
// its own users do.
import { ours } from '../harness/packages.mjs';

const plain = { context: false };
const signal = new AbortController().signal;

export const variants = {
  bare: { label: 'bare loop: 100 lanes over an array', open: openBare },
  'run-plain': { label: 'run, context: false', room: 'pool', open: openRun(plain) },
  'submit-plain': { label: 'submit, then result(), context: false', room: 'pool', open: openSubmit(plain) },
  'batch-plain': { label: 'batchRun, context: false', room: 'pool', open: openBatchRun(plain) },
  run: { label: 'run, defaults', room: 'pool', open: openRun() },
  submit: { label: 'submit, then result(), defaults', room: 'pool', open: openSubmit() },
  batch: { label: 'batchRun, defaults', room: 'pool', open: openBatchRun() },
  'run-priority': {
    label: 'run, context: false, with 4 priorities',
    room: 'pool',
    open: openRun(plain, (n) => ({ priority: n & 3 })),
  },
  'run-signal': {
    label: 'run, context: false, with a shared signal',
    room: 'pool',
    open: openRun(plain, () => ({ signal })),
  },
  'run-timeout': {
    label: 'run, context: false, with a timeout',
    room: 'pool',
    open: openRun(plain, () => ({ timeout: 60_000 })),
  },
  fastq: { label: 'fastq.promise', peer: 'fastq', open: openFastq },
  'fastq-thunks': {
    label: 'fastq.promise, async (task) => task()',
    peer: 'fastq',
    open: openFastqOfThunks,
  },
  'p-map': { label: 'p-map', peer: 'p-map', open: openPMap },
  'p-limit': { label: 'p-limit', peer: 'p-limit', open: openPLimit },
  'p-queue': { label: 'p-queue', peer: 'p-queue', open: openPQueue },
  'bare-storage': { label: 'bare loop, AsyncLocalStorage in use', storage: true, open: openBare },
  'fastq-storage': {
    label: 'fastq.promise, AsyncLocalStorage in use',
    peer: 'fastq',
    storage: true,
    open: openFastq,
  },
};

/** The floor: as many lanes as tasks may run, no pool at all. */
async function openBare({ concurrency }) {
  return async ({ thunks }) => {
    const results = Array.from({ length: thunks.length });
    let next = 0;
    async function lane() {
      while (next < thunks.length) {
        const n = next++;
        results[n] = await thunks[n]();
      }
    }
    await Promise.all(Array.from({ length: concurrency }, lane));
    return results;
  };
}

async function openPool({ concurrency, batch }, options) {
  const { NbAioPool } = await ours('pool');
  return new NbAioPool({ maxConcurrency: concurrency, maxQueueSize: batch.items.length, ...options });
}

/** With `terms` each task gets options of its own. */
function openRun(options, terms) {
  return async (settings) => {
    const pool = await openPool(settings, options);
    if (terms) return ({ thunks }) => Promise.all(thunks.map((thunk, n) => pool.run(thunk, terms(n))));
    return ({ thunks }) => Promise.all(thunks.map((thunk) => pool.run(thunk)));
  };
}

/** As in nb_aiopool's own examples: futures first, then their results. */
function openSubmit(options) {
  return async (settings) => {
    const pool = await openPool(settings, options);
    return async ({ thunks }) => {
      const futures = [];
      for (const thunk of thunks) futures.push(await pool.submit(thunk));
      return Promise.all(futures.map((future) => future.result()));
    };
  };
}

function openBatchRun(options) {
  return async (settings) => {
    const pool = await openPool(settings, options);
    return ({ thunks }) => pool.batchRun(thunks);
  };
}

async function openFastq({ concurrency, batch }) {
  const { default: fastq } = await import('fastq');
  const queue = fastq.promise(batch.work, concurrency);
  return ({ items }) => Promise.all(items.map((item) => queue.push(item)));
}

/** One queue for tasks of all kinds, as a pool is, takes one more async function. */
async function openFastqOfThunks({ concurrency }) {
  const { default: fastq } = await import('fastq');
  const queue = fastq.promise(async (task) => task(), concurrency);
  return ({ thunks }) => Promise.all(thunks.map((thunk) => queue.push(thunk)));
}

async function openPMap({ concurrency }) {
  const { default: pMap } = await import('p-map');
  return ({ items, work }) => pMap(items, work, { concurrency });
}

async function openPLimit({ concurrency }) {
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit(concurrency);
  return ({ thunks }) => Promise.all(thunks.map((thunk) => limit(thunk)));
}

async function openPQueue({ concurrency }) {
  const { default: PQueue } = await import('p-queue');
  const queue = new PQueue({ concurrency });
  return ({ thunks }) => Promise.all(thunks.map((thunk) => queue.add(thunk)));
}
