/** Tasks in the server's queue that are only noise: this share of the level, or of one task. */
const CALM = { share: 0.05, tasks: 0.5 } as const;
/** How much may stand in the server's queue: enough to see that there is one, too little to hurt. */
const QUEUE = 0.1;
/** The growth after so many calm windows in a row: careful near what is known, fast when it was long passed. */
const STEPS = [QUEUE, QUEUE, 0.2, 0.5] as const;
/** A smaller limit grows as if it were this one: by a task every few windows. */
const SMALL = 2.5;
/** Windows of careful growth after an overload, which is seen only once it has happened. */
const PATIENCE = 8;

/**
 * The next limit from the last one. By Little's law a server that takes `latency` with `level` tasks at a time,
 * and `baseline` without a queue, has `level * baseline / latency` of them in work and the others in its queue.
 * TCP Vegas (Brakmo and Peterson, 1995) holds that queue between two bounds. So does this, in one step: the limit
 * becomes what is in work and a small queue, and without a queue it grows.
 */
export class LimitLaw {
  #calm = 0;

  /** `gradient`: the share of the latency that is not spent in the queue, 1 at most. */
  next(limit: number, level: number, gradient: number): number {
    const queued = level * (1 - gradient);
    if (queued > Math.max(CALM.share * level, CALM.tasks)) {
      this.#calm = Math.min(this.#calm, 0);
      const room = level - queued;
      return room + QUEUE * Math.max(room, SMALL);
    }
    const step = STEPS[Math.min(Math.max(this.#calm++, 0), STEPS.length - 1)]!;
    return limit + step * Math.max(limit, SMALL);
  }

  /** There was an overload that no latency had announced. */
  beCareful(): void {
    this.#calm = -PATIENCE;
  }
}
