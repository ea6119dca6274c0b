import { expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import { NbAioPool, type PoolFuture, type SubmitOptions } from '../../lib/pool/index.js';
import { mayBeTied, openWaits } from '../../lib/pool/waits.js';
import { turn } from './signals.js';

const idle = { running: 0, lending: 0, overdue: 0, waiting: 0, blocked: 0 };

/** What a task does, one after the other. `count` is of the tasks in a batch, or the new limit. */
const actions = [
  ...(['run', 'result', 'batch', 'futures', 'forget', 'try', 'cancel'] as const),
  ...(['turn', 'room', 'pause', 'resize', 'throw', 'both', 'beside'] as const),
];

interface Step {
  readonly action: (typeof actions)[number];
  readonly pool: number;
  readonly count: number;
  readonly terms: 'none' | 'high' | 'low' | 'timeout' | 'abort';
  /** Which of the plans its children follow; none for a task that ends at once. */
  readonly plan: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom(...actions),
  pool: fc.nat(2),
  count: fc.integer({ min: 1, max: 3 }),
  terms: fc.constantFrom('none', 'none', 'high', 'low', 'timeout', 'abort'),
  plan: fc.nat(9),
});

const limits = fc.record({
  maxConcurrency: fc.constantFrom(1, 1, 2),
  maxQueueSize: fc.constantFrom(0, 0, 1, 2),
});

/** Tasks of a few pools that do anything to each other. */
class Storm {
  readonly pools: NbAioPool[];
  /** Waiting tasks more than there may be. */
  mostBeyondBound = 0;
  readonly #strangers: readonly PoolFuture<void>[];
  readonly #plans: readonly (readonly Step[])[];
  readonly #quiet = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);
  /** Steps that are left: plans refer to each other. */
  #left = 60;

  constructor(
    options: { maxConcurrency: number; maxQueueSize: number }[],
    plans: readonly (readonly Step[])[],
  ) {
    this.pools = options.map((each) => new NbAioPool({ ...each, onError: () => undefined }));
    this.#plans = plans;
    const others = new NbAioPool({ maxConcurrency: 1 });
    this.#strangers = Array.from({ length: 10 }, () => others.trySubmit(() => turn(1))!);
  }

  /** Resolves when all is over; false when it stands still. */
  async run(roots: readonly Step[]): Promise<boolean> {
    const progress = { over: false };
    const all = Promise.all(roots.map((root) => this.#quiet(this.#poolOf(root).run(this.#task(root)))));
    void all.then(() => this.#drain()).then(() => (progress.over = true));
    // Beside turns of the event loop only timeouts of 1 ms are waited for.
    const end = performance.now() + 3000;
    for (let turns = 0; !progress.over && (turns < 2000 || performance.now() < end); turns++) await turn(1);
    return progress.over;
  }

  async #drain(): Promise<void> {
    const isBusy = ({ running, waiting, blocked }: ReturnType<NbAioPool['stats']>): boolean =>
      running + waiting + blocked > 0;
    while (this.pools.some((pool) => isBusy(pool.stats()))) {
      for (const pool of this.pools) await pool.onIdle();
    }
  }

  /** One of the tasks that end by themselves, one in each turn. */
  #stranger({ plan }: Step): PoolFuture<void> {
    return this.#strangers[plan % this.#strangers.length]!;
  }

  #poolOf({ pool }: Pick<Step, 'pool'>): NbAioPool {
    return this.pools[pool % this.pools.length]!;
  }

  #task(from: Step): () => unknown {
    const plan = this.#plans[from.plan];
    if (plan === undefined) return () => from.plan;
    return async () => {
      for (const each of plan) {
        if (this.#left-- <= 0) return;
        await this.#do(each);
        for (const pool of this.pools) {
          const { waiting, maxQueueSize } = pool.stats();
          this.mostBeyondBound = Math.max(this.mostBeyondBound, waiting - maxQueueSize);
        }
      }
    };
  }

  async #do(each: Step): Promise<unknown> {
    const pool = this.#poolOf(each);
    const task = this.#task(each);
    const terms = termsOf(each);
    switch (each.action) {
      case 'run':
        return this.#quiet(pool.run(task, terms));
      case 'result':
        return this.#quiet(pool.submit(task, terms).then((future) => future.result()));
      case 'batch': {
        const tasks = Array.from({ length: each.count }, () => task);
        return this.#quiet(pool.batchRun(tasks, { ...terms, failFast: each.count > 1 }));
      }
      case 'futures': {
        const futures = pool.batchSubmit(
          Array.from({ length: each.count }, () => task),
          terms,
        );
        return this.#quiet(futures.then((all) => Promise.allSettled(all.map((future) => future.result()))));
      }
      case 'forget':
        return void this.#quiet(pool.run(task, terms));
      case 'try':
        return this.#quiet(resultOf(pool.trySubmit(task, terms)));
      case 'cancel': {
        const future = pool.trySubmit(task, terms);
        await Promise.resolve();
        return future?.cancel();
      }
      case 'turn':
        return turn(1);
      case 'room':
        return this.#quiet(pool.onRoom());
      case 'pause':
        pool.pause();
        return void turn(1).then(() => pool.resume());
      case 'resize':
        return (pool.maxConcurrency = each.count);
      case 'throw':
        throw new Error('of the task');
      case 'both':
        return this.#quiet(Promise.all([pool.onRoom(), this.#poolOf({ pool: each.count }).run(task, terms)]));
      case 'beside':
        return this.#quiet(Promise.all([this.#stranger(each).result(), pool.run(task, terms)]));
    }
  }
}

const resultOf = async (future: PoolFuture<unknown> | undefined): Promise<unknown> => future?.result();

function termsOf({ terms }: Step): SubmitOptions {
  if (terms === 'high') return { priority: 1 };
  if (terms === 'low') return { priority: -1 };
  if (terms === 'timeout') return { timeout: 1 };
  if (terms !== 'abort') return {};
  const controller = new AbortController();
  void turn(1).then(() => controller.abort());
  return { signal: controller.signal };
}

const PLANS = fc.plansToPlay(2500);
/** For all plans, ms; each takes 1 or 2. */
const LONGEST = 15_000 + 10 * PLANS;

test(
  'whatever tasks of a few pools do to each other, all of them end and nothing is left',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(limits, { minLength: 1, maxLength: 3 }),
        fc.array(fc.array(step, { maxLength: 4 }), { minLength: 5, maxLength: 5 }),
        fc.array(step, { minLength: 6, maxLength: 6 }),
        async (options, plans, roots) => {
          const storm = new Storm(options, plans);
          expect(await storm.run(roots)).toBe(true);
          expect(storm.mostBeyondBound).toBe(0);
          expect(storm.pools.map((pool) => pool.stats())).toMatchObject(options.map(() => idle));
          expect([openWaits.size, mayBeTied()]).toEqual([0, false]);
        },
      ),
      // What a plan that stands still leaves behind would fail all later ones: it is the first that counts.
      { numRuns: PLANS, endOnFailure: true, interruptAfterTimeLimit: LONGEST },
    );
  },
  2 * LONGEST,
);
