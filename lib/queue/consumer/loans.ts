import { NO_HISTORY, type Claim, type Settlements } from '../broker.js';
import { Delivery } from './delivery.js';
import { DeliveryBuffer } from './delivery-buffer.js';
import type { Outcome } from './execution.js';
import { Ledger, settledBy } from './ledger.js';

/** What is on loan to a consumer: waiting for a slot, running, or with an outcome that the broker does not know yet. */
export class Loans {
  private readonly buffer = new DeliveryBuffer();
  private readonly active = new Set<Delivery>();
  private readonly ledger = new Ledger();

  get waiting(): number {
    return this.buffer.size;
  }

  get running(): number {
    return this.active.size;
  }

  /** Waiting and running. */
  get unfinished(): number {
    return this.buffer.size + this.active.size;
  }

  get hasOutcomes(): boolean {
    return !this.ledger.isEmpty;
  }

  accept({ ids, envelopes, histories }: Claim): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as string;
      const history = histories.size === 0 ? NO_HISTORY : (histories.get(id) ?? NO_HISTORY);
      this.buffer.push(new Delivery(id, envelopes[i], history));
    }
  }

  /** The next one that waits; it runs from now on. */
  start(): Delivery | undefined {
    const delivery = this.buffer.shift();
    if (delivery) this.active.add(delivery);
    return delivery;
  }

  /** Notes the outcome. False when the delivery was given to others, or given back, meanwhile: then it is not ours to settle. */
  finish(delivery: Delivery, outcome: Outcome): boolean {
    if (!this.active.delete(delivery)) return false;
    const { id } = delivery;
    if (outcome.kind === 'done') this.ledger.addDone(id);
    else if (outcome.kind === 'dead') this.ledger.addDead({ id, record: JSON.stringify(outcome.record) });
    else this.ledger.addDelayed({ id, delay: outcome.delay, history: outcome.history });
    if ('result' in outcome && outcome.result) this.ledger.addResult({ id, ...outcome.result });
    return true;
  }

  addResult(id: string, result: { readonly ttl: number; readonly result: string }): void {
    this.ledger.addResult({ id, ...result });
  }

  /** Gives back what waits, in order. */
  releaseWaiting(): void {
    for (let delivery = this.buffer.shift(); delivery; delivery = this.buffer.shift()) {
      this.ledger.addReleased(delivery.id);
    }
  }

  /** Gives back what runs, and aborts it. Answers how many. */
  releaseRunning(reason: Error): number {
    const count = this.active.size;
    for (const { id } of this.active) this.ledger.addReleased(id);
    this.abandon(reason);
    return count;
  }

  /** Forgets everything, and aborts what runs: others decide about it now. Answers how many ran. */
  drop(reason: Error): number {
    const count = this.active.size;
    this.abandon(reason);
    while (this.buffer.shift());
    this.ledger.clear();
    return count;
  }

  /** Takes out what one call may settle. */
  takeOutcomes(): Settlements {
    return this.ledger.take();
  }

  /** Puts back what a refused call carried. */
  restoreOutcomes(settlements: Settlements): void {
    this.ledger.restore(settlements);
  }

  /** Whether the broker has anything on loan to us, if `settlements` are on their way. */
  heldWith(settlements: Settlements): boolean {
    return this.unfinished + this.ledger.size + settledBy(settlements) > 0;
  }

  private abandon(reason: Error): void {
    for (const delivery of this.active) delivery.abort(reason);
    this.active.clear();
  }
}
