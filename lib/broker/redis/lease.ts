import {
  type Claim,
  type Lease,
  type LeaseOptions,
  NO_SETTLEMENTS,
  settledBy,
  type Settlements,
} from '../../queue/broker.js';
import { BrokerClosedError } from '../../queue/errors.js';
import { randomDigits } from '../../queue/message-id.js';
import { Adoption } from './adoption.js';
import { claim } from './claim.js';
import type { QueueKeys } from './keys.js';
import { LoanBook } from './loan-book.js';
import { type Findings, giveBack, scout } from './scout.js';
import type { Client } from './script.js';
import type { Watch } from './wake-listener.js';

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
  private readonly adoption = new Adoption();
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
    if (!this.adoption.isSettledBy(settlements)) return this.claimOnce(want, holds, settlements);
    // Whether it is ours to settle is known only when it is adopted.
    const first = await this.claimOnce(0, holds, NO_SETTLEMENTS);
    if (first.lost) return first;
    const second = await this.claimOnce(want, holds, settlements);
    const buried = [...first.buried, ...second.buried];
    return { ...second, buried, droppedDead: first.droppedDead + second.droppedDead };
  }

  private async claimOnce(want: number, believes: boolean, all: Settlements): Promise<Claim> {
    this.sequence++;
    const { consumer, sequence, adoption } = this;
    const { lease, maxCrashes } = this.options;
    const settlements = adoption.withoutGiven(all);
    const loans = this.book.settle(settlements);
    const holds = adoption.isUncertain ? this.held > 0 : believes;
    // More may be brought while the call is under way; that is for the next one.
    const adopts = adoption.isDue;
    const call = { consumer, sequence, lease, maxCrashes, want, holds, adopts, settlements, loans };
    try {
      const grant = await this.call(claim(this.client, this.keys, call));
      if (grant.lost) {
        this.forget();
        return grant;
      }
      loans.apply();
      this.book.lend(grant.spans);
      this.held += grant.count - settledBy(settlements);
      adoption.onAnswered(all, grant.spans);
      if (adopts) this.onAdopted(adoption.end(grant.isGone), grant.isGone);
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
    if (this.adoption.isDue) return undefined;
    const { consumer, keys } = this;
    const sentAt = performance.now();
    const finding = scout(client, keys, consumer, this.options.lease, wait + HOLD_BEYOND);
    return finding.then((found) => {
      if (consumer === this.consumer) return this.onFound(found, performance.now() - sentAt > wait + LATE);
      return undefined;
    });
  }

  private async onFound({ span, ...found }: Findings, isLate: boolean): Promise<void> {
    if (span !== undefined && !isLate) {
      // It has become full since, or closes: the message is for one that has room.
      if (!this.watch.isArmed) return this.call(giveBack(this.client, this.keys, this.consumer));
      this.adoption.begin(span);
      this.book.lend([span]);
      this.bring(found);
    } else if (found.work || span !== undefined) {
      // What it took too long ago is for whoever claims after its time.
      this.watch.ring();
    } else if (found.dueIn !== undefined) {
      this.watch.dueIn(found.dueIn);
    }
  }

  private onAdopted(span: string, isGone: boolean): void {
    if (isGone) this.book.forget(span);
    else this.held++;
  }

  private forget(): void {
    this.held = 0;
    this.adoption.clear();
    this.book.clear();
  }

  private bring({ work, ...found }: Omit<Findings, 'span'>): void {
    this.watch.disarm();
    this.wake({
      ...found,
      lost: false,
      count: 1,
      alone: false,
      suspects: false,
      more: work,
      buried: [],
      droppedDead: 0,
    });
  }
}
