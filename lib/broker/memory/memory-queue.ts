import { MAX_BATCH, type NewMessage, type QueueCounts, type StoredEnvelope } from '../../queue/broker.js';
import type { Clock } from '../../queue/clock.js';
import { Bell, type Watched } from './bell.js';
import { DeadMessages } from './dead-messages.js';
import { Deque } from './deque.js';
import { DueHeap } from './due-heap.js';
import type { Loans } from './loans.js';
import { Message } from './message.js';
import { Results } from './results.js';

/** Everything of one queue. `settle.ts`, `recover.ts` and `grant.ts` move messages between its places. */
export class MemoryQueue implements Watched {
  readonly ready = new Deque<Message>();
  /** Those whose next crash would kill them. */
  readonly suspects = new Deque<Message>();
  readonly delayed = new DueHeap<Message>();
  /** Only consumers that hold something: an idle one has no lease. */
  readonly consumers = new Set<Loans>();
  readonly dead = new DeadMessages();
  readonly results = new Results();
  readonly bell: Bell;
  /** When any consumer claimed last. */
  heard: number | undefined;
  closed = false;

  constructor(clock: Clock) {
    this.bell = new Bell(clock, this);
  }

  add(batch: readonly NewMessage[]): void {
    for (const { id, envelope } of batch) this.ready.pushBack(new Message(id, envelope));
    this.bell.ring();
  }

  counts(): QueueCounts {
    let onLoan = 0;
    for (const loans of this.consumers) onLoan += loans.messages.size;
    return {
      ready: this.ready.length + this.suspects.length,
      delayed: this.delayed.length,
      onLoan,
      dead: this.dead.length,
    };
  }

  clear(): StoredEnvelope[] {
    const removed: StoredEnvelope[] = [];
    while (removed.length < MAX_BATCH) {
      const message = this.ready.popFront() ?? this.suspects.popFront() ?? this.delayed.pop();
      if (message === undefined) break;
      removed.push(message.toStored());
    }
    return removed;
  }

  /**
   * Whether a claim of this consumer would do anything. While suspects wait, a consumer that holds something is
   * granted nothing, so waking it would only make it spin.
   */
  isClaimableBy(loans: Loans, now: number): boolean {
    if (this.suspects.length > 0 ? loans.messages.size === 0 : this.ready.length > 0) return true;
    const due = this.delayed.nextDue;
    return (due !== undefined && due <= now) || this.hasExpired(now, loans);
  }

  /** Past times do not count: whoever could claim because of them was woken, or is woken when it arms. */
  nextChange(now: number): number {
    const due = this.delayed.nextDue;
    let next = due !== undefined && due > now ? due : Infinity;
    for (const { expiry } of this.consumers) if (expiry > now && expiry < next) next = expiry;
    return next;
  }

  close(): void {
    this.closed = true;
    this.bell.close();
    this.results.close();
  }

  private hasExpired(now: number, except: Loans): boolean {
    for (const loans of this.consumers) if (loans !== except && loans.expiry <= now) return true;
    return false;
  }
}
