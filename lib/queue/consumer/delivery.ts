import { AsyncLocalStorage } from 'node:async_hooks';
import type { History } from '../broker.js';
import type { Envelope } from '../envelope.js';
import { NO_HEADERS, type MessageHeaders } from '../headers.js';

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
    /** The queue it came from. */
    readonly queue: string,
  ) {}

  /** The name of the task within its queue. */
  get task(): string {
    return (this.envelope as Envelope).task;
  }

  /** What came with the call besides its arguments; frozen, and empty for most. */
  get headers(): MessageHeaders {
    const { headers } = this.envelope as Envelope;
    // Frozen when looked at, and once is enough: one who changed it would change it for all who look later.
    return headers === undefined ? NO_HEADERS : Object.freeze(headers);
  }

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

/** What a task may know of its delivery. */
export type CurrentDelivery = Pick<Delivery, 'id' | 'queue' | 'task' | 'headers' | 'attempt' | 'signal'>;

const storage = new AsyncLocalStorage<Delivery>();

/** The running delivery, from anywhere inside a task. */
export const AioTaskContext = {
  /** Undefined outside of a task that a consumer runs (also when the method was called directly). */
  current(): CurrentDelivery | undefined {
    return storage.getStore();
  },
};

/** @internal */
export function runInContext<A>(delivery: Delivery, call: (argument: A) => unknown, argument: A): unknown {
  return storage.run(delivery, call, argument);
}
