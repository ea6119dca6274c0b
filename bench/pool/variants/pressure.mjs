// Ways to submit more tasks than may wait, with nobody interested in the results. `open` resolves with a function
// (count, taskOf) that submits all tasks, waits until they have ended, and gives the most that were seen waiting.
import { ours } from '../harness/packages.mjs';

// Looking at the queue each time would show in the figures; a prime, to fall into step with nothing.
const LOOK_EVERY = 499;

export const variants = {
  ours: { label: 'await pool.submit, defaults', room: 'pool', open: openSubmit() },
  'ours-plain': {
    label: 'await pool.submit, context: false',
    room: 'pool',
    open: openSubmit({ context: false }),
  },
  'p-queue': { label: 'p-queue, onSizeLessThan', peer: 'p-queue', open: openPQueue },
  'p-queue-storage': {
    label: 'p-queue, AsyncLocalStorage in use',
    peer: 'p-queue',
    storage: true,
    open: openPQueue,
  },
  bare: { label: 'bare loop with a bounded buffer', open: openBare },
};

function openSubmit(options) {
  return async ({ concurrency, queue }) => {
    const { NbAioPool } = await ours('pool');
    const pool = new NbAioPool({ maxConcurrency: concurrency, maxQueueSize: queue, ...options });
    return async (count, taskOf) => {
      let peak = 0;
      for (let n = 0; n < count; n++) {
        await pool.submit(taskOf(n));
        if (n % LOOK_EVERY === 0) peak = Math.max(peak, pool.stats().waiting);
      }
      await pool.onIdle();
      return peak;
    };
  };
}

async function openPQueue({ concurrency, queue: size }) {
  const { default: PQueue } = await import('p-queue');
  const queue = new PQueue({ concurrency });
  return async (count, taskOf) => {
    let peak = 0;
    for (let n = 0; n < count; n++) {
      await queue.onSizeLessThan(size);
      void queue.add(taskOf(n));
      if (n % LOOK_EVERY === 0) peak = Math.max(peak, queue.size);
    }
    await queue.onIdle();
    return peak;
  };
}

async function openBare({ concurrency, queue }) {
  const { createBoundedLoop } = await import('../harness/bounded-loop.mjs');
  return async (count, taskOf) => {
    const loop = createBoundedLoop({ concurrency, queue });
    let peak = 0;
    for (let n = 0; n < count; n++) {
      const room = loop.put(taskOf(n));
      if (n % LOOK_EVERY === 0) peak = Math.max(peak, loop.waiting());
      if (room) await room;
    }
    await loop.end();
    return peak;
  };
}
