/** How many runs ended during the drain, by how they ended, whoever began them (`runNext()` beside it, too). @publicApi */
export interface DrainReport {
  /** Runs that ended well. */
  readonly done: number;
  /** Runs that failed and come back when the clock is moved. */
  readonly delayed: number;
  /** Messages that failed for good. */
  readonly dead: number;
}

/** Counts the runs of a kit. */
export class Tally implements DrainReport {
  done = 0;
  delayed = 0;
  dead = 0;
  /** Grows with everything that happens: who waits sees whether anything does. */
  activity = 0;

  since({ done, delayed, dead }: DrainReport): DrainReport {
    return { done: this.done - done, delayed: this.delayed - delayed, dead: this.dead - dead };
  }

  snapshot(): DrainReport {
    const { done, delayed, dead } = this;
    return { done, delayed, dead };
  }
}
