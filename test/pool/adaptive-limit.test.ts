import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { InvalidOptionError, UnknownOptionError } from '../../lib/errors.js';
import { EventLoopDelay } from '../../lib/pool/adaptive/event-loop-delay.js';
import { AdaptiveLimit, type AdaptiveLimitOptions } from '../../lib/pool/adaptive/index.js';
import { NbAioPool, type TaskContext } from '../../lib/pool/index.js';
import { compile } from '../kill/compile.js';
import { randomNumbers } from './adaptive-simulation.js';
import { deferred, turn } from './signals.js';

const bounds = { min: 1, max: 100, maxEventLoopDelay: false } as const;

/** A server with places and a queue. Its time is that of the fake timers. */
class Server {
  readonly #random = randomNumbers(1);
  readonly #queue: (() => void)[] = [];
  #free: number;

  constructor(capacity: number) {
    this.#free = capacity;
  }

  readonly call = async (): Promise<void> => {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20 + 20 * this.#random()));
    const next = this.#queue.shift();
    if (next === undefined) this.#free++;
    else next();
  };
}

describe('a pool with an adaptive limit', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
  afterEach(() => void jest.useRealTimers());

  async function runTasks(pool: NbAioPool, count: number, task: () => Promise<unknown>): Promise<void> {
    const done = pool.batchRun(
      Array.from({ length: count }, () => task),
      { failFast: false },
    );
    const progress = { ended: false };
    void done.then(() => (progress.ended = true));
    for (let i = 0; i < 10_000 && !progress.ended; i++) await jest.advanceTimersByTimeAsync(50);
    expect(progress.ended).toBe(true);
    await done;
  }

  test.each([2, 60])(
    'finds what its server has room for, from %i tasks at a time',
    async (maxConcurrency) => {
      await using pool = new NbAioPool({ maxConcurrency });
      using limit = new AdaptiveLimit(pool, bounds);
      expect(limit.limit).toBe(maxConcurrency);
      const server = new Server(16);
      await runTasks(pool, 6_000, server.call);
      expect(limit.limit).toBeGreaterThan(16 / 1.3);
      expect(limit.limit).toBeLessThan(16 * 1.3);
      const { baseline, windows, probes, stopped } = limit.stats();
      expect(baseline).toBeGreaterThan(27);
      expect(baseline).toBeLessThan(33);
      expect(windows).toBeGreaterThan(20);
      expect(probes).toBeGreaterThan(0);
      expect(stopped).toBe(false);
    },
  );

  test('backs off from a server that fails, and comes back', async () => {
    await using pool = new NbAioPool({ maxConcurrency: 32 });
    using limit = new AdaptiveLimit(pool, { ...bounds, min: 2 });
    await runTasks(pool, 2_000, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('overloaded');
    });
    expect(limit.limit).toBe(2);
    expect(pool.maxConcurrency).toBe(2);
    expect(limit.stats()).toMatchObject({ failureRate: 1, latency: undefined });
    await runTasks(pool, 3_000, new Server(16).call);
    expect(limit.limit).toBeGreaterThan(12);
  });

  test('backs off where tasks give up by the time limit of their signal, too', async () => {
    await using pool = new NbAioPool({ maxConcurrency: 32 });
    using limit = new AdaptiveLimit(pool, { ...bounds, min: 2 });
    const outOfTime = new DOMException('out of time', 'TimeoutError');
    await giveUp(pool, 2_000, outOfTime);
    expect(limit.stats()).toMatchObject({ failureRate: 1, latency: undefined });
    expect(limit.limit).toBe(2);
  });

  test('cancelled tasks say nothing of the work', async () => {
    await using pool = new NbAioPool({ maxConcurrency: 32 });
    using limit = new AdaptiveLimit(pool, bounds);
    await giveUp(pool, 1_000, 'no longer needed');
    expect(limit.stats()).toMatchObject({ windows: 0, failureRate: 0, limit: 32 });
  });

  /** Tasks that are cancelled by their signal 30 ms after their start. */
  async function giveUp(pool: NbAioPool, count: number, reason: unknown): Promise<void> {
    for (let i = 0; i < count; i += 50) {
      const controller = new AbortController();
      const work = ({ signal }: TaskContext): Promise<void> =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      const tasks = Array.from({ length: 50 }, () => work);
      const outcomes = pool.batchRun(tasks, { failFast: false, signal: controller.signal });
      await jest.advanceTimersByTimeAsync(30);
      controller.abort(reason);
      await outcomes;
      await jest.advanceTimersByTimeAsync(1);
    }
  }

  test('what others set is overwritten, however little runs then', async () => {
    await using pool = new NbAioPool({ maxConcurrency: 20 });
    using limit = new AdaptiveLimit(pool, { ...bounds, min: 10 });
    pool.maxConcurrency = 1;
    await runTasks(pool, 200, new Server(100).call);
    expect(limit.limit).toBeGreaterThanOrEqual(10);
    expect(pool.maxConcurrency).toBeGreaterThanOrEqual(10);
  });

  test('stopped in a probe it leaves the limit, and nothing else', async () => {
    await using pool = new NbAioPool({ maxConcurrency: 10 });
    const limit = new AdaptiveLimit(pool, bounds);
    const server = new Server(100);
    const seen: number[] = [];
    await runTasks(pool, 60, async () => {
      await server.call();
      if (!limit.stats().probing) return;
      seen.push(pool.maxConcurrency);
      limit.stop();
      limit.stop();
    });
    expect(seen).toEqual([5]);
    expect(pool.maxConcurrency).toBe(10);
    const stopped = limit.stats();
    expect(stopped).toMatchObject({ limit: 10, probing: false, stopped: true });
    expect(Object.isFrozen(stopped)).toBe(true);
    await runTasks(pool, 1_000, server.call);
    expect(limit.stats()).toEqual(stopped);
    expect(pool.maxConcurrency).toBe(10);
  });

  test('a level that was decided just before the stop is not applied after it', async () => {
    await using pool = new NbAioPool({ maxConcurrency: 10 });
    const limit = new AdaptiveLimit(pool, bounds);
    const server = new Server(100);
    // The first decision starts a probe. The task that starts next sees it before its microtask comes.
    const seen: number[] = [];
    const task = (): Promise<void> => {
      if (limit.stats().probing) {
        seen.push(pool.maxConcurrency);
        limit.stop();
      }
      return server.call();
    };
    await runTasks(pool, 200, task);
    await turn();
    expect(seen).toEqual([10]);
    expect(limit.stats().stopped).toBe(true);
    expect(pool.maxConcurrency).toBe(10);
  });
});

describe('options', () => {
  const pool = new NbAioPool({ name: 'mine', maxConcurrency: 50 });
  const make = (options: Partial<AdaptiveLimitOptions>) => (): void => {
    using limit = new AdaptiveLimit(pool, options as AdaptiveLimitOptions);
    throw new Error(`${limit.limit} was accepted`);
  };

  test.each<[string, object]>([
    ["option 'min' must be a whole number of at least 1, but was undefined", { max: 5 }],
    ["option 'min' must be a whole number of at least 1, but was 0 (number)", { min: 0, max: 5 }],
    ["option 'max' must be a whole number of at least 1, but was undefined", { min: 1 }],
    ["option 'max' must be a whole number of at least 6, but was 5 (number)", { min: 6, max: 5 }],
    [
      "option 'initial' must be a whole number from 2 to 5, but was 1 (number)",
      { min: 2, max: 5, initial: 1 },
    ],
    [
      "option 'initial' must be a whole number from 2 to 5, but was 6 (number)",
      { min: 2, max: 5, initial: 6 },
    ],
    ["option 'window' must be a whole number from 1 to 2147483647", { ...bounds, window: 0 }],
    ["option 'samples' must be a whole number of at least 2", { ...bounds, samples: 1 }],
    ["option 'probeInterval' must be a whole number from 1000 to", { ...bounds, probeInterval: 999 }],
    ["option 'maxFailureRate' must be a number from 0 to 1, but was 1.1", { ...bounds, maxFailureRate: 1.1 }],
    ["option 'maxFailureRate' must be a number from 0 to 1, but was NaN", { ...bounds, maxFailureRate: NaN }],
    ['from 1 to 2147483647 milliseconds, or false, but was 0 (number)', { ...bounds, maxEventLoopDelay: 0 }],
    [
      'from 1 to 2147483647 milliseconds, or false, but was true (boolean)',
      { ...bounds, maxEventLoopDelay: true },
    ],
  ])('%s', (message, options) => {
    expect(make(options)).toThrow(InvalidOptionError);
    expect(make(options)).toThrow(message);
  });

  test('an unknown one is named', () => {
    expect(make({ ...bounds, maximum: 5 } as object)).toThrow(UnknownOptionError);
  });

  test('the limit begins with the pool, within the bounds, or as it is told', () => {
    for (const [options, expected] of [
      [bounds, 50],
      [{ ...bounds, max: 20 }, 20],
      [{ ...bounds, min: 70 }, 70],
      [{ ...bounds, initial: 7 }, 7],
    ] as const) {
      const own = new NbAioPool({ maxConcurrency: 50 });
      using limit = new AdaptiveLimit(own, options);
      expect([limit.limit, own.maxConcurrency]).toEqual([expected, expected]);
    }
  });

  test('a pool takes one at a time, and a refused one changes nothing', () => {
    const first = new AdaptiveLimit(pool, { ...bounds, initial: 9 });
    expect(make(bounds)).toThrow('mine has an AdaptiveLimit already; stop() that one first.');
    expect(pool.maxConcurrency).toBe(9);
    first.stop();
    expect(make(bounds)).toThrow('9 was accepted');
    expect(make({ min: 60, max: 50 })).toThrow(InvalidOptionError);
    expect(pool.maxConcurrency).toBe(9);
  });

  test('only a pool is one', () => {
    expect(() => new AdaptiveLimit({} as NbAioPool, bounds)).toThrow('must be an NbAioPool, but was');
  });

  test('it stops by itself when its pool has been shut down and the last task has ended', async () => {
    const own = new NbAioPool({ maxConcurrency: 7 });
    const disable = jest.spyOn(EventLoopDelay.prototype, 'stop');
    const limit = new AdaptiveLimit(own, { min: 1, max: 10 });
    const gate = deferred();
    await own.submit(() => gate.promise);
    const end = own.shutdown();
    await turn();
    expect(limit.stats().stopped).toBe(false);
    gate.resolve();
    await end;
    expect(limit.stats().stopped).toBe(true);
    expect(disable).toHaveBeenCalledTimes(1);
    limit.stop();
    const late = new AdaptiveLimit(own, { min: 1, max: 10 });
    await turn(1);
    expect(late.stats()).toMatchObject({ stopped: true, limit: 7 });
    expect(disable).toHaveBeenCalledTimes(2);
    disable.mockRestore();
  });
});

describe('the event loop', () => {
  test('is late by what blocks it', async () => {
    const delay = new EventLoopDelay();
    for (let i = 0; i < 12; i++) {
      const end = performance.now() + 40;
      while (performance.now() < end);
      await turn(1);
    }
    expect(delay.take()).toBeGreaterThan(20);
    expect(delay.take()).toBe(0);
    delay.stop();
  });

  test('ends with the last task, with a limit that was never stopped', async () => {
    const compiled = await compile(fileURLToPath(new URL('adaptive-process.ts', import.meta.url)));
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [compiled.entry], { timeout: 10_000 });
      expect(stdout).toBe('1 task, limit 10\n');
    } finally {
      await compiled.remove();
    }
  });
});
