import { isThenable } from '../thenable.js';
import type { Delivery } from './delivery.js';
import { failed, succeeded, type Call, type Execution, type Outcome } from './execution.js';

/** What a slot asks of its consumer. */
export interface SlotOwner {
  /** The next delivery to run, if there is one. */
  start(): Delivery | undefined;
  finish(delivery: Delivery, outcome: Outcome): void;
  /** Nothing waits: the slot is free until it is asked to serve again. */
  park(slot: Slot): void;
}

/**
 * One slot of a consumer: runs deliveries one after the other. Its callbacks are made once, and a run makes no promise
 * of its own but the one that `then` makes: each costs twice while a context is followed (AsyncLocalStorage).
 */
export class Slot {
  /** What runs now. */
  delivery: Delivery | undefined;
  private call: Call | undefined;

  constructor(
    private readonly execution: Execution,
    private readonly owner: SlotOwner,
  ) {}

  /** Runs what waits until nothing does. */
  serve(): void {
    for (let delivery = this.owner.start(); delivery; delivery = this.owner.start()) {
      this.delivery = delivery;
      const outcome = this.begin(delivery);
      if (!outcome) return;
      this.end(outcome);
    }
    this.owner.park(this);
  }

  /** Answers the outcome if it is known at once. Never throws. */
  private begin(delivery: Delivery): Outcome | undefined {
    const call = this.execution.read(delivery);
    if ('kind' in call) return call;
    this.call = call;
    try {
      const value = this.execution.begin(call);
      if (!isThenable(value)) return succeeded(call, value);
      const promise = value instanceof Promise ? value : Promise.resolve(value);
      promise.then(this.onValue, this.onError);
      return undefined;
    } catch (error) {
      return failed(delivery, call, error);
    }
  }

  private readonly onValue = (value: unknown): void => {
    this.end(succeeded(this.call as Call, value));
    this.serve();
  };

  private readonly onError = (error: unknown): void => {
    this.end(failed(this.delivery as Delivery, this.call as Call, error));
    this.serve();
  };

  private end(outcome: Outcome): void {
    const delivery = this.delivery as Delivery;
    this.delivery = this.call = undefined;
    this.owner.finish(delivery, outcome);
  }
}
