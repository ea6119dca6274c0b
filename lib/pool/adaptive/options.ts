import { check, checkOptions, integer, milliseconds, type Rule, type Rules } from '../../options.js';
import type { ControllerOptions } from './gradient-controller.js';

/** @publicApi */
export interface AdaptiveLimitOptions {
  /** The limit never falls below it. Required, minimum 1. */
  min: number;
  /** The limit never rises above it. Required, at least `min`. */
  max: number;
  /** Where the limit begins, from `min` to `max`. Default: the pool's `maxConcurrency`, brought within the bounds. */
  initial?: number;
  /** ms between two decisions, at least. Its clock starts with the first task that ends. Default 100, minimum 1. */
  window?: number;
  /**
   * Ended tasks between two decisions, at least. It is also at least the limit itself, and as many more, up to
   * 2,000, as it takes until their mean latency is known to 5 %. Default 20, minimum 2.
   */
  samples?: number;
  /**
   * ms between two probes, at least; in a probe half of the limit runs, to measure the latency without a queue.
   * Its clock starts when the last probe ends. Probes that take long come more rarely, and a latency that is in
   * doubt is probed at once. Default 30,000, minimum 1,000.
   */
  probeInterval?: number;
  /**
   * Failed tasks (timeouts too, by a signal of the submitter's as well) as a share of all that ended, cancelled ones
   * not counted; a larger one is an overload and lowers the limit.
   * Default 0.1, from 0 to 1: with 1 failures never lower it.
   */
  maxFailureRate?: number;
  /**
   * ms by which the event loop is late, for the slowest tenth of its turns; more is an overload and lowers the
   * limit. Default 100, minimum 1; `false` does not measure it.
   */
  maxEventLoopDelay?: number | false;
}

const share: Rule = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1';

const delay: Rule = (value) => (value === false ? undefined : orFalse(milliseconds(1)(value)));

function orFalse(allowed: string | undefined): string | undefined {
  return allowed && `${allowed}, or false`;
}

const rules: Rules<AdaptiveLimitOptions> = {
  min: integer(1),
  max: integer(1),
  initial: integer(1),
  window: milliseconds(1),
  samples: integer(2),
  probeInterval: milliseconds(1_000),
  maxFailureRate: share,
  maxEventLoopDelay: delay,
};

/** All options of a controller; `current` is the pool's limit now. @throws as AdaptiveLimit */
export function complete(options: AdaptiveLimitOptions, current: number): ControllerOptions {
  const owner = 'AdaptiveLimit';
  checkOptions(owner, options, rules);
  const { min, max, window = 100, samples = 20, probeInterval = 30_000 } = options;
  const { maxFailureRate = 0.1, maxEventLoopDelay = 100 } = options;
  check(owner, "option 'min'", min, integer(1));
  check(owner, "option 'max'", max, integer(min));
  const { initial = Math.min(Math.max(current, min), max) } = options;
  check(owner, "option 'initial'", initial, integer(min, max));
  const longest = maxEventLoopDelay === false ? Infinity : maxEventLoopDelay;
  return { min, max, initial, window, samples, probeInterval, maxFailureRate, maxEventLoopDelay: longest };
}
