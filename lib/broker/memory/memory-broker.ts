import type {
  Broker,
  DeadMessage,
  Lease,
  LeaseOptions,
  NewMessage,
  QueueCounts,
  StoredEnvelope,
  StoredResult,
} from '../../queue/broker.js';
import { type Clock, systemClock } from '../../queue/clock.js';
import { BrokerClosedError } from '../../queue/errors.js';
import { checkOptions, type Rule } from '../../options.js';
import { answer } from './answer.js';
import { MemoryLease } from './memory-lease.js';
import { MemoryQueue } from './memory-queue.js';

/** Options of `MemoryBroker`. */
export interface MemoryBrokerOptions {
  /** Where the broker's time comes from: delays, leases and the keeping of results. Default: the system's clock. */
  clock?: Clock;
}

/**
 * An embedded broker: the semantics of the Redis engine (delays, retries, leases, crashes, results) without a server,
 * for one process. Everything is kept inside the instance and gone with it.
 */
export class MemoryBroker implements Broker {
  private readonly clock: Clock;
  private readonly queues = new Map<string, MemoryQueue>();
  private closed = false;

  constructor(options: MemoryBrokerOptions = {}) {
    checkOptions('MemoryBroker', options, { clock: clockRule });
    this.clock = options.clock ?? systemClock;
  }

  async open(): Promise<void> {
    this.assertOpen();
  }

  /** Forgets all messages. May be called more than once. */
  async close(): Promise<void> {
    this.closed = true;
    for (const queue of this.queues.values()) queue.close();
    this.queues.clear();
  }

  async add(queue: string, batch: readonly NewMessage[]): Promise<void> {
    this.queue(queue).add(batch);
    return answer(undefined);
  }

  /** @throws BrokerClosedError */
  lease(queue: string, options: LeaseOptions, wake: () => void): Lease {
    return new MemoryLease(this.queue(queue), this.clock, options, wake);
  }

  async counts(queue: string): Promise<QueueCounts> {
    return answer(this.queue(queue).counts());
  }

  async clear(queue: string): Promise<readonly StoredEnvelope[]> {
    return answer(this.queue(queue).clear());
  }

  async listDead(queue: string, offset: number, limit: number): Promise<readonly DeadMessage[]> {
    return answer(this.queue(queue).dead.list(offset, limit));
  }

  async storeResults(queue: string, results: readonly StoredResult[]): Promise<void> {
    this.queue(queue).results.store(results, this.clock.now());
    return answer(undefined);
  }

  async waitForResult(queue: string, id: string, signal: AbortSignal): Promise<string> {
    return this.queue(queue).results.wait(id, signal, this.clock.now());
  }

  private queue(name: string): MemoryQueue {
    this.assertOpen();
    let queue = this.queues.get(name);
    if (queue === undefined) {
      queue = new MemoryQueue(this.clock);
      this.queues.set(name, queue);
    }
    return queue;
  }

  private assertOpen(): void {
    if (this.closed) throw new BrokerClosedError('The embedded broker was closed.');
  }
}

const clockRule: Rule = (value) => {
  const isClock =
    typeof value === 'object' &&
    value !== null &&
    'now' in value &&
    typeof value.now === 'function' &&
    'schedule' in value &&
    typeof value.schedule === 'function';
  return isClock ? undefined : 'a clock with now() and schedule()';
};
