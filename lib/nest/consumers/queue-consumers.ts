import { didYouMean } from '../../options.js';
import type { ConsumerPlan } from '../../queue/consumer/consumer-plan.js';
import type { Broker } from '../../queue/index.js';
import type { AppLog } from '../core/app-log.js';
import type { GracePeriod } from '../core/grace-period.js';
import { ConsumerControlError, QueueUnknownError } from '../errors.js';
import { QueueConsumer } from './queue-consumer.js';
import type { TaskExplorer } from './task-explorer.js';

/** What a consumer can be told by hand. */
export type ConsumerOrder = 'start' | 'stop' | 'pause' | 'resume';

const DONE: Readonly<Record<Exclude<ConsumerOrder, 'start'>, string>> = {
  stop: 'Stopped consuming',
  pause: 'Paused',
  resume: 'Resumed',
};

/** The queues of one connection, and their consumers. */
export class QueueConsumers {
  private readonly queues = new Map<string, QueueConsumer>();
  private chosen: readonly QueueConsumer[] = [];
  private stage: 'starting' | 'open' | 'closing' = 'starting';

  constructor(
    private readonly use: {
      readonly broker: Broker;
      readonly grace: number;
      readonly log: AppLog;
      readonly explorer: Pick<TaskExplorer, 'announce'>;
    },
  ) {}

  /** @param chosen those that start with the application. */
  register(plans: readonly ConsumerPlan[], chosen: readonly ConsumerPlan[]): void {
    const { broker, log } = this.use;
    for (const plan of plans) this.queues.set(plan.queue, new QueueConsumer(plan, broker, log));
    this.chosen = chosen.map(({ queue }) => this.queues.get(queue) as QueueConsumer);
  }

  /** From now on consumers may start: all modules are initialised. */
  open(): void {
    this.stage = 'open';
  }

  get isOpen(): boolean {
    return this.stage === 'open';
  }

  all(): QueueConsumer[] {
    return [...this.queues.values()];
  }

  has(queue: string): boolean {
    return this.queues.has(queue);
  }

  /** Starts those that were chosen. If one can't, none is left running. @throws BrokerUnreachableError */
  async startChosen(): Promise<void> {
    try {
      for (const each of this.chosen) await each.start();
    } catch (error) {
      await Promise.all(this.all().map((each) => each.stop(() => 0)));
      throw error;
    }
    if (this.chosen.length > 0) this.sayConsuming(this.chosen);
  }

  /** Resolves when it is done: for `stop`, when its tasks have ended or were given back. */
  async order(order: ConsumerOrder, queue: string): Promise<void> {
    const consumer = this.find(order, queue);
    if (!this.isOpen) throw this.atWrongTime(order, queue);
    if (order === 'start') {
      // With consume: false nobody was told yet.
      this.use.explorer.announce();
      if (await consumer.start()) this.sayConsuming([consumer]);
      return;
    }
    const applied =
      order === 'stop'
        ? await consumer.stop(() => this.use.grace)
        : await consumer.setPaused(order === 'pause');
    if (!applied && order !== 'stop') throw notConsumed(order, queue);
    if (applied) this.use.log.log(`${DONE[order]} '${queue}'`, { event: `consumer-${order}`, queue });
  }

  /** For good: drains them all together. */
  async close(grace: GracePeriod): Promise<void> {
    this.stage = 'closing';
    await Promise.all(this.all().map((each) => each.stop(() => grace.left)));
  }

  private find(order: ConsumerOrder, queue: string): QueueConsumer {
    const consumer = this.queues.get(queue);
    if (consumer) return consumer;
    // Nothing is known of the queues until the modules are initialised: then the time is what is wrong.
    if (this.stage === 'starting') throw this.atWrongTime(order, queue);
    throw unknownQueue(`AioTaskRegistry.${order}:`, queue, [...this.queues.keys()]);
  }

  private atWrongTime(order: ConsumerOrder, queue: string): ConsumerControlError {
    const [when, instead] =
      this.stage === 'starting'
        ? [
            'before all modules are initialised',
            'call it in onApplicationBootstrap, or later; option consume says what starts by itself',
          ]
        : ['when the application shuts down', 'nothing is consumed any more'];
    return new ConsumerControlError(`AioTaskRegistry.${order}('${queue}') was called ${when}: ${instead}.`);
  }

  private sayConsuming(consumers: readonly QueueConsumer[]): void {
    const queues = consumers.map(({ plan }) => plan.queue).join(',');
    this.use.log.log(`Consuming ${consumers.map(describe).join(', ')}`, { event: 'consumer-start', queues });
  }
}

/** @param what starts the sentence: who names the queue. */
export function unknownQueue(what: string, queue: string, known: readonly string[]): QueueUnknownError {
  const list = known.length === 0 ? 'There is none' : `The queues are '${known.join("', '")}'`;
  return new QueueUnknownError(
    `${what} no task of a provider is on queue '${queue}'${didYouMean(queue, known)} ${list}.`,
  );
}

function notConsumed(order: ConsumerOrder, queue: string): ConsumerControlError {
  return new ConsumerControlError(
    `AioTaskRegistry.${order}('${queue}'): this process does not consume the queue; call start('${queue}') first.`,
  );
}

function describe({ plan: { queue, settings, tasks } }: QueueConsumer): string {
  return `'${queue}' (${[...tasks.keys()].join(', ')}; ${settings.maxConcurrency} at once)`;
}
