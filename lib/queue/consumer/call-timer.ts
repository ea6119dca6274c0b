/** After a refused call, in ms: doubling. */
const FIRST_RETRY = 100;
const LONGEST_RETRY = 2_000;

/** When a consumer's next call to the broker leaves, if nothing else makes it leave earlier. */
export class CallTimer {
  private timer: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private answeredAt = 0;
  private waits = false;

  /** @param call makes the call. */
  constructor(private readonly call: () => void) {}

  /** The broker refuses calls: the next one waits for its time. */
  get backingOff(): boolean {
    return this.waits;
  }

  /** Calls in `ms`, unless a call is planned already. */
  in(ms: number): void {
    this.timer ??= setTimeout(this.call, ms);
  }

  /** Calls later, and the later the more `failures` there were in a row. */
  backOff(failures: number): void {
    this.waits = true;
    this.in(Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(failures - 1, 10)));
  }

  /** Calls at the latest after 5/12 of `lease` ms, while `isNeeded` says so: two calls may be lost. */
  beat(lease: number, isNeeded: () => boolean): void {
    this.heartbeat = setInterval(() => {
      const due = performance.now() - this.answeredAt >= lease / 4;
      if (due && !this.waits && isNeeded()) this.call();
    }, lease / 6);
    this.heartbeat.unref();
  }

  /** A call leaves: it takes the place of the planned one. */
  onSent(): void {
    this.clear();
    this.waits = false;
  }

  /** A call was answered. */
  onAnswered(): void {
    this.answeredAt = performance.now();
  }

  /** Forgets the planned call. */
  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Ends all. */
  close(): void {
    clearInterval(this.heartbeat);
    this.clear();
  }
}
