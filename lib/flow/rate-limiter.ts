import { abortSignal, check } from '../options.js';
import { LinkedList, type Linked } from '../pool/linked-list.js';
import { SignalWatch } from '../signal-watch.js';
import { steadyClock, type RateClock } from './clock.js';
import { checkLimiter, type RateLimiterOptions } from './options.js';

/** The longest time that a timer of Node can wait for; beyond it, it would wait for 1 ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Timers count whole milliseconds and come a little late. At high rates so much of it is not held against the next
 * take, or 300 a second would be 250. What is later than that (a blocked event loop) is lost: catching up would be a burst.
 */
const FORGIVEN = 2;
/**
 * From this spacing on, in ms, lateness costs little, and only what rounding adds is forgiven: `maxPerSecond + 1`
 * takes need 999 ms or more.
 */
const WIDE = 20;

/** In ms: what adding fractions may be wrong by. */
const ROUNDING = 1e-6;

/** A snapshot of one moment; see `RateLimiter.stats()`. @publicApi */
export interface RateLimiterStats {
  readonly maxPerSecond: number;
  readonly burst: number;
  /** Callers of `take` that wait. */
  readonly waiting: number;
}

/**
 * Lets `maxPerSecond` takes a second through, evenly spaced, and up to `burst` at once after a pause. Above 50 a second
 * up to 2 ms of a timer's lateness are made up for, so a second may see `2 ms * maxPerSecond` more, rounded up. It is the
 * Generic Cell Rate Algorithm (ITU-T I.371, in its virtual scheduling form), as in aiometer: one number, the
 * time at which the next take is due in theory; no counter, no window, and no timer while nobody waits.
 *
 * @publicApi
 */
export class RateLimiter {
  readonly #maxPerSecond: number;
  readonly #burst: number;
  readonly #clock: RateClock;
  /** Times count from here: near 0 the fractions of a millisecond are exact enough to add up for years. */
  readonly #origin: number;
  /** Between two takes. */
  readonly #spacing: number;
  /** How late a timer may be without the next take being any later. */
  readonly #forgiven: number;
  /** How far the theoretical time may be ahead. */
  readonly #tolerance: number;
  /** The theoretical arrival time of the next take. */
  #due = 0;
  /** By how much the timer under way is later than it should be, because it counts whole milliseconds. */
  #rounding = 0;
  /** When somebody was last let through after a wait. */
  #servedAt = -Infinity;
  readonly #waiters = new LinkedList<Waiter>();
  #cancelTimer: (() => void) | undefined = undefined;

  /**
   * @throws UnknownOptionError for an option that does not exist.
   * @throws InvalidOptionError for a value that is not allowed.
   */
  constructor(options: RateLimiterOptions) {
    checkLimiter(options);
    const { maxPerSecond, burst = 1, clock = steadyClock } = options;
    this.#maxPerSecond = maxPerSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#origin = clock.now();
    this.#spacing = Math.min(1000 / maxPerSecond, Number.MAX_SAFE_INTEGER);
    this.#forgiven = this.#spacing < WIDE ? FORGIVEN : 0;
    this.#tolerance = this.#spacing * (burst - 1);
  }

  /**
   * Resolves when it is the caller's turn: at once if one is free, else in the order of the calls. A wait keeps
   * the process alive.
   *
   * Rejects with the signal's reason when `signal` is or gets aborted, and then takes nothing: the next in line
   * moves up. Rejects with InvalidOptionError for what is not a signal.
   */
  take(signal?: AbortSignal): Promise<void> {
    try {
      if (signal !== undefined) check('RateLimiter', 'the signal', signal, abortSignal);
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      if (this.tryTake()) return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push(new Waiter(this.#leave, resolve, reject, signal));
      this.#arm();
    });
  }

  /** The form of `take` that never waits: whether there was one. It does not overtake those who wait. */
  tryTake(): boolean {
    const now = this.#now();
    if (this.#waiters.size > 0 || !this.#isFree(now)) return false;
    // Who comes right after somebody was served, be it the same caller again, has as good as waited in line.
    const inLine = now - this.#servedAt <= this.#forgiven;
    this.#grant(inLine ? now - this.#forgiven : now);
    return true;
  }

  /** A frozen snapshot of the limiter's figures. */
  stats(): RateLimiterStats {
    return Object.freeze({
      maxPerSecond: this.#maxPerSecond,
      burst: this.#burst,
      waiting: this.#waiters.size,
    });
  }

  #now(): number {
    return this.#clock.now() - this.#origin;
  }

  #isFree(now: number): boolean {
    return this.#due - this.#tolerance <= now + ROUNDING;
  }

  /** `earliest`: from where the next one is counted if this one is overdue. */
  #grant(earliest: number): void {
    this.#due = Math.max(this.#due, earliest) + this.#spacing;
  }

  /** One timer, for the first in line. */
  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#waiters.size === 0) return;
    const exact = this.#due - this.#tolerance - this.#now();
    const wait = Math.max(Math.ceil(exact - ROUNDING), 1);
    this.#rounding = Math.min(wait - exact, 1);
    this.#cancelTimer = this.#clock.schedule(this.#serve, Math.min(wait, LONGEST_TIMER));
  }

  readonly #serve = (): void => {
    this.#cancelTimer = undefined;
    const now = this.#now();
    // A timer may also come too early: then this does nothing but to arm the next one.
    while (this.#waiters.size > 0 && this.#isFree(now)) {
      this.#servedAt = now;
      this.#grant(now - Math.max(this.#forgiven, this.#rounding));
      this.#rounding = 0;
      this.#waiters.shift()!.grant();
    }
    this.#arm();
  };

  readonly #leave = (waiter: Waiter): void => {
    this.#waiters.remove(waiter);
    if (this.#waiters.size > 0) return;
    // Nobody waits, so nothing may keep the process alive.
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  };
}

/** One waiting call of `take`. */
class Waiter implements Linked<Waiter> {
  list: LinkedList<Waiter> | undefined = undefined;
  previous: Waiter | undefined = undefined;
  next: Waiter | undefined = undefined;
  readonly #leave: (waiter: Waiter) => void;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;

  constructor(
    leave: (waiter: Waiter) => void,
    resolve: () => void,
    reject: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#leave = leave;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    if (signal !== undefined) watch.add(signal, this);
  }

  grant(): void {
    if (this.#signal !== undefined) watch.delete(this.#signal, this);
    this.#resolve();
  }

  abort(reason: unknown): void {
    this.#leave(this);
    this.#reject(reason);
  }
}

/** The waiters of all limiters that a signal may send away. */
const watch = new SignalWatch<Waiter>((waiters, signal) => {
  for (const waiter of waiters) waiter.abort(signal.reason);
});
