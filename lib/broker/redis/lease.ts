import type { Claim, Lease, LeaseOptions, Settlements } from '../../queue/broker.js';
import { BrokerClosedError } from '../../queue/errors.js';
import { randomDigits } from '../../queue/message-id.js';
import { claim } from './claim.js';
import type { QueueKeys } from './keys.js';
import type { Client } from './script.js';
import { LoanBook } from './loan-book.js';
import type { Watch } from './wake-listener.js';

/** The loans of one consumer. Its calls carry a number, so that a repeat of one is recognised. */
export class RedisLease implements Lease {
  // Random and new at each start: a host name and a pid come back after a restart, and would inherit loans.
  private consumer = randomDigits(16);
  private sequence = 0;
  private readonly book = new LoanBook();

  constructor(
    private readonly client: Client,
    private readonly keys: QueueKeys,
    private readonly options: LeaseOptions,
    private readonly watch: Watch,
    private readonly call: <T>(work: Promise<T>) => Promise<T>,
  ) {}

  async claim(want: number, holds: boolean, settlements: Settlements): Promise<Claim> {
    this.sequence++;
    const { consumer, sequence } = this;
    const { lease, maxCrashes } = this.options;
    const loans = this.book.settle(settlements);
    const call = { consumer, sequence, lease, maxCrashes, want, holds, settlements, loans };
    try {
      const grant = await this.call(claim(this.client, this.keys, call));
      loans.apply();
      this.book.lend(grant.spans);
      return grant;
    } catch (error) {
      loans.undo();
      throw error;
    }
  }

  arm(dueIn?: number): void {
    this.watch.arm(dueIn);
  }

  disarm(): void {
    this.watch.disarm();
  }

  renewIdentity(): void {
    this.consumer = randomDigits(16);
    this.sequence = 0;
    this.book.clear();
  }

  async close(): Promise<void> {
    this.watch.close();
    try {
      await this.call(this.client.del(this.keys.call(this.consumer)));
    } catch (error) {
      // With the broker closed there is nothing to forget by hand: the key ends by itself.
      if (!(error instanceof BrokerClosedError)) throw error;
    }
  }
}
