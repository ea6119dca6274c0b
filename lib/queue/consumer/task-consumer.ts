import type { Batch, Broker, Claim, Lease } from '../broker.js';
import { BrokerClosedError, ConsumerStoppedError, LeaseLostError } from '../errors.js';
import type { QueueSettings } from '../task-options.js';
import { Appetite } from './appetite.js';
import { settleBuried } from './buried.js';
import { CallTimer } from './call-timer.js';
import type { ConsumerStats } from './consumer-stats.js';
import type { Delivery } from './delivery.js';
import type { OnConsumerEvent } from './events.js';
import { Execution, type Outcome, type RunnableTask } from './execution.js';
import { Loans } from './loans.js';
import { Reporter } from './reporter.js';
import { Slots } from './slots.js';
import { endsWithin } from './time-limit.js';

/** Settlements wait this long for a claim to travel with, in ms. */
const FLUSH_DELAY = 2;
/** How long a pause waits for the broker, and a stop beyond the grace period, in ms. */
const LAST_CALL = 2_000;

/**
 * Consumes one queue: claims as many messages as it has free slots, plus a little ahead, runs them in a pool, and
 * settles them with the next claim.
 */
export class TaskConsumer {
  private readonly report: Reporter;
  private readonly loans: Loans;
  private readonly slots: Slots;
  private readonly appetite: Appetite;
  private readonly timer = new CallTimer(() => void this.cycle());
  private lease: Lease | undefined;
  private claiming = false;
  /** The broker brought something, and has to hear that it came: the next call must leave at once. */
  private unheard = false;
  private paused = false;
  /** Also before it has started: then it never does. */
  private stopped = false;
  /** Set while stopping: called when nothing is left. */
  private onDrained: (() => void) | undefined;
  /** Set while pausing: called when nothing is claimed any more, and what was claimed ahead is given back. */
  private onQuiet: (() => void) | undefined;

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
    this.report = new Reporter(queue, onEvent);
    this.loans = new Loans(queue);
    this.appetite = new Appetite(settings, this.loans);
    this.slots = new Slots(queue, settings.maxConcurrency, new Execution(tasks, settings), {
      start: () => (this.appetite.doubtful || this.unheard ? undefined : this.loans.start()),
      finish: (delivery, outcome) => this.finish(delivery, outcome),
    });
  }

  /** Starts claiming. @throws BrokerUnreachableError, BrokerUnsupportedError */
  async start(): Promise<void> {
    await this.broker.open();
    if (this.stopped) return;
    const { lease, maxCrashes } = this.settings;
    this.lease = this.broker.lease(this.queue, { lease, maxCrashes }, (brought) => this.onWake(brought));
    this.timer.beat(lease, () => this.loans.unfinished > 0);
    this.onWake();
  }

  stats(): ConsumerStats {
    const { paused, loans } = this;
    return {
      running: loans.running,
      waiting: loans.waiting,
      maxConcurrency: this.settings.maxConcurrency,
      paused,
    };
  }

  /**
   * Claims nothing more until `resume`, and gives back what has not started, so that others can run it; what runs goes
   * on. Also before `start`: then it starts paused. Again, it does nothing.
   * Resolves when the broker has all of it back, or does not answer for 2 s.
   */
  async pause(): Promise<void> {
    if (this.paused || this.stopped) return;
    this.paused = true;
    const quiet = new Promise<void>((resolve) => (this.onQuiet = resolve));
    this.close();
    await endsWithin(LAST_CALL, Promise.all([quiet, this.lease?.withdraw()]));
  }

  /** Claims again. Does nothing unless paused. */
  resume(): void {
    if (!this.paused || this.stopped) return;
    this.paused = this.appetite.closed = false;
    this.quieten();
    this.onWake();
  }

  /**
   * Stops claiming, gives back what has not started, and waits for what runs.
   * What still runs after `grace` ms sees its signal aborted, and its message is given back too.
   */
  async stop(grace: number): Promise<void> {
    this.stopped = true;
    if (this.onDrained || !this.lease) return;
    const { lease } = this;
    const drained = new Promise<void>((resolve) => (this.onDrained = resolve));
    this.close();
    if (!(await endsWithin(grace, drained))) {
      this.giveUp();
      // If the broker is away it never answers: then the lease ends by itself.
      await endsWithin(LAST_CALL, drained);
    }
    this.lease = undefined;
    this.timer.close();
    this.slots.close();
    await endsWithin(
      LAST_CALL,
      lease.close().catch(() => {}),
    );
  }

  /** Claims no more, and gives back what waits. */
  private close(): void {
    this.appetite.closed = true;
    this.lease?.disarm();
    this.loans.releaseWaiting();
    this.next();
  }

  private get room(): number {
    return this.appetite.room(this.slots.busy);
  }

  private onWake(brought?: Claim): void {
    this.appetite.hungry = true;
    if (!brought) return this.next();
    this.appetite.onBrought(brought);
    this.unheard = true;
    this.receive(brought);
  }

  /** Whatever has changed: claim, settle soon, or be done. While a call is under way, its end comes here. */
  private next(): void {
    if (this.onQuiet && !this.claiming && !this.loans.holdsBack) this.quieten();
    if (this.claiming || this.timer.backingOff || !this.lease) return;
    if (this.unheard || this.appetite.doubtful || this.appetite.wants(this.room)) void this.cycle();
    else if (this.loans.hasOutcomes) this.timer.in(this.onDrained ? 0 : FLUSH_DELAY);
    else if (this.loans.unfinished === 0) this.onDrained?.();
  }

  private quieten(): void {
    this.onQuiet?.();
    this.onQuiet = undefined;
  }

  /** One round trip: settles, renews, claims. Never two at a time. */
  private async cycle(): Promise<void> {
    if (this.claiming || !this.lease) return;
    this.timer.onSent();
    this.claiming = true;
    // A call that was refused goes again as it was; what came since is for the next one.
    const unheard = this.unheard && !this.loans.isUnanswered;
    // What was brought may be others' by now; the answer says so.
    const settlements = this.loans.send(unheard);
    const holds = this.loans.heldWith(settlements);
    const sentAt = performance.now();
    // A wake that comes while the call is under way makes it hungry again.
    this.appetite.hungry = false;
    if (unheard) this.unheard = false;
    let claim: Claim;
    try {
      const answer = this.lease.claim(this.room, holds, settlements);
      // What the broker brought may run now: this call tells it so.
      if (unheard) this.slots.fill(this.loans.startable);
      claim = await answer;
    } catch (error) {
      this.claiming = false;
      this.appetite.hungry = true;
      this.onBrokerFails(error);
      return;
    }
    this.timer.onAnswered();
    this.claiming = false;
    this.loans.onAnswered();
    this.report.brokerServes();
    if (claim.lost) this.onLost();
    else this.onClaim(claim, performance.now() - sentAt);
    this.next();
  }

  private onClaim(claim: Claim, elapsed: number): void {
    if (claim.gone) this.onGone(claim.gone);
    this.appetite.onClaimed(claim, elapsed);
    this.receive(claim);
  }

  private receive(claim: Claim): void {
    const accept = this.loans.expect(claim.count);
    settleBuried(claim, this.loans, this.report);
    if (!this.appetite.hungry && this.room > 0) this.lease?.arm(claim.dueIn);
    else this.lease?.disarm();
    // The next claim is on its way while this one is read and runs.
    this.next();
    const batch = claim.read();
    if (batch instanceof Promise) batch.then((late) => this.onBatch(accept, late), this.ignoreClosed);
    else this.onBatch(accept, batch);
  }

  private onBatch(accept: (batch: Batch) => void, batch: Batch): void {
    accept(batch);
    if (this.appetite.closed) this.loans.releaseWaiting();
    this.slots.fill(this.loans.startable);
    this.next();
  }

  /** Reading fails only when the broker was closed; its leases end by themselves then. */
  private readonly ignoreClosed = (): void => {};

  private finish(delivery: Delivery, outcome: Outcome): void {
    this.appetite.onSettled();
    if (this.loans.finish(delivery, outcome) && outcome.kind !== 'done')
      this.report.outcome(delivery, outcome);
    this.next();
  }

  private onLost(): void {
    const running = this.slots.running();
    this.loans.drop(running, this.leaseLost());
    this.report.leaseLost(running.length);
    this.appetite.reset();
    this.lease?.renewIdentity();
  }

  private onGone(ids: readonly string[]): void {
    const running = this.slots.running().filter(({ id }) => ids.includes(id));
    this.loans.forget(ids, running, this.leaseLost());
    if (running.length > 0) this.report.leaseLost(running.length);
  }

  private leaseLost(): LeaseLostError {
    return new LeaseLostError(
      `The lease on queue '${this.queue}' was lost: this message was given to another consumer.`,
    );
  }

  private giveUp(): void {
    const reason = `The consumer of queue '${this.queue}' stopped before this task ended: it runs again.`;
    const running = this.slots.running();
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
    this.timer.clear();
    if (!(error instanceof BrokerClosedError)) this.timer.backOff(failures);
  }
}
