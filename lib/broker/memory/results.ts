import type { StoredResult } from '../../queue/broker.js';
import { BrokerClosedError } from '../../queue/errors.js';
import { DueHeap } from './due-heap.js';

interface Waiter {
  readonly resolve: (result: string) => void;
  readonly reject: (error: unknown) => void;
}

/** The results of one queue, each for as long as it is to be kept, and those who wait for one. */
export class Results {
  private readonly stored = new Map<string, StoredResult>();
  private readonly expiries = new DueHeap<StoredResult>();
  private readonly waiters = new Map<string, Set<Waiter>>();

  store(results: readonly StoredResult[], now: number): void {
    this.expire(now);
    for (const item of results) {
      this.stored.set(item.id, item);
      this.expiries.push(now + item.ttl, item);
      const waiters = this.waiters.get(item.id);
      if (waiters !== undefined) for (const waiter of waiters) waiter.resolve(item.result);
    }
  }

  async wait(id: string, signal: AbortSignal, now: number): Promise<string> {
    signal.throwIfAborted();
    this.expire(now);
    return this.stored.get(id)?.result ?? (await this.waitForStore(id, signal));
  }

  close(): void {
    const error = new BrokerClosedError('The embedded broker was closed before the result came.');
    for (const waiters of this.waiters.values()) for (const waiter of waiters) waiter.reject(error);
  }

  private async waitForStore(id: string, signal: AbortSignal): Promise<string> {
    const { promise, resolve, reject } = deferred();
    const waiter = { resolve, reject };
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.addWaiter(id, waiter);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.removeWaiter(id, waiter);
    }
  }

  private addWaiter(id: string, waiter: Waiter): void {
    const waiters = this.waiters.get(id);
    if (waiters === undefined) this.waiters.set(id, new Set([waiter]));
    else waiters.add(waiter);
  }

  private removeWaiter(id: string, waiter: Waiter): void {
    const waiters = this.waiters.get(id);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.waiters.delete(id);
  }

  /** On each use instead of by a timer: what lies here unused is bounded by what was stored last. */
  private expire(now: number): void {
    for (let item = this.expiries.popDue(now); item !== undefined; item = this.expiries.popDue(now)) {
      // A later result of the same id has its own entry.
      if (this.stored.get(item.id) === item) this.stored.delete(item.id);
    }
  }
}

function deferred(): Waiter & { readonly promise: Promise<string> } {
  let resolve!: (result: string) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<string>((onResult, onError) => {
    resolve = onResult;
    reject = onError;
  });
  return { promise, resolve, reject };
}
