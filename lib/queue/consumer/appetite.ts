import type { Claim } from '../broker.js';
import type { QueueSettings } from '../task-options.js';
import type { Loans } from './loans.js';
import { ReadAhead } from './read-ahead.js';

/** Whether a consumer may claim now, and how many messages. */
export class Appetite {
  private readonly readAhead: ReadAhead;
  /** More is ready than was claimed, or may be. */
  hungry = false;
  /** Nothing is to be claimed, and what was claimed ahead is to be given back: paused, or stopping. */
  closed = false;
  /** The answer took longer than the lease: what it granted may be others' by now. */
  private doubt = false;
  /** A suspect runs: nothing may be claimed beside it. */
  private alone = false;
  /** A suspect waits: nothing is claimed until nothing is on loan, so that it can run. */
  private suspects = false;

  constructor(
    private readonly settings: QueueSettings,
    private readonly loans: Loans,
  ) {
    this.readAhead = new ReadAhead(settings.readAhead);
  }

  /** Nothing may start, and the next call must leave at once: it tells whose the messages are. */
  get doubtful(): boolean {
    return this.doubt;
  }

  /** How many messages may be claimed now, with so many slots in use. */
  room(busy: number): number {
    const { waiting, unfinished } = this.loans;
    if (this.closed || this.doubt) return 0;
    if ((this.alone || this.suspects) && unfinished > 0) return 0;
    return Math.max(0, this.settings.maxConcurrency + this.readAhead.target - busy - waiting);
  }

  /** Whether a claim for `room` messages is worth a round trip. */
  wants(room: number): boolean {
    return this.hungry && room > 0 && room >= this.readAhead.target / 2;
  }

  /** What the broker claimed by itself, and brought. */
  onBrought(claim: Claim): void {
    this.alone ||= claim.alone;
    this.suspects = claim.suspects;
    this.hungry = true;
  }

  /** After each claim that was answered in `elapsed` ms. */
  onClaimed(claim: Claim, elapsed: number): void {
    this.readAhead.onClaimed(elapsed, claim.count, claim.size);
    this.doubt = claim.count > 0 && elapsed > this.settings.lease;
    this.alone = claim.alone || (this.alone && this.loans.unfinished > 0);
    this.suspects = claim.suspects;
    this.hungry ||= claim.more;
  }

  /** After each run. */
  onSettled(): void {
    this.readAhead.onSettled();
  }

  /** After a lost lease: nothing is on loan any more. */
  reset(): void {
    this.doubt = this.alone = this.suspects = false;
    this.hungry = true;
  }
}
