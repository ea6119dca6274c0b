import { format } from 'node:util';
import { jest } from '@jest/globals';

interface Pause {
  readonly ms: number;
  readonly end: () => void;
}

/**
 * In place of `setTimeout` of node:timers/promises: so the examples are tested as they stand, and no test waits.
 *
 * - `timed`: by the global timers, which the test fakes; see `simulate`.
 * - `held`: until the test releases it.
 * - `none`: until the next turn of the event loop.
 */
export class Sleep {
  mode: 'timed' | 'held' | 'none' = 'timed';
  /** What is held. */
  readonly pauses: Pause[] = [];
  /** How many sleep at this moment, and the most that ever did. */
  now = 0;
  peak = 0;
  /** What a pause takes instead; for the one that is late. */
  stretch: (ms: number) => number = (ms) => ms;

  readonly setTimeout = async <T>(
    ms: number,
    value?: T,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<T | undefined> => {
    this.peak = Math.max(this.peak, ++this.now);
    try {
      await this.#pass(this.stretch(ms), signal);
      return value;
    } finally {
      this.now--;
    }
  };

  /** Ends the pauses of so many ms. @returns how many there were. */
  release(ms: number): number {
    const due = this.pauses.filter((pause) => pause.ms === ms);
    for (const pause of due) {
      this.pauses.splice(this.pauses.indexOf(pause), 1);
      pause.end();
    }
    return due.length;
  }

  #pass(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      if (this.mode === 'none') setImmediate(resolve);
      else if (this.mode === 'timed') timer = setTimeout(resolve, ms);
      else this.pauses.push({ ms, end: resolve });
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

/** Gives the examples that the test imports afterwards a sleep that the test controls. */
export function mockSleep(): Sleep {
  const sleep = new Sleep();
  jest.unstable_mockModule('node:timers/promises', () => ({ setTimeout: sleep.setTimeout }));
  return sleep;
}

/** What the examples print, line by line. */
export function capturePrint(): string[] {
  const printed: string[] = [];
  jest.spyOn(console, 'log').mockImplementation((...args) => void printed.push(line(...args)));
  return printed;
}

export function fakeTime(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
}

/** Runs an example to its end, by faked timers: what it took, in seconds of its own. */
export async function simulate<T>(example: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const state = { over: false };
  const result = example().finally(() => (state.over = true));
  while (!state.over) await jest.advanceTimersToNextTimerAsync();
  const value = await result;
  return { value, seconds: Math.round(performance.now() - start) / 1000 };
}

/** What console.log makes of it. */
export const line = format;
