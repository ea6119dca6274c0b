import { type DeadMessage, type DeadRecord, MAX_BATCH } from '../../queue/broker.js';
import { Deque } from './deque.js';
import type { Message } from './message.js';

/** As in the Redis engine. */
const MAX_DEAD = 10_000;

interface Entry {
  readonly message: Message;
  readonly record: string;
  readonly at: number;
}

/** What failed for good: a bounded list, oldest first. */
export class DeadMessages {
  private readonly entries = new Deque<Entry>();
  private dropped = 0;

  get length(): number {
    return this.entries.length;
  }

  /** `record` is JSON: a caller that never looks at the dead must not pay for parsing. */
  bury(message: Message, record: string, at: number): void {
    this.entries.pushBack({ message, record, at });
    if (this.entries.length <= MAX_DEAD) return;
    this.entries.popFront();
    this.dropped++;
  }

  /** How many of the oldest were dropped since the last call. */
  takeDropped(): number {
    const { dropped } = this;
    this.dropped = 0;
    return dropped;
  }

  /** At most a batch. */
  list(offset: number, limit: number): DeadMessage[] {
    const page: DeadMessage[] = [];
    const end = Math.min(offset + Math.min(limit, MAX_BATCH), this.entries.length);
    for (let i = offset; i < end; i++) {
      const entry = this.entries.at(i);
      if (entry === undefined) break;
      const record: DeadRecord = JSON.parse(entry.record);
      page.push({ ...entry.message.toStored(), record, at: entry.at });
    }
    return page;
  }
}
