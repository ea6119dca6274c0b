/** Keeps the process alive for as long as somebody awaits a promise of the executor, and tells when it has ended. */
export class Lifetime {
  /** No call runs any more, and no thread either. */
  ended = false;
  readonly #keepAlive: (needed: boolean) => void;
  #promises = 0;
  #onEnded: (() => void)[] = [];

  constructor(keepAlive: (needed: boolean) => void) {
    this.#keepAlive = keepAlive;
  }

  promised(): void {
    if (this.#promises++ === 0) this.#keepAlive(true);
  }

  settled(): void {
    if (--this.#promises === 0) this.#keepAlive(false);
  }

  end(): void {
    this.ended = true;
    for (const resolve of this.#onEnded) {
      resolve();
      this.settled();
    }
    this.#onEnded = [];
  }

  async untilEnd(): Promise<void> {
    if (this.ended) return;
    this.promised();
    await new Promise<void>((resolve) => this.#onEnded.push(resolve));
  }
}
