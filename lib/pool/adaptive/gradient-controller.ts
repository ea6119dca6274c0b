import type { Ending } from '../observer.js';
import { LimitLaw } from './limit-law.js';
import { SampleWindow, type WindowSize } from './sample-window.js';

/** All as the options of AdaptiveLimit, none left out. */
export interface ControllerOptions extends WindowSize {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
  readonly probeInterval: number;
  readonly maxFailureRate: number;
  readonly maxEventLoopDelay: number;
}

/** What the controller has around it; a simulation has its own. */
export interface Surroundings {
  /** ms, from anywhere. */
  now(): number;
  /** The event loop's delay since the last call, in ms. */
  takeEventLoopDelay(): number;
  /** So many tasks may run from now on; said after each decision, as others may have set something else. */
  apply(level: number): void;
}

/** Where a probe began, and what its last step saw. */
interface Probe {
  readonly level: number;
  readonly latency: number;
  last: number;
  stepAt: number;
}

/** The share of the level that must be in use before latency, or an overload, says anything about it. */
const SATURATED = 0.9;
const IN_USE = 0.5;
/** Small enough a standard error of a window, and of a probe's, since a baseline has to last. */
const PRECISION = { steady: 0.05, probe: 0.035 } as const;
/** A limit that fell below this share of its peak fell by a baseline that may be wrong. */
const DOUBTFUL = 0.7;
/** Latency below this share of the baseline is no noise: the work has become faster. */
const FASTER = 0.75;
/** Half the level brought latency below this share: there was a queue, and there may still be one. */
const RELIEVED = 0.85;
/** The last step of a probe, which comes at half the level, takes one part in so many of the time. */
const PROBE_SHARE = 20;

/**
 * Finds a limit from what tasks say as they end: one decision each window, and no timers.
 *
 * - *Steady*: LimitLaw, while the tasks use the level. A share of failures, or an event loop's delay, above its
 *   bound takes up to half of the limit away (multiplicative decrease).
 * - *Probe*: the baseline is measured again at half the level (as BBR's ProbeRTT and Envoy's minRTT), and at
 *   half of that for as long as it helps. Only this tells a server with less room, where fewer tasks bring lower
 *   latency, from work that became slower, where they do not. A smallest latency cannot: it falls for ever with
 *   noise. Nor can an average: it rises for ever with the queue that it allows.
 */
export class GradientController {
  readonly #options: ControllerOptions;
  readonly #around: Surroundings;
  readonly #window: SampleWindow;
  readonly #law: LimitLaw = new LimitLaw();
  #limit: number;
  #level: number;
  /** Of the limit, since the last probe. */
  #peak: number;
  #probe: Probe | undefined = undefined;
  #probeAt = 0;

  /** Windows and probes so far. */
  windows = 0;
  probes = 0;
  /** ms without a queue; undefined before the first probe. */
  baseline: number | undefined = undefined;
  /** Of the last window. */
  latency: number | undefined = undefined;
  failureRate = 0;
  eventLoopDelay = 0;

  constructor(options: ControllerOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
    this.#limit = this.#peak = this.#level = options.initial;
    this.#window = new SampleWindow(options, () => around.now());
    this.#window.open(this.#level, 0, PRECISION.steady);
  }

  /** What was found so far. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** How many tasks may run now: the limit, or less in a probe. */
  get level(): number {
    return this.#level;
  }

  get probing(): boolean {
    return this.#probe !== undefined;
  }

  /** A task ended after `ms`; when it started, `running` tasks ran, itself included. */
  ended(ms: number, ending: Ending, running: number): void {
    if (!this.#window.add(ms, ending, running)) return;
    const before = this.#level;
    this.#decide();
    const precision = this.probing ? PRECISION.probe : PRECISION.steady;
    this.#window.open(this.#level, this.#level === before ? 0 : running, precision);
    this.#around.apply(this.#level);
  }

  #decide(): void {
    const { running, latency, failureRate } = this.#window;
    this.windows++;
    this.failureRate = failureRate;
    this.eventLoopDelay = this.#around.takeEventLoopDelay();
    const relief = this.#relief();
    if (relief < 1 && running >= IN_USE * this.#level) this.#backOff(relief);
    // Where all have failed there is no latency; and where work takes no time, none to gain.
    if (!(latency > 0)) return;
    this.latency = latency;
    if (relief < 1) return;
    if (this.#probe !== undefined) this.#probeFurther(this.#probe, latency);
    else if (running >= SATURATED * this.#level) this.#steady(latency);
  }

  /** What an overload leaves of the limit, 1 without one. One window is not enough to take more than half. */
  #relief(): number {
    const { maxFailureRate, maxEventLoopDelay } = this.#options;
    const failures = this.failureRate > maxFailureRate ? 1 - this.failureRate : 1;
    const delay = this.eventLoopDelay > maxEventLoopDelay ? maxEventLoopDelay / this.eventLoopDelay : 1;
    return Math.max(Math.min(failures, delay), 0.5);
  }

  #backOff(relief: number): void {
    this.#probe = undefined;
    this.#setLimit(this.#level * relief);
    // Latency had no part in it, so there is no doubt about the baseline.
    this.#peak = this.#limit;
    this.#law.beCareful();
  }

  #steady(latency: number): void {
    const { baseline } = this;
    const due = this.#around.now() >= this.#probeAt;
    if (baseline === undefined || due || latency < FASTER * baseline) return this.#startProbe(latency);
    this.#follow(Math.min(baseline / latency, 1));
    // One task less is no reason for doubt, however small the limit is.
    if (this.#limit < DOUBTFUL * this.#peak - 1) this.#startProbe(latency);
  }

  #follow(gradient: number): void {
    this.#setLimit(this.#law.next(this.#limit, this.#level, gradient));
  }

  #setLimit(limit: number): void {
    this.#limit = Math.min(Math.max(limit, this.#options.min), this.#options.max);
    this.#peak = Math.max(this.#peak, this.#limit);
    this.#level = Math.floor(this.#limit);
  }

  #startProbe(latency: number): void {
    this.#probe = { level: this.#level, latency, last: latency, stepAt: this.#around.now() };
    this.probes++;
    this.#halve(this.#probe);
  }

  #halve(probe: Probe): void {
    const half = Math.max(this.#level >> 1, this.#options.min);
    if (half === this.#level) return this.#endProbe(probe);
    probe.stepAt = this.#around.now();
    this.#level = half;
  }

  #probeFurther(probe: Probe, latency: number): void {
    const relieved = latency < RELIEVED * probe.last;
    probe.last = latency;
    if (relieved) this.#halve(probe);
    else this.#endProbe(probe);
  }

  #endProbe({ level, latency, last, stepAt }: Probe): void {
    const now = this.#around.now();
    this.#probe = undefined;
    this.#probeAt = now + Math.max(this.#options.probeInterval, PROBE_SHARE * (now - stepAt));
    this.baseline = last;
    this.#level = level;
    this.#follow(Math.min(last / latency, 1));
    this.#peak = this.#limit;
  }
}
