import { InvalidOptionError } from '../errors.js';
import {
  abortSignal,
  boolean,
  callable,
  check,
  checkOptions,
  integer,
  type Rule,
  type Rules,
} from '../options.js';
import type { RateClock } from './clock.js';
import { LateFailures } from './failures.js';
import { refuseFunction } from './refusals.js';
import { iteratorMethod, type FlowSource } from './source.js';

/** What `runOnEach`, `runAll`, `runAny` and `amap` have in common; aiometer's options, and some. @publicApi */
export interface FlowLimits {
  /**
   * Tasks that run at the same time, at most; aiometer's `max_at_once`. Default 100, as a pool, minimum 1.
   * `Infinity` is aiometer's default; it needs a source that knows its size (an array, a Set, a Map), because
   * from any other it could pull without end.
   */
  maxAtOnce?: number;
  /**
   * Tasks started a second, at most, evenly spaced; aiometer's `max_per_second`. More than 0, fractions too:
   * 0.2 is one every five seconds. The first one starts at once. Above 50 a second up to 2 ms of a timer's lateness
   * are made up for, so some second may see `2 ms * maxPerSecond` more, rounded up: one up to 500 a second, 10 at
   * 5,000. Default: no limit.
   */
  maxPerSecond?: number;
  /**
   * Tasks that may start at once after a pause, before the even spacing holds again; needs `maxPerSecond`.
   * Default 1 (no burst), minimum 1.
   */
  burst?: number;
  /** Aborting it ends the call with the signal's reason, and aborts the signals of the running tasks. */
  signal?: AbortSignal;
  /**
   * Gets each error that the call can no longer deliver, because it has already ended: of tasks that fail
   * later than the first one, and of the source's `return()`. What it throws becomes a process warning. Default:
   * the error becomes a process warning, with its stack.
   */
  onError?: (error: unknown) => void;
}

/** @publicApi */
export interface AmapOptions extends FlowLimits {
  /**
   * Whether the results come in the order of the source, and not in the order in which the tasks end. Then a
   * slow task holds back the results after it: `2 * maxAtOnce` of them at most, and no task starts beyond
   * that. Default false.
   */
  ordered?: boolean;
}

/** @publicApi */
export interface RateLimiterOptions {
  /**
   * Takes a second, evenly spaced. More than 0, fractions too: 0.2 is one every five seconds. Above 50 some second may
   * see `2 ms * maxPerSecond` more, rounded up, as up to 2 ms of a timer's lateness are made up for.
   */
  maxPerSecond: number;
  /** Takes that may come at once after a pause. Default 1 (no burst), minimum 1. */
  burst?: number;
  /** Default: the process's steady clock. Tests give a fake one. */
  clock?: RateClock;
}

/** As the pool's: who sets no limit must not open a million sockets. */
export const DEFAULT_AT_ONCE = 100;

const atOnce: Rule = (value) =>
  value === Infinity || integer(1)(value) === undefined
    ? undefined
    : 'a whole number of at least 1, or Infinity';

const rate: Rule = (value) =>
  typeof value === 'number' && value > 0 && value < Infinity ? undefined : 'a finite number above 0';

const clock: Rule = (value) =>
  typeof (value as RateClock | null)?.now === 'function' &&
  typeof (value as RateClock).schedule === 'function'
    ? undefined
    : 'an object with now() and schedule()';

const source: Rule = (value) =>
  iteratorMethod(value) === undefined ? 'an iterable or async iterable' : undefined;

const limitRules: Rules<FlowLimits> = {
  maxAtOnce: atOnce,
  maxPerSecond: rate,
  burst: integer(1),
  signal: abortSignal,
  onError: callable,
};

const amapRules: Rules<AmapOptions> = { ...limitRules, ordered: boolean };
const limiterRules: Rules<RateLimiterOptions> = { maxPerSecond: rate, burst: integer(1), clock };

/** Checks everything that a call was given, before anything runs. @throws InvalidOptionError, UnknownOptionError */
export function checkCall(call: string, fn: unknown, from: FlowSource<unknown>, options: AmapOptions): void {
  checkOptions(call, options, call === 'amap' ? amapRules : limitRules);
  if (callable(fn) !== undefined) throw refuseFunction(call, fn, new LateFailures(call, options.onError));
  check(call, 'the source', from, source);
  if (options.burst !== undefined && options.maxPerSecond === undefined) {
    throw new InvalidOptionError(`${call}: option 'burst' does nothing without 'maxPerSecond'; give both.`);
  }
  if (options.maxAtOnce === Infinity && !knowsItsSize(from)) {
    throw new InvalidOptionError(
      `${call}: maxAtOnce Infinity needs a source that knows its size, as an array does; give a number for this one.`,
    );
  }
}

export function checkLimiter(options: RateLimiterOptions): void {
  checkOptions('RateLimiter', options, limiterRules);
  check('RateLimiter', "option 'maxPerSecond'", options.maxPerSecond, rate);
}

function knowsItsSize(from: FlowSource<unknown>): boolean {
  const { length, size } = from as { length?: unknown; size?: unknown };
  return typeof length === 'number' || typeof size === 'number';
}
