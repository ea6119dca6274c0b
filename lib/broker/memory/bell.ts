import type { Clock } from '../../queue/clock.js';
import type { Loans } from './loans.js';

/** `setTimeout` takes no more; a timer that comes too early looks again and sleeps on. */
const MAX_TIMER = 2 ** 31 - 1;

/** A consumer that wants to be woken. */
export interface Sleeper {
  readonly loans: Loans;
  /** Woken at this time in any case. */
  readonly deadline: number;
  readonly wake: () => void;
}

/** What the bell looks at to know whom to wake, and when to look again. */
export interface Watched {
  isClaimableBy(loans: Loans, now: number): boolean;
  /** The next time after `now` at which something becomes claimable by itself. */
  nextChange(now: number): number;
}

/**
 * Wakes armed consumers, one at a time and in the order in which they armed: whoever claims and leaves something
 * behind rings for the next one. So an add costs one wake, not one for each consumer.
 */
export class Bell {
  private readonly armed = new Set<Sleeper>();
  private ringing = false;
  private timerAt = Infinity;
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly watched: Watched,
  ) {}

  arm(sleeper: Sleeper): void {
    this.armed.add(sleeper);
    this.ring();
  }

  /** What the sleeper may have been woken for is now for another one. */
  disarm(sleeper: Sleeper): void {
    this.armed.delete(sleeper);
    this.ring();
  }

  /** Something may have become claimable. Cheap when nobody sleeps. */
  ring(): void {
    if (this.ringing || this.armed.size === 0) return;
    this.ringing = true;
    queueMicrotask(this.wakeNext);
  }

  close(): void {
    this.armed.clear();
    this.stopTimer();
  }

  // Whom to wake is decided as late as this, so that one who disarmed meanwhile is not woken in vain.
  private readonly wakeNext = (): void => {
    this.ringing = false;
    const now = this.clock.now();
    for (const sleeper of this.chooseSleepers(now)) {
      // The one before may have closed the broker.
      if (this.armed.delete(sleeper)) sleeper.wake();
    }
    this.setTimer(now);
  };

  /** All whose deadline has come, else the first who can claim something. */
  private chooseSleepers(now: number): Sleeper[] {
    const chosen: Sleeper[] = [];
    for (const sleeper of this.armed) {
      if (
        sleeper.deadline <= now ||
        (chosen.length === 0 && this.watched.isClaimableBy(sleeper.loans, now))
      ) {
        chosen.push(sleeper);
      }
    }
    return chosen;
  }

  private setTimer(now: number): void {
    if (this.armed.size === 0) return;
    let at = this.watched.nextChange(now);
    for (const sleeper of this.armed) at = Math.min(at, sleeper.deadline);
    // A timer that is set already, and comes earlier, will set the next one.
    if (at >= this.timerAt) return;
    this.stopTimer();
    this.timerAt = at;
    this.cancelTimer = this.clock.schedule(this.onTimer, Math.min(Math.max(0, at - now), MAX_TIMER));
  }

  private readonly onTimer = (): void => {
    this.timerAt = Infinity;
    this.cancelTimer = undefined;
    this.wakeNext();
  };

  private stopTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.timerAt = Infinity;
  }
}
