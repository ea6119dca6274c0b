import type { Claim, Lease, LeaseOptions, Settlements } from '../../queue/broker.js';
import type { Clock } from '../../queue/clock.js';
import { BrokerClosedError } from '../../queue/errors.js';
import { answer } from './answer.js';
import type { Sleeper } from './bell.js';
import { grant, NO_GRANT, promote } from './grant.js';
import { Loans } from './loans.js';
import type { MemoryQueue } from './memory-queue.js';
import { recover } from './recover.js';
import { settle } from './settle.js';

const LOST: Claim = Object.freeze({
  ...NO_GRANT,
  lost: true,
  more: false,
  dueIn: undefined,
  buried: [],
  droppedDead: 0,
});

/** One consumer's side of a queue. */
export class MemoryLease implements Lease, Sleeper {
  loans: Loans;
  deadline = Infinity;
  private closed = false;

  constructor(
    private readonly queue: MemoryQueue,
    private readonly clock: Clock,
    private readonly options: LeaseOptions,
    readonly wake: () => void,
  ) {
    this.loans = new Loans(options.lease);
  }

  async claim(want: number, holds: boolean, settlements: Settlements): Promise<Claim> {
    if (this.closed || this.queue.closed)
      throw new BrokerClosedError('The broker, or this consumer, was closed.');
    if (holds && !this.queue.consumers.has(this.loans)) return answer(LOST);
    return answer(this.claimNow(want, settlements));
  }

  arm(dueIn?: number): void {
    if (this.closed || this.queue.closed) return;
    this.deadline = dueIn === undefined ? Infinity : this.clock.now() + dueIn;
    this.queue.bell.arm(this);
  }

  disarm(): void {
    this.queue.bell.disarm(this);
  }

  async withdraw(): Promise<void> {
    this.disarm();
  }

  renewIdentity(): void {
    this.loans = new Loans(this.options.lease);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.disarm();
  }

  /** In the order of the Redis engine: settle, renew, recover the silent, promote what is due, grant. */
  private claimNow(want: number, settlements: Settlements): Claim {
    const { queue, loans, options } = this;
    const now = this.clock.now();
    loans.extended = false;
    settle(queue, loans, settlements, options.maxCrashes, now);
    this.renew(now);
    const buried = recover(queue, options.lease, options.maxCrashes, now);
    promote(queue, options.maxCrashes, now);
    const granted = grant(queue, loans, want);
    this.renew(now);
    queue.bell.ring();
    const due = queue.delayed.nextDue;
    return {
      ...granted,
      lost: false,
      more: queue.ready.length > 0 || queue.suspects.length > 0,
      dueIn: due === undefined ? undefined : Math.max(0, due - now),
      buried,
      droppedDead: queue.dead.takeDropped(),
    };
  }

  /** An idle consumer holds no lease. */
  private renew(now: number): void {
    const { queue, loans } = this;
    if (loans.messages.size === 0) queue.consumers.delete(loans);
    else {
      loans.expiry = now + loans.lease;
      queue.consumers.add(loans);
    }
  }
}
