/** A call that Redis has not answered yet. */
interface Call {
  /** Its place in the list. */
  index: number;
  readonly reject: (reason: Error) => void;
}

/** The calls under way. */
export class Calls {
  private readonly calls: Call[] = [];

  /** As `work`; rejects early with the reason of `rejectAll`. */
  track<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const call: Call = { index: this.calls.length, reject };
      this.calls.push(call);
      work.then(
        (value) => {
          this.forget(call);
          resolve(value);
        },
        (error: unknown) => {
          this.forget(call);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  rejectAll(reason: Error): void {
    for (const { reject } of this.calls) reject(reason);
  }

  /** The last one takes its place. */
  private forget(call: Call): void {
    const last = this.calls.pop() as Call;
    if (last === call) return;
    last.index = call.index;
    this.calls[call.index] = last;
  }
}
