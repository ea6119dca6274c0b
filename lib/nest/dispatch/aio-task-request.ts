import type { CurrentDelivery } from '../../queue/index.js';

/**
 * What `@Inject(REQUEST)` gives to request-scoped providers that are made for a task: the delivery and its
 * arguments. `headers` are where HTTP requests have theirs, so that durable-provider strategies work for both.
 *
 * @publicApi
 */
export class AioTaskRequest {
  /** The message's id. */
  readonly id: string;
  readonly queue: string;
  /** The name of the task within its queue. */
  readonly task: string;
  /** Which run this is, counted from 1. */
  readonly attempt: number;
  /** What was submitted along with the call; empty for most. */
  readonly headers: CurrentDelivery['headers'];
  /** The arguments, before any pipe. */
  readonly args: readonly unknown[];
  readonly #delivery: CurrentDelivery;

  /** @internal */
  constructor(delivery: CurrentDelivery, args: readonly unknown[]) {
    this.id = delivery.id;
    this.queue = delivery.queue;
    this.task = delivery.task;
    this.attempt = delivery.attempt;
    this.headers = delivery.headers;
    this.args = args;
    this.#delivery = delivery;
  }

  /** Aborted when the message was given to another consumer, or the consumer stops and can't wait any longer. */
  get signal(): AbortSignal {
    return this.#delivery.signal;
  }
}
