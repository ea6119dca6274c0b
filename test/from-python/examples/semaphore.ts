// #region semaphore
/** As asyncio.Semaphore: at most `free` at a time. */
export class Semaphore {
  readonly #line: (() => void)[] = [];
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  async use<T>(fn: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else
      await new Promise<void>((resolve) => {
        this.#line.push(resolve);
      });
    try {
      return await fn();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
// #endregion
