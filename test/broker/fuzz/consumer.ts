import type { QueueKeys } from '../../../lib/broker/redis/keys.js';
import { RedisLease } from '../../../lib/broker/redis/lease.js';
import type { Watch } from '../../../lib/broker/redis/queue-watch.js';
import {
  type Claim,
  type History,
  NO_HISTORY,
  NO_SETTLEMENTS,
  settledBy,
  type Settlements,
} from '../../../lib/queue/broker.js';
import { BrokerRefusedError } from '../../../lib/queue/errors.js';
import type { Fates } from './fates.js';
import type { Call, Network } from './network.js';
import type { Snapshot } from './snapshot.js';

/** What becomes of a message on loan. */
export const OUTCOMES = ['held', 'done', 'done', 'released', 'retried', 'delayed', 'dead'] as const;
export type MessageOutcome = (typeof OUTCOMES)[number];

/** Long, so that a lease ends only when the plan says so. */
export const LEASE = 10_000_000;
/** How long a BLPOP may last, ms: a scout brings nothing that it found later. */
export const WAIT = 2_000;
/** More than a scout, and what it has found, may take; ms. */
export const SCOUT_TIME = WAIT + 500;
const DELAY = 100_000;

/** A consumer that keeps the rules of the port, as `TaskConsumer` does, and knows what is on loan to it. */
export class FuzzConsumer {
  /** On loan by its claims. What was brought is not, until a claim has adopted it. */
  private readonly held = new Map<string, History>();
  private brought: { readonly id: string; readonly history: History } | undefined;
  /** What was brought must be confirmed by the next call, which settles nothing. */
  private unheard = false;
  /** What a call carries that is not answered, or was refused. */
  private sent: Settlements | undefined;
  /** What that call tells of: it was brought before it was made. */
  private adopting: string | undefined;
  private isAlone = false;
  private isClaiming = false;
  private isScouting = false;
  private identities = 0;
  private readonly watch = new FakeWatch();
  private readonly lease: RedisLease;

  /** @param label its name in Redis, so that names sort the same way again. */
  constructor(
    readonly label: string,
    private readonly network: Network,
    keys: QueueKeys,
    maxCrashes: number,
    private readonly truth: { readonly fates: Fates; readonly state: Snapshot },
    private readonly onFault: (error: Error) => void,
  ) {
    this.lease = new RedisLease(
      network.client(label),
      keys,
      { lease: LEASE, maxCrashes },
      (brought) => this.onWake(brought),
      refusals,
      () => this.watch,
    );
    this.rename();
  }

  get isIdle(): boolean {
    return this.held.size === 0 && !this.brought;
  }

  /** Undefined while a call is under way. */
  claim(want: number, outcomes: readonly MessageOutcome[]): Call | undefined {
    if (this.isClaiming) return undefined;
    const settlements = (this.sent ??= this.unheard ? this.confirm() : this.settle(outcomes));
    // Nothing runs beside what must run alone.
    const room = this.isAlone && this.held.size > settledBy(settlements) ? 0 : want;
    this.isClaiming = true;
    const claiming = this.lease.claim(room, !this.isIdle, settlements);
    const call = this.network.latest;
    claiming
      .finally(() => (this.isClaiming = false))
      .then((claim) => this.onAnswer(claim, call))
      .catch((error: unknown) => this.onRefused(error));
    return call;
  }

  /** @param hasRoom still, when the scout comes back. Undefined while one is under way. */
  scout(hasRoom: boolean): Call | undefined {
    if (this.isScouting) return undefined;
    this.watch.isArmed = hasRoom;
    const scouting = this.lease.sendScout(this.network.client(this.label), WAIT);
    if (!scouting) return undefined;
    this.isScouting = true;
    scouting.finally(() => (this.isScouting = false)).catch((error: unknown) => this.onRefused(error));
    return this.network.latest;
  }

  close(): Promise<void> {
    return this.lease.close();
  }

  /** What was brought came; whether in time, the answer says. */
  private confirm(): Settlements {
    this.unheard = false;
    this.adopting = this.brought?.id;
    return NO_SETTLEMENTS;
  }

  private settle(outcomes: readonly MessageOutcome[]): Settlements {
    const settlements = { done: [], released: [], delayed: [], dead: [], results: [] } as Drafts;
    for (const [i, [id, history]] of [...this.held].entries()) {
      const outcome = outcomes[i % outcomes.length] ?? 'held';
      const failed = { ...history, attempts: history.attempts + 1 };
      if (outcome === 'done') settlements.done.push(id);
      else if (outcome === 'released') settlements.released.push(id);
      else if (outcome === 'retried') settlements.delayed.push({ id, delay: 0, history: failed });
      else if (outcome === 'delayed') settlements.delayed.push({ id, delay: DELAY, history: failed });
      else if (outcome === 'dead') settlements.dead.push({ id, record: '{"reason":"failed"}' });
    }
    return settlements;
  }

  private async onAnswer(claim: Claim, call: Call): Promise<void> {
    const { sent: settled = NO_SETTLEMENTS, adopting } = this;
    this.sent = this.adopting = undefined;
    if (claim.lost) return this.onLost();
    const { done, released, delayed, dead } = settled;
    for (const id of [...done, ...released, ...idsOf(delayed), ...idsOf(dead)]) this.held.delete(id);
    for (const id of claim.gone ?? []) this.forget(id);
    if (this.brought && this.brought.id === adopting) {
      this.held.set(adopting, this.brought.history);
      this.brought = undefined;
    }
    const { ids, envelopes, histories } = await claim.read();
    for (const [i, id] of ids.entries()) {
      this.checkEnvelope(id, envelopes[i]);
      this.held.set(id, histories.get(id) ?? NO_HISTORY);
    }
    this.isAlone = claim.alone;
    this.checkView(call);
  }

  private forget(id: string): void {
    this.held.delete(id);
    if (this.brought?.id === id) this.brought = undefined;
  }

  /** Others decide about all of it now. */
  private onLost(): void {
    this.held.clear();
    this.brought = undefined;
    this.isAlone = false;
    this.lease.renewIdentity();
    this.rename();
  }

  private onRefused(error: unknown): void {
    // The next claim carries the same; of a scout nothing is known.
    if (!isRefusal(error)) this.onFault(error as Error);
  }

  private onWake(brought?: Claim): void {
    if (!brought) return;
    const { ids, envelopes, histories } = brought.read() as Awaited<ReturnType<Claim['read']>>;
    const id = ids[0]!;
    this.checkEnvelope(id, envelopes[0]);
    this.brought = { id, history: histories.get(id) ?? NO_HISTORY };
    this.unheard = true;
  }

  private checkEnvelope(id: string, envelope: unknown): void {
    const { fates, state } = this.truth;
    // What was recovered meanwhile may be unreadable when it has to be read again; it is told that it has lost it.
    const isLent = [this.name, `${this.name}+`].some((name) => state.placeOf(id) === `active:${name}`);
    if (isLent && fates.isKnown(id) && JSON.stringify(envelope) !== fates.envelopes.get(id))
      throw new Error(`${this.label} was given ${JSON.stringify(envelope)} as ${id}`);
  }

  /** What it believes to be on loan to it must be what was when its call was executed. */
  private checkView({ args, after }: Call): void {
    const isOurs = (id: string): boolean => this.truth.fates.isKnown(id);
    const lent = new Set(after!.loansOf(args[1]!).filter(isOurs));
    const believed = new Set([...this.held.keys()].filter(isOurs));
    const stranded = [...lent].filter((id) => !believed.has(id));
    const imagined = [...believed].filter((id) => !lent.has(id));
    if (stranded.length > 0)
      throw new Error(`${this.label} holds what it knows nothing of: ${stranded.join(', ')}`);
    if (imagined.length > 0) throw new Error(`${this.label} believes to hold ${imagined.join(', ')}`);
  }

  private get name(): string {
    return this.identities === 1 ? this.label : `${this.label}.${this.identities}`;
  }

  private rename(): void {
    this.identities++;
    Reflect.set(this.lease, 'consumer', this.name);
  }
}

type Drafts = { -readonly [K in keyof Settlements]: Settlements[K][number][] };

class FakeWatch implements Watch {
  isArmed = false;
  arm(): void {
    this.isArmed = true;
  }
  disarm(): void {
    this.isArmed = false;
  }
  ring(): void {
    this.isArmed = false;
  }
  dueIn(): void {}
  async withdraw(): Promise<void> {}
  async close(): Promise<void> {}
}

function idsOf(items: readonly { readonly id: string }[]): string[] {
  return items.map(({ id }) => id);
}

function isRefusal(error: unknown): error is Error {
  return error instanceof BrokerRefusedError || (error instanceof Error && error.name === 'ReplyError');
}

/** As `RedisBroker` tells of what Redis refuses. */
async function refusals<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isRefusal(error) ? new BrokerRefusedError(error.message) : error;
  }
}
