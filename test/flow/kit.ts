import type { RateClock } from '../../lib/flow/index.js';
import { turn } from '../pool/signals.js';

/** Time that the test moves. Timers go off in their order, at their very moment. */
export class FakeClock implements RateClock {
  time: number;
  /** Of all timers, in ms. */
  readonly scheduled: number[] = [];
  #timers: { at: number; call: () => void }[] = [];

  constructor(time = 0) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  schedule(call: () => void, ms: number): () => void {
    const timer = { at: this.time + ms, call };
    this.scheduled.push(ms);
    this.#timers.push(timer);
    this.#timers.sort((a, b) => a.at - b.at);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Lets the next timer go off, `late` ms after its time. False when there is none. */
  next(late = 0): boolean {
    const timer = this.#timers.shift();
    if (timer === undefined) return false;
    this.time = Math.max(this.time, timer.at + late);
    timer.call();
    return true;
  }

  /** Lets all timers go off that are due until then. */
  runTo(end: number): void {
    while (this.#timers[0] !== undefined && this.#timers[0].at <= end) this.next();
    this.time = end;
  }

  /** Microtasks run between the timers. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await turn();
    while (this.#timers[0] !== undefined && this.#timers[0].at <= end) {
      this.next();
      await turn();
    }
    this.time = end;
  }
}

/** A source that tells what is asked of it, and never ends by itself. */
export function endless(log: string[] = []): Generator<number, void, undefined> {
  return (function* numbers() {
    try {
      for (let i = 0; ; i++) {
        log.push(`item ${i}`);
        yield i;
      }
    } finally {
      log.push('returned');
    }
  })();
}

export async function collect<R>(results: AsyncIterable<R>): Promise<R[]> {
  const all: R[] = [];
  for await (const each of results) all.push(each);
  return all;
}

/** Numbers from 0 on. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
