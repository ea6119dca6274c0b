import type { ConsumerPlan } from '../../queue/consumer/consumer-plan.js';
import { TaskConsumer, type Broker } from '../../queue/index.js';
import type { AppLog } from '../core/app-log.js';
import { logEvents } from './event-log.js';

/** The consumer of one queue, through its starts and stops. Each is a new TaskConsumer; they take turns. */
export class QueueConsumer {
  private consumer: TaskConsumer | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly plan: ConsumerPlan,
    private readonly broker: Broker,
    private readonly log: AppLog,
  ) {}

  get consuming(): boolean {
    return this.consumer !== undefined;
  }

  stats(): { running: number; waiting: number; paused: boolean } {
    return this.consumer?.stats() ?? { running: 0, waiting: 0, paused: false };
  }

  /** Whether it did not run before. @throws BrokerUnreachableError */
  start(): Promise<boolean> {
    return this.inTurn(async () => {
      if (this.consumer) return false;
      const { queue, settings, tasks } = this.plan;
      const consumer = new TaskConsumer(queue, this.broker, settings, tasks, logEvents(this.log));
      await consumer.start();
      this.consumer = consumer;
      return true;
    });
  }

  /** Drains it. @param grace asked when it is its turn, in ms. Answers whether it ran. */
  stop(grace: () => number): Promise<boolean> {
    return this.inTurn(async () => {
      if (!this.consumer) return false;
      await this.consumer.stop(grace());
      this.consumer = undefined;
      return true;
    });
  }

  /** Whether it was consumed: only then it can be paused, or resumed. */
  setPaused(paused: boolean): Promise<boolean> {
    return this.inTurn(async () => {
      if (paused) await this.consumer?.pause();
      else this.consumer?.resume();
      return this.consuming;
    });
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.turn.then(act);
    this.turn = result.catch(() => {});
    return result;
  }
}
