import type { QueueKeys } from './keys.js';
import type { Client } from './script.js';

/** One queue's place in a listener. */
export interface Watch {
  readonly isArmed: boolean;
  arm(dueIn?: number): void;
  disarm(): void;
  /** Wakes, if it is armed. */
  ring(): void;
  /** Wakes in `ms`, if it is armed then. */
  dueIn(ms: number): void;
  /** Disarms; resolves when no scout stands in line any more. */
  withdraw(): Promise<void>;
  /** Withdraws for good. */
  close(): Promise<void>;
}

/** Stands in line behind a BLPOP, and claims when that ends. */
export interface Scouting {
  sendScout(client: Client, wait: number): Promise<void> | undefined;
}

/** What its listener hears of a watch. */
export interface WatchEvents {
  onArmed(): void;
  onWithdrawn(): Promise<void>;
  onClosed(): void;
}

export class QueueWatch implements Watch {
  isArmed = false;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly keys: QueueKeys,
    readonly lease: number,
    private readonly wake: () => void,
    readonly scouting: Scouting,
    private readonly events: WatchEvents,
  ) {}

  arm(dueIn?: number): void {
    if (this.isClosed) return;
    if (dueIn !== undefined) this.dueIn(dueIn);
    if (this.isArmed) return;
    this.isArmed = true;
    this.events.onArmed();
  }

  /** Redis' own time limits are coarse; a message must start when it is due. */
  dueIn(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ring(), Math.min(ms, 2 ** 31 - 1));
    this.timer.unref();
  }

  ring(): void {
    if (!this.isArmed) return;
    this.disarm();
    this.wake();
  }

  disarm(): void {
    this.isArmed = false;
    clearTimeout(this.timer);
  }

  withdraw(): Promise<void> {
    this.disarm();
    return this.events.onWithdrawn();
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.events.onClosed();
    return this.withdraw();
  }
}
