import type { Envelope } from '../envelope.js';
import type { Delivery } from './delivery.js';
import type { OnConsumerEvent } from './events.js';
import type { Outcome } from './execution.js';

/** Tells what happened, and what repeats only once. */
export class Reporter {
  private readonly unknownTasks = new Set<string>();
  private failures = 0;

  constructor(
    private readonly queue: string,
    private readonly onEvent: OnConsumerEvent,
  ) {}

  /** What became of a run that was not simply done. */
  outcome(delivery: Delivery, outcome: Exclude<Outcome, { kind: 'done' }>): void {
    const { id, attempt } = delivery;
    const at = { queue: this.queue, task: taskName(delivery), id };
    switch (outcome.kind) {
      case 'retry':
        this.say({ type: 'task-failed', ...at, attempt, delay: outcome.delay, error: outcome.error });
        return;
      case 'dead':
        this.say({
          type: 'task-dead',
          ...at,
          reason: outcome.record.reason,
          error: outcome.error ?? outcome.record.error,
        });
        return;
      case 'refused':
        // Names come from outside: a bounded number is remembered.
        if (this.unknownTasks.has(at.task) || this.unknownTasks.size > 1_000) return;
        this.unknownTasks.add(at.task);
        this.say({ type: 'task-unknown', ...at });
    }
  }

  crashed(id: string, envelope: unknown): void {
    const task = (envelope as Partial<Envelope> | null)?.task;
    this.say({ type: 'task-dead', queue: this.queue, task: task ?? UNKNOWN, id, reason: 'crashed' });
  }

  leaseLost(running: number): void {
    this.say({ type: 'lease-lost', queue: this.queue, running });
  }

  deadDropped(count: number): void {
    if (count > 0) this.say({ type: 'dead-dropped', queue: this.queue, count });
  }

  stopOverdue(running: number): void {
    this.say({ type: 'stop-overdue', queue: this.queue, running });
  }

  /** Answers how many calls were refused in a row. */
  brokerFails(error: unknown): number {
    if (this.failures++ === 0) this.say({ type: 'broker-failing', queue: this.queue, error });
    return this.failures;
  }

  brokerServes(): void {
    const { failures } = this;
    if (failures === 0) return;
    this.failures = 0;
    this.say({ type: 'broker-recovered', queue: this.queue, failures });
  }

  private say(event: Parameters<OnConsumerEvent>[0]): void {
    try {
      this.onEvent(event);
    } catch (error) {
      // A listener's mistake must not stop the consumer.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }
}

const UNKNOWN = '(unknown)';

function taskName({ envelope }: Delivery): string {
  const task = (envelope as Partial<Envelope> | null | undefined)?.task;
  return typeof task === 'string' ? task : UNKNOWN;
}
