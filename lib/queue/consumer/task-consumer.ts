import { NbAioPool } from '../../pool/index.js';
import { NO_HISTORY, type Broker, type Claim, type Lease } from '../broker.js';
import { parseEnvelope } from '../envelope.js';
import { BrokerClosedError, ConsumerStoppedError, LeaseLostError } from '../errors.js';
import type { QueueSettings } from '../task-options.js';
import { Delivery } from './delivery.js';
import { DeliveryBuffer } from './delivery-buffer.js';
import type { OnConsumerEvent } from './events.js';
import { crashResult, Execution, type Outcome, type RunnableTask } from './execution.js';
import { Ledger, settledBy } from './ledger.js';
import { ReadAhead } from './read-ahead.js';
import { Reporter } from './reporter.js';

/** Settlements wait this long for a claim to travel with, in ms. */
const FLUSH_DELAY = 2;
/** After a refused call, in ms: doubling. */
const FIRST_RETRY = 100;
const LONGEST_RETRY = 2_000;
/** How long a stop waits for the broker beyond the grace period, in ms. */
const LAST_CALL = 2_000;

/** A snapshot of a consumer. */
export interface ConsumerStats {
  /** Tasks running now. */
  readonly running: number;
  /** Messages claimed ahead, waiting for a slot. */
  readonly waiting: number;
  readonly maxConcurrency: number;
}

/**
 * Consumes one queue: claims as many messages as it has free slots, plus a little ahead, runs them in a pool, and
 * settles them with the next claim.
 */
export class TaskConsumer {
  private readonly pool: NbAioPool;
  private readonly execution: Execution;
  private readonly report: Reporter;
  private readonly readAhead: ReadAhead;
  private readonly ledger = new Ledger();
  private readonly buffer = new DeliveryBuffer();
  private readonly running = new Set<Delivery>();
  private lease: Lease | undefined;
  private claiming = false;
  private lastClaimAt = 0;
  /** More is ready than was claimed, or may be. */
  private hungry = false;
  /** A suspect runs: nothing may be claimed beside it. */
  private alone = false;
  /** A suspect waits: nothing is claimed until nothing is on loan, so that it can run. */
  private suspects = false;
  /** The answer took longer than the lease: what it granted may be others' by now. */
  private doubtful = false;
  /** The broker refuses calls: the next one waits for its time. */
  private backingOff = false;
  private timer: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  /** Set while stopping: called when nothing is left. */
  private onDrained: (() => void) | undefined;

  /**
   * @param tasks by their names.
   * @param onEvent hears what went wrong; it must not throw.
   */
  constructor(
    readonly queue: string,
    private readonly broker: Broker,
    private readonly settings: QueueSettings,
    tasks: ReadonlyMap<string, RunnableTask>,
    onEvent: OnConsumerEvent,
  ) {
    const { maxConcurrency } = settings;
    this.pool = new NbAioPool({ name: queue, maxConcurrency, maxQueueSize: 0, context: false });
    this.execution = new Execution(tasks, settings.unknownTaskTimeout);
    this.report = new Reporter(queue, onEvent);
    this.readAhead = new ReadAhead(settings.readAhead);
  }

  /** Starts claiming. @throws BrokerUnreachableError, BrokerUnsupportedError */
  async start(): Promise<void> {
    await this.broker.open();
    const { lease, maxCrashes } = this.settings;
    this.lease = this.broker.lease(this.queue, { lease, maxCrashes }, () => this.onWake());
    this.heartbeat = setInterval(() => this.onHeartbeat(), lease / 3);
    this.heartbeat.unref();
    this.onWake();
  }

  stats(): ConsumerStats {
    const { maxConcurrency } = this.settings;
    return { running: this.running.size, waiting: this.buffer.size, maxConcurrency };
  }

  /**
   * Stops claiming, gives back what has not started, and waits for what runs.
   * What still runs after `grace` ms sees its signal aborted, and its message is given back too.
   */
  async stop(grace: number): Promise<void> {
    if (this.onDrained || !this.lease) return;
    const { lease } = this;
    lease.disarm();
    const drained = new Promise<boolean>((resolve) => (this.onDrained = () => resolve(true)));
    this.releaseBuffer();
    this.next();
    if (!(await within(grace, drained))) {
      this.giveUp();
      // If the broker is away it never answers: then the lease ends by itself.
      await within(LAST_CALL, drained);
    }
    clearInterval(this.heartbeat);
    clearTimeout(this.timer);
    await within(
      LAST_CALL,
      lease.close().catch(() => {}),
    );
    this.lease = undefined;
  }

  private get onLoan(): number {
    return this.running.size + this.buffer.size;
  }

  /** How many messages may be claimed now. */
  private get room(): number {
    if (this.onDrained || this.doubtful || ((this.alone || this.suspects) && this.onLoan > 0)) return 0;
    return Math.max(0, this.settings.maxConcurrency + this.readAhead.target - this.onLoan);
  }

  private onWake(): void {
    this.hungry = true;
    this.next();
  }

  private onHeartbeat(): void {
    const due = performance.now() - this.lastClaimAt >= this.settings.lease / 4;
    if (due && this.onLoan > 0 && !this.backingOff) void this.cycle();
  }

  /** Whatever has changed: claim, settle soon, or be done. While a call is under way, its end comes here. */
  private next(): void {
    if (this.claiming || this.backingOff || !this.lease) return;
    const { room } = this;
    if (this.doubtful || (this.hungry && room > 0 && room >= this.readAhead.target / 2)) void this.cycle();
    else if (!this.ledger.isEmpty) this.cycleIn(this.onDrained ? 0 : FLUSH_DELAY);
    else if (this.onDrained && this.onLoan === 0) this.onDrained();
  }

  private cycleIn(ms: number): void {
    this.timer ??= setTimeout(() => void this.cycle(), ms);
  }

  /** One round trip: settles, renews, claims. Never two at a time. */
  private async cycle(): Promise<void> {
    if (this.claiming || !this.lease) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.backingOff = false;
    this.claiming = true;
    const settlements = this.ledger.take();
    const holds = this.onLoan + settledBy(settlements) > 0;
    const sentAt = performance.now();
    const { room } = this;
    // A wake that comes while the call is under way makes it hungry again.
    this.hungry = false;
    try {
      const claim = await this.lease.claim(room, holds, settlements);
      this.lastClaimAt = performance.now();
      this.claiming = false;
      this.report.brokerServes();
      if (claim.lost) this.onLost();
      else this.onClaim(claim, this.lastClaimAt - sentAt);
      this.next();
    } catch (error) {
      this.claiming = false;
      this.ledger.restore(settlements);
      this.hungry = true;
      this.onBrokerFails(error);
    }
  }

  private onClaim(claim: Claim, elapsed: number): void {
    this.readAhead.onClaimed(elapsed, claim.ids.length, claim.size);
    this.doubtful = claim.ids.length > 0 && elapsed > this.settings.lease;
    this.alone = claim.alone || (this.alone && this.onLoan > 0);
    this.suspects = claim.suspects;
    this.hungry ||= claim.more;
    this.accept(claim);
    this.bury(claim);
    if (!this.hungry && this.room > 0) this.lease?.arm(claim.dueIn);
    else this.lease?.disarm();
    // Half a batch ahead: the next claim is on its way while this one runs.
    this.next();
    this.pump();
  }

  private accept({ ids, envelopes, histories }: Claim): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as string;
      const history = histories.size === 0 ? NO_HISTORY : (histories.get(id) ?? NO_HISTORY);
      this.buffer.push(new Delivery(id, envelopes[i], history));
    }
    if (this.onDrained) this.releaseBuffer();
  }

  /** Fills the free slots; each works through the buffer until that is empty. */
  private pump(): void {
    for (let n = this.buffer.size; n > 0 && this.pool.trySubmit(this.work); n--);
  }

  private readonly work = async (): Promise<void> => {
    while (!this.doubtful) {
      const delivery = this.buffer.shift();
      if (!delivery) return;
      this.running.add(delivery);
      const outcome = await this.execution.run(delivery);
      // Given to others meanwhile, or given back: then it is not ours to settle.
      if (this.running.delete(delivery)) this.settle(delivery, outcome);
      this.next();
    }
  };

  private settle(delivery: Delivery, outcome: Outcome): void {
    this.readAhead.onSettled();
    const { id } = delivery;
    if (outcome.kind === 'done') {
      this.ledger.addDone(id);
    } else {
      this.report.outcome(delivery, outcome);
      if (outcome.kind === 'dead') this.ledger.addDead({ id, record: JSON.stringify(outcome.record) });
      else this.ledger.addDelayed({ id, delay: outcome.delay, history: outcome.history });
    }
    if ('result' in outcome && outcome.result) this.ledger.addResult({ id, ...outcome.result });
  }

  /** Messages that this call found to have crashed too often: they are dead already, but somebody may wait for them. */
  private bury({ buried, droppedDead }: Claim): void {
    for (const { id, envelope } of buried) {
      const parsed = parseEnvelope(id, envelope);
      const result = crashResult(parsed);
      if (result) this.ledger.addResult({ id, ...result });
      this.report.crashed(id, parsed);
    }
    this.report.deadDropped(droppedDead);
  }

  private onLost(): void {
    this.report.leaseLost(this.running.size);
    this.abandon(
      new LeaseLostError(
        `The lease on queue '${this.queue}' was lost: this message was given to another consumer.`,
      ),
    );
    this.ledger.clear();
    while (this.buffer.shift());
    this.doubtful = false;
    this.alone = false;
    this.suspects = false;
    this.lease?.renewIdentity();
    this.hungry = true;
  }

  private giveUp(): void {
    if (this.running.size === 0) return;
    this.report.stopOverdue(this.running.size);
    for (const { id } of this.running) this.ledger.addReleased(id);
    this.abandon(
      new ConsumerStoppedError(
        `The consumer of queue '${this.queue}' stopped before this task ended: it runs again.`,
      ),
    );
    this.next();
  }

  private abandon(reason: Error): void {
    for (const delivery of this.running) delivery.abort(reason);
    this.running.clear();
  }

  private releaseBuffer(): void {
    for (let delivery = this.buffer.shift(); delivery; delivery = this.buffer.shift()) {
      this.ledger.addReleased(delivery.id);
    }
  }

  private onBrokerFails(error: unknown): void {
    if (error instanceof BrokerClosedError) {
      this.onDrained?.();
      return;
    }
    const failures = this.report.brokerFails(error);
    this.backingOff = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.cycleIn(Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(failures - 1, 10)));
  }
}

/** Whether `work` ended within `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
