import * as fc from '../../fast-check.js';
import { LEASE, type MessageOutcome, OUTCOMES, SCOUT_TIME } from './consumer.js';

// What a plan may hold. Numbers that pick something count around what there is.

/**
 * How far a call gets at once; the rest is for later steps. `repeated`: its first reply is lost. `copied`: a copy of it
 * is on its way still when it is answered.
 */
export type Reach = 'sent' | 'executed' | 'answered' | 'repeated' | 'copied';

interface Details {
  /** One call, of pages with so many messages each. */
  submit: { producer: number; pages: number[]; long: boolean; reach: Reach };
  claim: { consumer: number; want: number; outcomes: MessageOutcome[]; reach: Reach };
  /** `isFull`: its consumer has no room any more when it comes back. */
  scout: { consumer: number; isFull: boolean; reach: Reach };
  // What becomes of a call under way, or of a copy of one.
  execute: { pick: number };
  answer: { pick: number };
  lose: { pick: number; reach: Reach };
  copy: { pick: number };
  arrive: { pick: number };
  /** The lease of one consumer, or the time of all scouts, ends unheard. */
  expire: { pick: number };
  wait: { ms: number };
  // A process ends, and another one starts.
  vanish: { consumer: number };
  close: { consumer: number };
  clear: { most: number };
  garbage: { entry: string; envelope: string | undefined; place: 'ready' | 'suspects' | 'delayed' };
  /** The server refuses calls, or does not any more. */
  refuse: { as: 'full' | 'replica' };
  count: object;
  // A failover: the server goes back to what it was.
  save: object;
  restore: object;
}

export type Kind = keyof Details;
export type StepOf<K extends Kind> = Details[K] & { readonly kind: K };
export type Step = { [K in Kind]: StepOf<K> }[Kind];

export interface Plan {
  readonly consumers: number;
  readonly maxCrashes: number;
  /** Kinds of steps that are left out: most plans should not end in the same mess. */
  readonly without: readonly Kind[];
  readonly steps: readonly Step[];
}

const pick = fc.nat(99);

const outcome = fc.constantFrom(...OUTCOMES);

const reach = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Reach>('answered') },
  { weight: 3, arbitrary: fc.constant<Reach>('executed') },
  { weight: 4, arbitrary: fc.constant<Reach>('sent') },
  { weight: 2, arbitrary: fc.constant<Reach>('repeated') },
  { weight: 2, arbitrary: fc.constant<Reach>('copied') },
);

const pages = fc.oneof(
  fc.array(fc.constant(1), { minLength: 1, maxLength: 3 }),
  fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 3 }),
);

const want = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 120 }));

/** Also such as are as long as an id or a span, in bytes or in characters. */
const entries = [
  '',
  'x',
  '__proto__',
  'b'.repeat(22),
  '-'.repeat(22),
  'é'.repeat(11),
  `\n${'g'.repeat(21)}`,
  `${'h'.repeat(21)}\0`,
  'd'.repeat(25),
  'e'.repeat(26),
  'é'.repeat(13),
  `${'z'.repeat(20)}990101`,
];
const entry = fc.constantFrom(...entries);

const sound = `{"v":1,"id":"${'b'.repeat(22)}","task":"t","args":[]}`;
const envelope = fc.constantFrom(undefined, sound, '', 'nonsense', '{"v":1', 'null', '1,2', '[]', 'a,\nb');

type Arbitraries<T> = { [P in keyof T]: fc.Arbitrary<T[P]> };

function weighted<K extends Kind>(
  weight: number,
  kind: K,
  details: Arbitraries<Details[K]>,
): fc.WeightedArbitrary<Step> {
  const arbitrary = fc.record<Details[K]>(details).map((drawn) => ({ kind, ...drawn }) as unknown as Step);
  return { weight, arbitrary };
}

const oneIn = (n: number): fc.Arbitrary<boolean> => fc.nat(n - 1).map((drawn) => drawn === n - 1);

const step: fc.Arbitrary<Step> = fc.oneof(
  weighted(8, 'submit', { producer: fc.nat(1), pages, long: oneIn(20), reach }),
  weighted(22, 'claim', {
    consumer: pick,
    want,
    outcomes: fc.array(outcome, { minLength: 1, maxLength: 8 }),
    reach,
  }),
  weighted(12, 'scout', { consumer: pick, isFull: oneIn(8), reach }),
  weighted(12, 'execute', { pick }),
  weighted(14, 'answer', { pick }),
  weighted(5, 'lose', { pick, reach }),
  weighted(3, 'copy', { pick }),
  weighted(7, 'arrive', { pick }),
  weighted(8, 'expire', { pick }),
  weighted(4, 'wait', { ms: fc.constantFrom(SCOUT_TIME / 4, SCOUT_TIME, LEASE + 1) }),
  weighted(2, 'vanish', { consumer: pick }),
  weighted(1, 'close', { consumer: pick }),
  weighted(1, 'clear', { most: fc.integer({ min: 1, max: 60 }) }),
  weighted(2, 'garbage', { entry, envelope, place: fc.constantFrom('ready', 'suspects', 'delayed') }),
  weighted(3, 'refuse', { as: fc.constantFrom('full', 'replica') }),
  weighted(2, 'count', {}),
  weighted(2, 'save', {}),
  weighted(1, 'restore', {}),
);

/** Without some, others can go on for longer. */
const optional: Kind[] = ['copy', 'garbage', 'refuse', 'restore', 'clear', 'wait', 'vanish'];

export const plan: fc.Arbitrary<Plan> = fc.record({
  consumers: fc.integer({ min: 1, max: 3 }),
  maxCrashes: fc.integer({ min: 1, max: 3 }),
  without: fc.subarray(optional),
  steps: fc.array(step, { maxLength: 100, size: 'max' }),
});
