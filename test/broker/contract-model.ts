import { describe, expect, it } from '@jest/globals';
import * as fc from '../fast-check.js';
import { LEASE, type Outcome, RandomHistory } from './contract-history.js';
import type { MakeEnv } from './contract-kit.js';

/** One step of a random history. */
type Step =
  | { readonly kind: 'add'; readonly count: number }
  | { readonly kind: 'claim'; readonly consumer: number; readonly want: number; readonly outcomes: Outcome[] }
  | { readonly kind: 'wait'; readonly ms: number };

const CONSUMERS = 3;

const outcome = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Outcome>('hold') },
  { weight: 3, arbitrary: fc.constant<Outcome>('done') },
  { weight: 2, arbitrary: fc.constant<Outcome>('released') },
  { weight: 2, arbitrary: fc.constant<Outcome>('delayed') },
  { weight: 1, arbitrary: fc.constant<Outcome>('dead') },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      consumer: fc.nat(CONSUMERS - 1),
      want: fc.nat(5),
      outcomes: fc.array(outcome, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(20, LEASE + 20) }),
  },
);

/** Whatever happens, a message is in one place, and nothing is lost. */
export function model(make: MakeEnv, runs: number): void {
  describe('random histories', () => {
    it('keep every message in exactly one place', async () => {
      const histories = fc.array(step, { minLength: 5, maxLength: 40 });
      const property = fc.asyncProperty(histories, fc.integer({ min: 2, max: 3 }), (steps, maxCrashes) =>
        play(make, steps, maxCrashes),
      );
      // Time really passes where a server keeps it: a search for a smaller history would take too long.
      const tried = await fc.check(property, { numRuns: runs, interruptAfterTimeLimit: 60_000 });
      expect(fc.defaultReportMessage(tried)).toBeUndefined();
    }, 120_000);
  });
}

async function play(make: MakeEnv, steps: readonly Step[], maxCrashes: number): Promise<void> {
  const env = await make();
  try {
    const history = new RandomHistory(env, CONSUMERS, maxCrashes);
    for (const each of steps) {
      if (each.kind === 'add') await history.add(each.count);
      else if (each.kind === 'claim') await history.claim(each.consumer, each.want, each.outcomes);
      else await env.advance(each.ms);
      await history.checkCounts();
    }
    await history.drain();
    expect(history.unsettled()).toEqual([]);
  } finally {
    await env.dispose();
  }
}
