import { NbAioPool } from '../../pool/index.js';
import type { Batch, Broker, Claim, Lease } from '../broker.js';
import { parseEnvelope } from '../envelope.js';
import { BrokerClosedError, ConsumerStoppedError, LeaseLostError } from '../errors.js';
import type { QueueSettings } from '../task-options.js';
import type { Delivery } from './delivery.js';
import type { OnConsumerEvent } from './events.js';
import { crashResult, Execution, type Outcome, type RunnableTask } from './execution.js';
import { Loans } from './loans.js';
import { ReadAhead } from './read-ahead.js';
import { Reporter } from './reporter.js';
import { Slot } from './slot.js';
import { endsWithin } from './time-limit.js';

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
  private readonly loans = new Loans();
  private readonly slots: Slot[] = [];
  /** Those that have nothing to run. */
  private readonly parked: Slot[] = [];
  private end: () => void = () => {};
  private readonly ended = new Promise<void>((resolve) => (this.end = resolve));
  /** Slots in use: running deliveries, and those that run on though they were given to others. */
  private busy = 0;
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
  /** Also before it has started: then it never does. */
  private stopped = false;
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
    this.execution = new Execution(tasks, settings);
    this.report = new Reporter(queue, onEvent);
    this.readAhead = new ReadAhead(settings.readAhead);
  }

  /** Starts claiming. @throws BrokerUnreachableError, BrokerUnsupportedError */
  async start(): Promise<void> {
    await this.broker.open();
    if (this.stopped) return;
    const { lease, maxCrashes } = this.settings;
    this.lease = this.broker.lease(this.queue, { lease, maxCrashes }, () => this.onWake());
    this.heartbeat = setInterval(() => this.onHeartbeat(), lease / 3);
    this.heartbeat.unref();
    this.onWake();
  }

  stats(): ConsumerStats {
    const { maxConcurrency } = this.settings;
    return { running: this.loans.running, waiting: this.loans.waiting, maxConcurrency };
  }

  /**
   * Stops claiming, gives back what has not started, and waits for what runs.
   * What still runs after `grace` ms sees its signal aborted, and its message is given back too.
   */
  async stop(grace: number): Promise<void> {
    this.stopped = true;
    if (this.onDrained || !this.lease) return;
    const { lease } = this;
    lease.disarm();
    const drained = new Promise<void>((resolve) => (this.onDrained = resolve));
    this.loans.releaseWaiting();
    this.next();
    if (!(await endsWithin(grace, drained))) {
      this.giveUp();
      // If the broker is away it never answers: then the lease ends by itself.
      await endsWithin(LAST_CALL, drained);
    }
    this.lease = undefined;
    clearInterval(this.heartbeat);
    this.clearTimer();
    this.end();
    await endsWithin(
      LAST_CALL,
      lease.close().catch(() => {}),
    );
  }

  /** How many messages may be claimed now. */
  private get room(): number {
    const { loans } = this;
    if (this.onDrained || this.doubtful) return 0;
    if ((this.alone || this.suspects) && loans.unfinished > 0) return 0;
    return Math.max(0, this.settings.maxConcurrency + this.readAhead.target - this.busy - loans.waiting);
  }

  private onWake(): void {
    this.hungry = true;
    this.next();
  }

  private onHeartbeat(): void {
    const due = performance.now() - this.lastClaimAt >= this.settings.lease / 4;
    if (due && this.loans.unfinished > 0 && !this.backingOff) void this.cycle();
  }

  /** Whatever has changed: claim, settle soon, or be done. While a call is under way, its end comes here. */
  private next(): void {
    if (this.claiming || this.backingOff || !this.lease) return;
    const { room } = this;
    if (this.doubtful || (this.hungry && room > 0 && room >= this.readAhead.target / 2)) void this.cycle();
    else if (this.loans.hasOutcomes) this.cycleIn(this.onDrained ? 0 : FLUSH_DELAY);
    else if (this.loans.unfinished === 0) this.onDrained?.();
  }

  private cycleIn(ms: number): void {
    this.timer ??= setTimeout(() => void this.cycle(), ms);
  }

  private clearTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** One round trip: settles, renews, claims. Never two at a time. */
  private async cycle(): Promise<void> {
    if (this.claiming || !this.lease) return;
    this.clearTimer();
    this.backingOff = false;
    this.claiming = true;
    const settlements = this.loans.takeOutcomes();
    const holds = this.loans.heldWith(settlements);
    const sentAt = performance.now();
    // A wake that comes while the call is under way makes it hungry again.
    this.hungry = false;
    let claim: Claim;
    try {
      claim = await this.lease.claim(this.room, holds, settlements);
    } catch (error) {
      this.claiming = false;
      this.loans.restoreOutcomes(settlements);
      this.hungry = true;
      this.onBrokerFails(error);
      return;
    }
    this.lastClaimAt = performance.now();
    this.claiming = false;
    this.report.brokerServes();
    if (claim.lost) this.onLost();
    else this.onClaim(claim, this.lastClaimAt - sentAt);
    this.next();
  }

  private onClaim(claim: Claim, elapsed: number): void {
    const { loans } = this;
    this.readAhead.onClaimed(elapsed, claim.count, claim.size);
    this.doubtful = claim.count > 0 && elapsed > this.settings.lease;
    this.alone = claim.alone || (this.alone && loans.unfinished > 0);
    this.suspects = claim.suspects;
    this.hungry ||= claim.more;
    const accept = loans.expect(claim.count);
    this.onBuried(claim);
    if (!this.hungry && this.room > 0) this.lease?.arm(claim.dueIn);
    else this.lease?.disarm();
    // The next claim is on its way while this one is read and runs.
    this.next();
    const batch = claim.read();
    if (batch instanceof Promise) batch.then((late) => this.onBatch(accept, late), this.ignoreClosed);
    else this.onBatch(accept, batch);
  }

  private onBatch(accept: (batch: Batch) => void, batch: Batch): void {
    accept(batch);
    if (this.onDrained) this.loans.releaseWaiting();
    this.pump();
    this.next();
  }

  /** Reading fails only when the broker was closed; its leases end by themselves then. */
  private readonly ignoreClosed = (): void => {};

  /** Fills the free slots; each works through what waits until nothing does. */
  private pump(): void {
    for (let n = this.loans.startable; n > 0; n--) {
      const slot = this.parked.pop() ?? this.newSlot();
      if (!slot) return;
      slot.serve();
    }
  }

  /** A slot is a task of the pool for as long as this consumer lives, as nb_aiopool's workers are: the pool bounds them. */
  private newSlot(): Slot | undefined {
    const future = this.pool.trySubmit(() => this.ended);
    if (!future) return undefined;
    const slot = new Slot(this.execution, {
      start: () => this.begin(),
      finish: (delivery, outcome) => this.finish(delivery, outcome),
      park: (parked) => this.parked.push(parked),
    });
    this.slots.push(slot);
    return slot;
  }

  private begin(): Delivery | undefined {
    const delivery = this.doubtful ? undefined : this.loans.start();
    if (delivery) this.busy++;
    return delivery;
  }

  /** What runs and is still ours. */
  private running(): Delivery[] {
    return this.slots.flatMap(({ delivery }) => (delivery && !delivery.isAbandoned ? [delivery] : []));
  }

  private finish(delivery: Delivery, outcome: Outcome): void {
    this.busy--;
    this.readAhead.onSettled();
    if (this.loans.finish(delivery, outcome) && outcome.kind !== 'done')
      this.report.outcome(delivery, outcome);
    this.next();
  }

  /** Messages that this call found to have crashed too often: they are dead already, but somebody may wait for them. */
  private onBuried({ buried, droppedDead }: Claim): void {
    for (const { id, envelope } of buried) {
      const parsed = parseEnvelope(id, envelope);
      const result = crashResult(parsed);
      if (result) this.loans.addResult(id, result);
      this.report.crashed(id, parsed);
    }
    this.report.deadDropped(droppedDead);
  }

  private onLost(): void {
    const reason = `The lease on queue '${this.queue}' was lost: this message was given to another consumer.`;
    const running = this.running();
    this.loans.drop(running, new LeaseLostError(reason));
    this.report.leaseLost(running.length);
    this.doubtful = this.alone = this.suspects = false;
    this.lease?.renewIdentity();
    this.hungry = true;
  }

  private giveUp(): void {
    const reason = `The consumer of queue '${this.queue}' stopped before this task ended: it runs again.`;
    const running = this.running();
    this.loans.releaseRunning(running, new ConsumerStoppedError(reason));
    if (running.length > 0) this.report.stopOverdue(running.length);
    this.next();
  }

  private onBrokerFails(error: unknown): void {
    if (error instanceof BrokerClosedError && this.onDrained) {
      this.onDrained();
      return;
    }
    const failures = this.report.brokerFails(error);
    this.clearTimer();
    if (error instanceof BrokerClosedError) return;
    this.backingOff = true;
    this.cycleIn(Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(failures - 1, 10)));
  }
}
