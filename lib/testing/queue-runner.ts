import type { ConsumerPlan } from '../queue/consumer/consumer-plan.js';
import { Delivery } from '../queue/consumer/delivery.js';
import { Execution, failed, succeeded, type Call, type Outcome } from '../queue/consumer/execution.js';
import { Reporter } from '../queue/consumer/reporter.js';
import {
  NO_HISTORY,
  NO_SETTLEMENTS,
  type Broker,
  type Claim,
  type Lease,
  type OnConsumerEvent,
  type Settlements,
} from '../queue/index.js';
import type { CallBook } from './call-book.js';
import type { CallRecord } from './call-record.js';
import type { Tally } from './tally.js';
import type { TestClock } from './test-clock.js';

/** What the runners of a kit share. */
export interface RunnerUse {
  readonly book: CallBook;
  readonly clock: TestClock;
  readonly tally: Tally;
}

/**
 * Runs the messages of one queue when it is told to, one a call. It is a consumer without timers: claims, runs and
 * settles through the port, and what is between is the consumers' own pipeline.
 */
export class QueueRunner {
  private readonly report: Reporter;
  private readonly executions = new WeakMap<ConsumerPlan, Execution>();
  private lease: Lease | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly queue: string,
    private readonly broker: Broker,
    onEvent: OnConsumerEvent,
    private readonly use: RunnerUse,
  ) {
    this.report = new Reporter(queue, onEvent);
  }

  /**
   * Runs what is next in the queue, and settles it. Undefined when nothing is ready.
   *
   * @param aside takes the ids of messages that `plan` has no task for; give them to `release`.
   */
  async next(plan: ConsumerPlan, aside: string[]): Promise<CallRecord | undefined> {
    const begun = await this.inTurn(() => this.begin(plan, aside));
    await begun?.run;
    return begun?.record;
  }

  /** Puts messages back to the front of the queue. */
  async release(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.inTurn(() => this.call(0, { ...NO_SETTLEMENTS, released: ids }));
  }

  private async begin(
    plan: ConsumerPlan,
    aside: string[],
  ): Promise<{ record: CallRecord; run: Promise<void> } | undefined> {
    this.lease ??= this.broker.lease(this.queue, plan.settings, () => {});
    for (;;) {
      const delivery = await this.claim();
      if (!delivery) return undefined;
      const record = this.use.book.get(delivery.id);
      if (!record || !plan.tasks.has(delivery.task)) aside.push(delivery.id);
      else return { record, run: record.begin(() => this.run(plan, delivery, record)) };
    }
  }

  private async claim(): Promise<Delivery | undefined> {
    const { ids, envelopes, histories } = await (await this.call(1, NO_SETTLEMENTS)).read();
    const [id] = ids;
    return id === undefined
      ? undefined
      : new Delivery(id, envelopes[0], histories.get(id) ?? NO_HISTORY, this.queue);
  }

  private async run(plan: ConsumerPlan, delivery: Delivery, record: CallRecord): Promise<void> {
    const { tally, clock } = this.use;
    tally.activity++;
    const outcome = await outcomeOf(this.executionOf(plan), delivery);
    tally.activity++;
    // Before the broker knows: who waits for the result goes on as soon as it does.
    if (outcome.kind === 'done' || outcome.kind === 'dead') {
      tally[outcome.kind]++;
      record.end(outcome.kind, errorOf(outcome));
    } else {
      tally.delayed++;
      record.delay(clock.now() + outcome.delay, errorOf(outcome));
    }
    if (outcome.kind !== 'done') this.report.outcome(delivery, outcome);
    await this.inTurn(() => this.call(0, settlementOf(delivery.id, outcome)));
  }

  /** Never lost: nobody else claims here, and each call renews the lease. */
  private call(want: number, settlements: Settlements): Promise<Claim> {
    return (this.lease as Lease).claim(want, false, settlements);
  }

  private executionOf(plan: ConsumerPlan): Execution {
    const execution = this.executions.get(plan) ?? new Execution(plan.tasks, plan.settings);
    this.executions.set(plan, execution);
    return execution;
  }

  /** A lease has one call under way, and a message that was claimed is known to run before anybody looks again. */
  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.turn.then(act);
    this.turn = result.catch(() => {});
    return result;
  }
}

async function outcomeOf(execution: Execution, delivery: Delivery): Promise<Outcome> {
  const call: Call | Outcome = execution.read(delivery);
  if ('kind' in call) return call;
  try {
    return succeeded(call, await execution.begin(call));
  } catch (error) {
    return failed(delivery, call, error);
  }
}

function errorOf(outcome: Outcome): unknown {
  if (outcome.kind === 'retry') return outcome.error;
  return outcome.kind === 'dead' ? (outcome.error ?? outcome.record.error) : undefined;
}

function settlementOf(id: string, outcome: Outcome): Settlements {
  const results = 'result' in outcome && outcome.result ? [{ id, ...outcome.result }] : [];
  if (outcome.kind === 'done') return { ...NO_SETTLEMENTS, done: [id], results };
  if (outcome.kind === 'dead')
    return { ...NO_SETTLEMENTS, dead: [{ id, record: JSON.stringify(outcome.record) }], results };
  return { ...NO_SETTLEMENTS, delayed: [{ id, delay: outcome.delay, history: outcome.history }] };
}
