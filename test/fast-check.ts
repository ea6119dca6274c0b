import * as fc from 'fast-check';

// What all property tests have in common.

/** Draws the same as the run whose failure reported it. CI has one, so that only a change makes it fail. */
const SEED = process.env['FUZZ_SEED'] || undefined;

/** One example takes much less: one that takes so long (ms) stands still. */
export const STANDSTILL = 10_000;

fc.configureGlobal({
  ...(SEED !== undefined && { seed: Number(SEED) }),
  // What stands still is a counterexample; and Jest's limit may not end a search for smaller ones: nobody would hear of
  // any.
  timeout: STANDSTILL,
  interruptAfterTimeLimit: 15_000,
  markInterruptAsFailure: true,
});

/** How many plans a fuzz plays: so many, or more on request. */
export function plansToPlay(normally: number): number {
  return Number(process.env['FUZZ_PLANS'] || normally);
}

export * from 'fast-check';
