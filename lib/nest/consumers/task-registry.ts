import type { ConsumerPlan } from '../../queue/consumer/consumer-plan.js';
import type { TaskConsumer } from '../../queue/index.js';

/** A queue of this application, at one moment. @publicApi */
export interface QueueInfo {
  readonly queue: string;
  /** The names of its tasks. */
  readonly tasks: readonly string[];
  /** How many of its tasks run at once in this process, at most. */
  readonly maxConcurrency: number;
  /** Whether this process consumes it now. */
  readonly consuming: boolean;
  /** Its tasks that run now in this process. */
  readonly running: number;
  /** Its messages that this process claimed ahead; they wait for a slot. */
  readonly waiting: number;
}

/** What this application knows about its queues. Inject it where you need it. @publicApi */
export class AioTaskRegistry {
  private plans: readonly ConsumerPlan[] = [];
  private toConsume: readonly ConsumerPlan[] = [];
  private readonly consumers = new Map<string, TaskConsumer>();

  /** The queues of all tasks that are providers here, consumed or not. Empty until the modules are initialised. */
  list(): QueueInfo[] {
    return this.plans.map(({ queue, tasks, settings }) => {
      const consumer = this.consumers.get(queue);
      const { running = 0, waiting = 0 } = consumer?.stats() ?? {};
      const { maxConcurrency } = settings;
      return { queue, tasks: [...tasks.keys()], maxConcurrency, consuming: !!consumer, running, waiting };
    });
  }

  /** @internal */
  register(plans: readonly ConsumerPlan[], chosen: readonly ConsumerPlan[]): void {
    this.plans = plans;
    this.toConsume = chosen;
  }

  /** What this process is to consume. @internal */
  chosen(): readonly ConsumerPlan[] {
    return this.toConsume;
  }

  /** @internal */
  started(consumer: TaskConsumer): void {
    this.consumers.set(consumer.queue, consumer);
  }

  /** @internal */
  stopped(consumer: TaskConsumer): void {
    this.consumers.delete(consumer.queue);
  }
}
