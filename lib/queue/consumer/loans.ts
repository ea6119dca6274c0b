import { type Batch, NO_SETTLEMENTS, settledBy, type Settlements } from '../broker.js';
import { ClaimBuffer } from './claim-buffer.js';
import type { Delivery } from './delivery.js';
import type { Outcome } from './execution.js';
import { Ledger } from './ledger.js';

/** What is on loan to a consumer: waiting for a slot, running, or with an outcome that the broker does not know yet. */
export class Loans {
  private readonly buffer: ClaimBuffer;
  private readonly ledger = new Ledger();
  /** What a call carries that is not answered yet, or was refused: then the next one carries the same. */
  private sent: Settlements | undefined;
  private active = 0;
  private expected = 0;
  /** Grows when everything is dropped: what is still being read then is not ours. */
  private generation = 0;

  constructor(queue: string) {
    this.buffer = new ClaimBuffer(queue);
  }

  /** Those that can start. */
  get startable(): number {
    return this.buffer.size;
  }

  get waiting(): number {
    return this.buffer.size + this.expected;
  }

  get running(): number {
    return this.active;
  }

  /** Waiting and running. */
  get unfinished(): number {
    return this.waiting + this.active;
  }

  /** Whether the broker has not got back yet what is not to be run here. */
  get holdsBack(): boolean {
    return this.waiting > 0 || this.ledger.hasReleased || this.isUnanswered;
  }

  get hasOutcomes(): boolean {
    return this.isUnanswered || !this.ledger.isEmpty;
  }

  /** A call is out, or was refused: then it must be made again, as it may have been applied. */
  get isUnanswered(): boolean {
    return this.sent !== undefined;
  }

  /** Granted, but not read yet: it counts as waiting. Answers how to accept it, unless all is dropped meanwhile. */
  expect(count: number): (batch: Batch) => void {
    const { generation } = this;
    this.expected += count;
    return (batch) => {
      if (generation !== this.generation) return;
      this.expected -= count;
      this.buffer.push(batch);
    };
  }

  /** The next one that waits; it runs from now on. */
  start(): Delivery | undefined {
    const delivery = this.buffer.shift();
    if (delivery) this.active++;
    return delivery;
  }

  /** Notes the outcome. False when the delivery was given to others, or given back, meanwhile. */
  finish(delivery: Delivery, outcome: Outcome): boolean {
    if (delivery.isAbandoned) return false;
    this.active--;
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
    for (const id of this.buffer.clear()) this.ledger.addReleased(id);
  }

  /** Gives back what runs, and aborts it. */
  releaseRunning(running: readonly Delivery[], reason: Error): void {
    for (const { id } of running) this.ledger.addReleased(id);
    this.abandon(running, reason);
  }

  /** Forgets everything, and aborts what runs: others decide about it now. */
  drop(running: readonly Delivery[], reason: Error): void {
    this.abandon(running, reason);
    this.generation++;
    this.expected = 0;
    this.sent = undefined;
    this.buffer.clear();
    this.ledger.clear();
  }

  /** Forgets some, and aborts those of them that run: others decide about these. */
  forget(ids: readonly string[], running: readonly Delivery[], reason: Error): void {
    const gone = new Set(ids);
    this.abandon(running, reason);
    this.buffer.remove(gone);
    this.ledger.remove(gone);
  }

  /** What the next call carries: outcomes, unless it is to settle nothing. */
  send(nothing: boolean): Settlements {
    return (this.sent ??= nothing ? NO_SETTLEMENTS : this.ledger.take());
  }

  /** The call was answered. */
  onAnswered(): void {
    this.sent = undefined;
  }

  /** Whether the broker has anything on loan to us, if `settlements` are on their way. */
  heldWith(settlements: Settlements): boolean {
    return this.unfinished + this.ledger.size + settledBy(settlements) > 0;
  }

  private abandon(running: readonly Delivery[], reason: Error): void {
    for (const delivery of running) delivery.abort(reason);
    this.active -= running.length;
  }
}
