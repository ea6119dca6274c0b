import {
  type Batch,
  type Claim,
  type Lease,
  type LeaseOptions,
  settledBy,
  type Settlements,
} from '../../queue/broker.js';
import { BrokerClosedError, BrokerRefusedError } from '../../queue/errors.js';
import { ID_LENGTH, randomDigits } from '../../queue/message-id.js';
import { claim, type ClaimCall, endCalls, type Grant } from './claim.js';
import type { QueueKeys } from './keys.js';
import { LoanBook } from './loan-book.js';
import { type Findings, giveBack, scout } from './scout.js';
import type { Client } from './script.js';
import { covers } from './span.js';
import type { Watch } from './queue-watch.js';

/** A scout holds what it took for this much longer than it may have stood in line, in ms: so long the next claim may take. */
const HOLD_BEYOND = 400;
/** Past so much of that its consumer gives it back, in ms. */
const LATE = 200;

/** The loans of one consumer. Its calls carry a number, so that a repeat of one is recognised. */
export class RedisLease implements Lease {
  // Random and new at each start: a host name and a pid come back after a restart, and would inherit loans.
  private consumer = randomDigits(16);
  private sequence = 0;
  /** The number of the last call that was answered. */
  private answered = 0;
  /** A call that was refused, and may have been applied all the same: it goes again. */
  private pending: ClaimCall | undefined;
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
    const call = (this.pending ??= this.newCall(want, holds, settlements));
    const grant = await this.call(claim(this.client, this.keys, call));
    this.pending = undefined;
    this.answered = call.sequence;
    if (grant.lost) {
      this.forget();
      return grant;
    }
    call.loans.apply();
    this.book.lend(grant.spans);
    this.held += grant.count - settledBy(call.settlements);
    if (call.adopts !== undefined) this.onAdopted(call.adopts, grant.gone !== undefined);
    return this.withoutTwice(grant);
  }

  private newCall(want: number, believes: boolean, settlements: Settlements): ClaimCall {
    // More may be brought while the call is under way; that is for the next one.
    const { consumer, brought: adopts } = this;
    // What was brought is not on loan under this name yet.
    const holds = adopts === undefined ? believes : this.held > 0;
    return {
      ...this.options,
      consumer,
      sequence: ++this.sequence,
      answered: holds ? this.answered : 0,
      want,
      adopts,
      settlements,
      loans: this.book.settle(settlements),
    };
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
    this.sequence = this.answered = 0;
    this.forget();
  }

  async close(): Promise<void> {
    try {
      await this.watch.close();
      await this.call(endCalls(this.client, this.keys, this.consumer));
    } catch (error) {
      // The broker closed, or out of memory: the key ends by itself.
      if (!(error instanceof BrokerClosedError || error instanceof BrokerRefusedError)) throw error;
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
    const { span, work, dueIn } = found;
    if (span === undefined) {
      if (work) this.watch.ring();
      else if (dueIn !== undefined) this.watch.dueIn(dueIn);
      return;
    }
    const reading = found.read();
    // Not at once only when it is malformed.
    const batch = reading instanceof Promise ? await reading : reading;
    if (isLate || !this.watch.isArmed) {
      // It has become full since, or closes; or this took so long that the message may be others' by now.
      await this.call(giveBack(this.client, this.keys, this.consumer));
      this.watch.ring();
      return;
    }
    this.brought = span;
    this.bring(found, batch);
  }

  /** What was brought while the call was under way, and is in this very grant, was recovered by it: it is on loan once. */
  private withoutTwice(grant: Grant): Claim {
    const id = this.brought?.slice(0, ID_LENGTH);
    if (id === undefined || !grant.spans.some((span) => covers(span, id))) return grant;
    this.brought = undefined;
    return { ...grant, gone: [...(grant.gone ?? []), id] };
  }

  private onAdopted(span: string, isGone: boolean): void {
    this.brought = undefined;
    if (isGone) return;
    this.book.lend([span]);
    this.held++;
  }

  private forget(): void {
    this.held = 0;
    this.brought = this.pending = undefined;
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
      buried: [],
      droppedDead: 0,
    });
  }
}
