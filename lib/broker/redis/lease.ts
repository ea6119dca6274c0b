import {
  type Batch,
  type Claim,
  type Lease,
  type LeaseOptions,
  settledBy,
  type Settlements,
} from '../../queue/broker.js';
import { BrokerClosedError } from '../../queue/errors.js';
import { randomDigits } from '../../queue/message-id.js';
import { claim } from './claim.js';
import type { QueueKeys } from './keys.js';
import { LoanBook } from './loan-book.js';
import { type Findings, giveBack, scout } from './scout.js';
import type { Client } from './script.js';
import type { Watch } from './queue-watch.js';

/** A scout holds what it took for this much longer than it may have stood in line, in ms: so long the next claim may take. */
const HOLD_BEYOND = 400;
/** Past so much of that its consumer does not try any more, in ms. */
const LATE = 200;

/** The loans of one consumer. Its calls carry a number, so that a repeat of one is recognised. */
export class RedisLease implements Lease {
  // Random and new at each start: a host name and a pid come back after a restart, and would inherit loans.
  private consumer = randomDigits(16);
  private sequence = 0;
  private readonly book = new LoanBook();
  /** Messages that are on loan by its own claims. */
  private held = 0;
  /** What its scout brought, until a claim has adopted it. */
  private brought: string | undefined;
  private readonly watch: Watch;

  /** @param watch begins to watch the queue, with scouts. */
  constructor(
    private readonly client: Client,
    private readonly keys: QueueKeys,
    private readonly options: LeaseOptions,
    private readonly wake: (brought?: Claim) => void,
    private readonly call: <T>(work: Promise<T>) => Promise<T>,
    watch: (lease: RedisLease) => Watch,
  ) {
    this.watch = watch(this);
  }

  async claim(want: number, holds: boolean, settlements: Settlements): Promise<Claim> {
    this.sequence++;
    // More may be brought while the call is under way; that is for the next one.
    const { consumer, sequence, brought: adopts } = this;
    const { lease, maxCrashes } = this.options;
    const loans = this.book.settle(settlements);
    // What was brought is not on loan under this name yet.
    const owns = adopts === undefined ? holds : this.held > 0;
    const call = { consumer, sequence, lease, maxCrashes, want, holds: owns, adopts, settlements, loans };
    try {
      const grant = await this.call(claim(this.client, this.keys, call));
      if (grant.lost) {
        this.forget();
        return grant;
      }
      loans.apply();
      this.book.lend(grant.spans);
      this.held += grant.count - settledBy(settlements);
      if (adopts !== undefined) this.onAdopted(adopts, grant.gone);
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

  withdraw(): Promise<void> {
    return this.watch.withdraw();
  }

  renewIdentity(): void {
    this.consumer = randomDigits(16);
    this.sequence = 0;
    this.forget();
  }

  async close(): Promise<void> {
    try {
      await this.watch.close();
      await this.call(this.client.del(this.keys.call(this.consumer)));
    } catch (error) {
      // With the broker closed there is nothing to forget by hand: the key ends by itself.
      if (!(error instanceof BrokerClosedError)) throw error;
    }
  }

  /**
   * Sends a scout, on the connection on which a BLPOP of at most `wait` ms is under way. Undefined when none may be sent
   * now: what the last one took is not adopted yet.
   */
  sendScout(client: Client, wait: number): Promise<void> | undefined {
    if (this.brought !== undefined) return undefined;
    const { consumer, keys } = this;
    const sentAt = performance.now();
    const finding = scout(client, keys, consumer, this.options.lease, wait + HOLD_BEYOND);
    return finding.then((found) => {
      if (consumer === this.consumer) return this.onFound(found, performance.now() - sentAt > wait + LATE);
      return undefined;
    });
  }

  private async onFound(found: Findings, isLate: boolean): Promise<void> {
    const { span } = found;
    if (span !== undefined && !isLate) {
      const reading = found.read();
      // Not at once only when it is malformed.
      const batch = reading instanceof Promise ? await reading : reading;
      // It has become full since, or closes: the message is for one that has room.
      if (!this.watch.isArmed) return this.call(giveBack(this.client, this.keys, this.consumer));
      this.brought = span;
      this.bring(found, batch);
    } else if (found.work || span !== undefined) {
      // What it took too long ago is for whoever claims after its time.
      this.watch.ring();
    } else if (found.dueIn !== undefined) {
      this.watch.dueIn(found.dueIn);
    }
  }

  private onAdopted(span: string, gone: readonly string[]): void {
    this.brought = undefined;
    if (gone.length > 0) return;
    this.book.lend([span]);
    this.held++;
  }

  private forget(): void {
    this.held = 0;
    this.brought = undefined;
    this.book.clear();
  }

  private bring({ work, size, dueIn }: Findings, batch: Batch): void {
    this.watch.disarm();
    this.wake({
      size,
      dueIn,
      read: () => batch,
      lost: false,
      count: 1,
      alone: false,
      suspects: false,
      more: work,
      gone: [],
      buried: [],
      droppedDead: 0,
    });
  }
}
