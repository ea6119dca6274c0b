import { expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import type { AsyncPoolExecutor } from '../../dist/executor/index.js';
import { workExecutor, type Work } from './kit.js';

type Face = 'submit' | 'run';
type Kind = 'add' | 'echo' | 'fail' | 'uncloneable' | 'exit';
type Outcome = { readonly value: unknown } | { readonly code: string };

const operation = fc.record({
  face: fc.constantFrom<Face>('submit', 'run'),
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<Kind>('add', 'echo', 'fail', 'uncloneable') },
    { weight: 1, arbitrary: fc.constant<Kind>('exit') },
  ),
});

/** What a call with this number must come to, were its thread not to die. */
function expected(kind: Kind, number: number): Outcome {
  if (kind === 'add') return { value: number + 1 };
  if (kind === 'echo') return { value: [{ number }] };
  return {
    code: { fail: 'NOT_FOUND', uncloneable: 'NB_EXECUTOR_CLONE', exit: 'NB_EXECUTOR_THREAD_DIED' }[kind],
  };
}

const CALLS: Record<Kind, (number: number) => [name: 'echo', ...args: unknown[]]> = {
  add: (number) => ['add' as 'echo', number, 1],
  echo: (number) => ['echo', { number }],
  fail: (number) => ['fail' as 'echo', String(number)],
  uncloneable: () => ['uncloneable' as 'echo'],
  exit: () => ['exit' as 'echo', 1],
};

const settled = (promise: Promise<unknown>): Promise<Outcome> =>
  promise.then(
    (value) => ({ value }),
    (error: { code: string }) => ({ code: error.code }),
  );

/** Asks for the outcomes only after all have been submitted, whichever face they came by. */
function start(
  executor: AsyncPoolExecutor<Work>,
  face: Face,
  kind: Kind,
  number: number,
): () => Promise<Outcome> {
  const [name, ...args] = CALLS[kind](number);
  if (face === 'run') {
    const outcome = settled(executor.run(name, ...args));
    return () => outcome;
  }
  const future = executor.submit(name, ...args);
  return () => settled(new Promise((resolve) => resolve(future.result())));
}

test('each call has exactly its own outcome, or that its thread died; nothing hangs, nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ threads: fc.integer({ min: 1, max: 3 }), extra: fc.nat(3), maxQueueSize: fc.nat(5) }),
      fc.array(operation, { minLength: 1, maxLength: 60 }),
      async ({ threads, extra, maxQueueSize }, operations) => {
        await using executor = workExecutor({
          threads,
          size: threads + extra,
          maxQueueSize,
          onError: () => {},
        });
        const deaths = operations.some(({ kind }) => kind === 'exit');
        const asks = operations.map(({ face, kind }, number) => start(executor, face, kind, number));
        const outcomes = await Promise.all(asks.map((ask) => ask()));
        outcomes.forEach((outcome, number) => {
          const allowed = [expected(operations[number]!.kind, number)];
          if (deaths) allowed.push(expected('exit', number));
          expect(allowed).toContainEqual(outcome);
        });
        expect(executor.stats()).toMatchObject({ running: 0, waiting: 0, blocked: 0 });
      },
    ),
    { numRuns: 15 },
  );
});
