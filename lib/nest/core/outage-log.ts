import type { AppLog } from './app-log.js';

/** Two connection errors within this time belong to one outage, in ms, beyond the time of one attempt. */
const QUIET = 5_000;

/** Connection errors in the log: a line when an outage begins, and one with their count when it is over. */
export class OutageLog {
  private errors = 0;
  private quiet: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param connectTimeout how long one attempt to reconnect takes, at most, in ms. */
  constructor(
    private readonly log: AppLog,
    private readonly connectTimeout: number,
  ) {}

  readonly onError = (error: Error): void => {
    if (this.closed) return;
    if (this.errors++ === 0) {
      const text = `Redis: ${error.message}; trying again.`;
      this.log.write({
        level: 'warn',
        text,
        params: { event: 'redis-disconnected', error: error.message },
      });
    }
    this.quiet ??= setTimeout(() => this.onQuiet(), this.connectTimeout + QUIET).unref();
    this.quiet.refresh();
  };

  close(): void {
    this.closed = true;
    clearTimeout(this.quiet);
  }

  /** Attempts follow one another: when none has failed for so long, one has succeeded. */
  private onQuiet(): void {
    const { errors } = this;
    this.log.log(`Redis: connected again, after ${errors} connection errors.`, {
      event: 'redis-connected',
      errors,
    });
    this.errors = 0;
    this.quiet = undefined;
  }
}
