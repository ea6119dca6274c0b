// Ways to run very many tasks with bounded concurrency. `open` resolves with run({count, input, task, expect}), which
// runs task(input(n), n) for each n; values that it gets to see it shows to `expect`.
import { createBoundedLoop } from '../harness/bounded-loop.mjs';
import { ours } from '../harness/packages.mjs';

// Of what is submitted without interest in the result one in so many is looked at all the same.
const LOOK_EVERY = 997;

export const variants = {
  bare: { label: 'bare bounded loop', open: openBare },
  ours: { label: 'NbAioPool, defaults', room: 'pool', open: openSubmit() },
  'ours-plain': { label: 'NbAioPool, context: false', room: 'pool', open: openSubmit({ context: false }) },
  'p-queue': { label: 'p-queue, onSizeLessThan', peer: 'p-queue', open: openPQueue },
  'p-limit': { label: 'p-limit, all at once', peer: 'p-limit', bytesEach: 2_000, open: openPLimit },
  'p-limit-array': {
    label: 'p-limit over an array',
    peer: 'p-limit',
    bytesEach: 2_500,
    open: openPLimitArray,
  },
};

/** Holds as many arguments as the pool does: those of the running tasks and those in the queue. */
async function openBare(bounds) {
  return async ({ count, input, task, expect }) => {
    const loop = createBoundedLoop({ ...bounds, each: ([n, value]) => expect(n, value) });
    for (let n = 0; n < count; n++) {
      const argument = input(n);
      const room = loop.put(async () => [n, await task(argument, n)]);
      if (room) await room;
    }
    await loop.end();
  };
}

/**
 * The values that are looked at. It holds no promise once it is settled: a thousand small things that stay, spread over
 * a run, would keep V8 from giving back the pages that they lie on.
 */
function createLooks(expect) {
  let open = 0;
  let failure;
  let finish = () => {};
  const done = () => --open === 0 && finish();
  const failed = (error) => (failure ??= { error });
  const add = (n, promise) => {
    open++;
    void promise
      .then((value) => expect(n, value))
      .catch(failed)
      .then(done);
  };
  return {
    add,
    /** To be called once, after all were added. */
    async end() {
      if (open > 0) await new Promise((resolve) => (finish = resolve));
      if (failure) throw failure.error;
    },
  };
}

/** The seed's good example. */
function openSubmit(options) {
  return async ({ concurrency, queue }) => {
    const { NbAioPool } = await ours('pool');
    const pool = new NbAioPool({ maxConcurrency: concurrency, maxQueueSize: queue, ...options });
    return async ({ count, input, task, expect }) => {
      const looks = createLooks(expect);
      for (let n = 0; n < count; n++) {
        const argument = input(n);
        const future = await pool.submit(() => task(argument, n));
        if (n % LOOK_EVERY === 0) looks.add(n, future.result());
      }
      await pool.onIdle();
      await looks.end();
    };
  };
}

async function openPQueue({ concurrency, queue: size }) {
  const { default: PQueue } = await import('p-queue');
  const queue = new PQueue({ concurrency });
  return async ({ count, input, task, expect }) => {
    const looks = createLooks(expect);
    for (let n = 0; n < count; n++) {
      const argument = input(n);
      await queue.onSizeLessThan(size);
      const added = queue.add(() => task(argument, n));
      if (n % LOOK_EVERY === 0) looks.add(n, added);
    }
    await queue.onIdle();
    await looks.end();
  };
}

/** The seed's bad example: concurrency is limited, but a promise and an argument are made for every task at once. */
async function openPLimit({ concurrency }) {
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit(concurrency);
  return async ({ count, input, task, expect }) => {
    const all = Array.from({ length: count }, (_, n) => {
      const argument = input(n);
      return limit(() => task(argument, n));
    });
    const values = await Promise.all(all);
    values.forEach((value, n) => expect(n, value));
  };
}

/** The same as it is mostly written in JavaScript: the arguments are in an array already. */
async function openPLimitArray({ concurrency }) {
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit(concurrency);
  return async ({ count, input, task, expect }) => {
    const inputs = Array.from({ length: count }, (_, n) => input(n));
    const values = await Promise.all(inputs.map((argument, n) => limit(() => task(argument, n))));
    values.forEach((value, n) => expect(n, value));
  };
}
