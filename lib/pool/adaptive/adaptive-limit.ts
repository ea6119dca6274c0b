import { InvalidOptionError } from '../../errors.js';
import { quote } from '../../options.js';
import { NbAioPool } from '../nb-aio-pool.js';
import { observe } from '../observer.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { GradientController } from './gradient-controller.js';
import { complete, type AdaptiveLimitOptions } from './options.js';
import type { AdaptiveLimitStats } from './stats.js';

/** Two limits would overwrite each other. */
const limited = new WeakSet<NbAioPool>();

/**
 * Sets a pool's `maxConcurrency` to what the server behind its tasks has room for, from their latency and
 * failures and from the event loop's delay. A gradient controller: the law is that of TCP Vegas, the shape that
 * of Netflix' concurrency-limits and Envoy's adaptive concurrency filter. docs/adaptive-limit.md says how it
 * works, what it finds, and where it does not help.
 *
 * It only acts as tasks end: without tasks, or while they do not use the limit, nothing changes. Its only timer is
 * that of Node's event loop monitor (none with `maxEventLoopDelay: false`), which holds no process. Once the pool is
 * shut down and its last task has ended, it stops by itself.
 *
 * @publicApi
 */
export class AdaptiveLimit implements Disposable {
  readonly #pool: NbAioPool;
  readonly #controller: GradientController;
  readonly #delay: EventLoopDelay | undefined;
  readonly #unobserve: () => void;
  #stopped = false;

  /**
   * Sets the pool's `maxConcurrency` to `initial`, and from then on owns it: what others set is overwritten.
   *
   * @throws UnknownOptionError for an option that does not exist.
   * @throws InvalidOptionError for a value that is not allowed, and for a pool that has an AdaptiveLimit already.
   */
  constructor(pool: NbAioPool, options: AdaptiveLimitOptions) {
    checkPool(pool);
    const all = complete(options, pool.maxConcurrency);
    this.#pool = pool;
    pool.maxConcurrency = all.initial;
    this.#delay = all.maxEventLoopDelay === Infinity ? undefined : new EventLoopDelay();
    this.#controller = new GradientController(all, {
      now: () => performance.now(),
      takeEventLoopDelay: () => this.#delay?.take() ?? 0,
      apply: () => queueMicrotask(this.#apply),
    });
    limited.add(pool);
    this.#unobserve = pool[observe]({
      ended: (ms, ending, running) => this.#controller.ended(ms, ending, running),
      poolEnded: () => this.stop(),
    });
  }

  /** The limit that was found so far. During a probe the pool's `maxConcurrency` is lower. */
  get limit(): number {
    return this.#controller.limit;
  }

  /** A frozen snapshot of what the limit is based on. */
  stats(): AdaptiveLimitStats {
    const { limit, probing, latency, baseline, failureRate, eventLoopDelay, windows, probes } =
      this.#controller;
    const stopped = this.#stopped;
    return Object.freeze({
      limit,
      probing: probing && !stopped,
      latency,
      baseline,
      failureRate,
      eventLoopDelay,
      windows,
      probes,
      stopped,
    });
  }

  /** Leaves the pool with the limit that was found, and the pool to its owner; may be called again. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unobserve();
    this.#delay?.stop();
    limited.delete(this.#pool);
    this.#pool.maxConcurrency = this.#controller.limit;
  }

  /** `stop()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** Not in the middle of the pool's own work, since a higher limit starts tasks at once. */
  readonly #apply = (): void => {
    if (!this.#stopped) this.#pool.maxConcurrency = this.#controller.level;
  };
}

function checkPool(pool: NbAioPool): void {
  if (!(pool instanceof NbAioPool)) {
    throw new InvalidOptionError(`AdaptiveLimit: pool must be an NbAioPool, but was ${quote(pool)}.`);
  }
  if (limited.has(pool)) {
    throw new InvalidOptionError(
      `AdaptiveLimit: ${pool.name} has an AdaptiveLimit already; stop() that one first.`,
    );
  }
}
