import { AsyncLocalStorage } from 'node:async_hooks';
import type { History } from '../broker.js';

/** A message on loan: one run of one task. */
export class Delivery {
  private controller: AbortController | undefined;
  private reason: Error | undefined;

  /** Given to others, or given back: its outcome is not ours to settle. @internal */
  get isAbandoned(): boolean {
    return this.reason !== undefined;
  }

  /** @internal */
  constructor(
    readonly id: string,
    /** As parsed: anything, if it comes from elsewhere. @internal */
    readonly envelope: unknown,
    /** @internal */
    readonly history: History,
  ) {}

  /** Which run this is, counted from 1. */
  get attempt(): number {
    return this.history.attempts + 1;
  }

  /** Aborted when the message was given to another consumer, or the consumer stops and can't wait any longer. */
  get signal(): AbortSignal {
    // Made only when looked at: a controller costs more than the rest of a delivery together.
    this.controller ??= new AbortController();
    if (this.reason) this.controller.abort(this.reason);
    return this.controller.signal;
  }

  /** @internal */
  abort(reason: Error): void {
    this.reason = reason;
    this.controller?.abort(reason);
  }
}

const storage = new AsyncLocalStorage<Delivery>();

/** The running delivery, from anywhere inside a task. */
export const AioTaskContext = {
  /** Undefined outside of a task that a consumer runs (also when the method was called directly). */
  current(): Pick<Delivery, 'id' | 'attempt' | 'signal'> | undefined {
    return storage.getStore();
  },
};

/** @internal */
export function runInContext<A>(delivery: Delivery, call: (argument: A) => unknown, argument: A): unknown {
  return storage.run(delivery, call, argument);
}
