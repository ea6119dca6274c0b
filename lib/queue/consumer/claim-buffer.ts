import { NO_HISTORY, type Batch } from '../broker.js';
import { Delivery } from './delivery.js';

/** What was claimed and waits for a slot, first in, first out. Deliveries are made when they start: few live at a time. */
export class ClaimBuffer {
  private batches: Batch[] = [];
  /** The next message of the first batch. */
  private next = 0;
  private waiting = 0;

  /** @param queue where it all came from. */
  constructor(private readonly queue: string) {}

  get size(): number {
    return this.waiting;
  }

  push(batch: Batch): void {
    if (batch.ids.length === 0) return;
    this.batches.push(batch);
    this.waiting += batch.ids.length;
  }

  shift(): Delivery | undefined {
    const [batch] = this.batches;
    if (!batch) return undefined;
    const i = this.next++;
    this.waiting--;
    if (this.next === batch.ids.length) {
      this.batches.shift();
      this.next = 0;
    }
    const id = batch.ids[i] as string;
    const history = batch.histories.size === 0 ? NO_HISTORY : (batch.histories.get(id) ?? NO_HISTORY);
    return new Delivery(id, batch.envelopes[i], history, this.queue);
  }

  /** Takes out some, wherever they are. */
  remove(gone: ReadonlySet<string>): void {
    const { batches, next } = this;
    this.clear();
    for (const [n, { ids, envelopes, histories }] of batches.entries()) {
      const kept = [...ids.keys()].filter((i) => (n > 0 || i >= next) && !gone.has(ids[i] as string));
      this.push({
        ids: kept.map((i) => ids[i] as string),
        envelopes: kept.map((i) => envelopes[i]),
        histories,
      });
    }
  }

  /** Takes out everything; answers the ids, in order. */
  clear(): string[] {
    const ids = this.batches.flatMap((batch) => batch.ids).slice(this.next);
    this.batches = [];
    this.next = this.waiting = 0;
    return ids;
  }
}
