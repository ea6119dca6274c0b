import type { Ending } from '../../lib/pool/observer.js';
/** What the simulated client needs of a controller. */
export interface SimulatedLimit {
  readonly level: number;
  readonly limit: number;
  ended(ms: number, ending: Ending, running: number): void;
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How long the work of one task takes, of mean 1: steady, with a tail, or one in twenty 19 times as long. */
export type Noise = 'none' | 'uniform' | 'exponential' | 'bimodal';

const noises: Record<Noise, (random: () => number) => number> = {
  none: () => 1,
  uniform: (random) => 0.5 + random(),
  exponential: (random) => -Math.log(1 - random()),
  bimodal: (random) => (random() < 0.05 ? 10 : 10 / 19),
};

export interface ServerOptions {
  readonly capacity: number;
  /** Mean ms of work for one task. */
  readonly work: number;
  readonly noise: Noise;
  readonly seed: number;
  /** Refuses at once what is beyond its capacity, instead of letting it wait. */
  readonly refuses?: boolean;
}

interface Call {
  readonly startedAt: number;
  readonly endsAt: number;
  readonly failed: boolean;
}

/**
 * A server with `capacity` places and a queue, and a client that always has more to do and runs as many tasks
 * as the controller lets it. Latency is flat while there are places, and beyond that grows in proportion to what
 * runs (Little's law). Time is virtual: only the events of the simulation move it.
 */
export class Simulation {
  now = 0;
  ended = 0;
  capacity: number;
  work: number;
  /** Tasks that the client has; fewer than the limit when it does not use it. */
  demand = Infinity;
  readonly #noise: () => number;
  readonly #refuses: boolean;
  readonly #inService: Call[] = [];
  readonly #queue: number[] = [];

  constructor({ capacity, work, noise, seed, refuses = false }: ServerOptions) {
    this.capacity = capacity;
    this.work = work;
    this.#refuses = refuses;
    const random = randomNumbers(seed);
    this.#noise = () => noises[noise](random);
  }

  get running(): number {
    return this.#inService.length + this.#queue.length;
  }

  /** Runs until `count` more tasks have ended; calls back after each. */
  run(limit: SimulatedLimit, count: number, after: () => void = () => {}): void {
    for (const end = this.ended + count; this.ended < end;) {
      this.#fill(limit);
      const call = this.#takeEarliest();
      const { running } = this;
      this.now = call.endsAt;
      this.ended++;
      limit.ended(this.now - call.startedAt, call.failed ? 'failed' : 'done', running + 1);
      after();
    }
  }

  #fill(limit: SimulatedLimit): void {
    while (this.running < Math.min(limit.level, this.demand)) {
      const refused = this.#refuses && this.running >= this.capacity;
      if (refused) this.#begin(this.now, this.work / 10, true);
      else this.#queue.push(this.now);
      if (this.#refuses) this.#serve();
    }
    this.#serve();
  }

  #serve(): void {
    while (this.#queue.length > 0 && this.#inService.length < this.capacity) {
      this.#begin(this.#queue.shift()!, this.work * this.#noise(), false);
    }
  }

  #begin(startedAt: number, ms: number, failed: boolean): void {
    const endsAt = this.now + ms;
    const place = this.#inService.findIndex((each) => each.endsAt > endsAt);
    this.#inService.splice(place < 0 ? this.#inService.length : place, 0, { startedAt, endsAt, failed });
  }

  #takeEarliest(): Call {
    return this.#inService.shift()!;
  }
}
