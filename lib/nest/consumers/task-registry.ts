import { InvalidOptionError } from '../../errors.js';
import type { AppConnections } from '../core/app-connections.js';
import type { Connection } from '../core/connection.js';
import { unknownConnection } from '../core/known-connections.js';
import type { QueueConsumer } from './queue-consumer.js';
import { unknownQueue, type ConsumerOrder } from './queue-consumers.js';

/** A queue of this application, at one moment. @publicApi */
export interface QueueInfo {
  readonly queue: string;
  /** The connection that it is on. */
  readonly connection: string;
  /** The names of its tasks. */
  readonly tasks: readonly string[];
  /** How many of its tasks run at once in this process, at most. */
  readonly maxConcurrency: number;
  /** Whether this process consumes it now, paused or not. */
  readonly consuming: boolean;
  /** Whether its consumer is paused: it claims nothing, and what runs goes on. */
  readonly paused: boolean;
  /** Its tasks that run now in this process. */
  readonly running: number;
  /** Its messages that this process claimed ahead; they wait for a slot. */
  readonly waiting: number;
}

/**
 * The queues of this application, and its consumers by hand. Inject it where you need it. Consumers can be told
 * something from `onApplicationBootstrap` on, until the application shuts down (ConsumerControlError otherwise).
 *
 * In all methods `connection` may be left out when the queue is on one connection only.
 *
 * @publicApi
 */
export class AioTaskRegistry {
  /** @internal */
  constructor(private readonly connections: AppConnections) {}

  /** The queues of all tasks that are providers here, consumed or not. Empty until the modules are initialised. */
  list(): QueueInfo[] {
    return this.connections.all.flatMap(({ name, consumers }) =>
      consumers.all().map((consumer) => infoOf(name, consumer)),
    );
  }

  /**
   * Starts to consume a queue here, whatever option `consume` says. If it is consumed, nothing happens. Resolves when it
   * has started.
   * @throws QueueUnknownError, ConsumerControlError, BrokerUnreachableError
   */
  async start(queue: string, connection?: string): Promise<void> {
    await this.order('start', queue, connection);
  }

  /**
   * Stops to consume a queue here: gives back what has not started, and waits for running tasks, at most the module's
   * `grace`; then gives their messages back too. If it is not consumed, nothing happens.
   * @throws QueueUnknownError, ConsumerControlError
   */
  async stop(queue: string, connection?: string): Promise<void> {
    await this.order('stop', queue, connection);
  }

  /**
   * Claims nothing more until `resume`; what has not started is given back for others, and what runs goes on. This
   * process only: others go on consuming the queue. Resolves when they can have it, or after 2 s without an answer.
   * @throws QueueUnknownError, ConsumerControlError, also for a queue that is not consumed here
   */
  async pause(queue: string, connection?: string): Promise<void> {
    await this.order('pause', queue, connection);
  }

  /** Claims again. @throws QueueUnknownError, ConsumerControlError, also for a queue that is not consumed here */
  async resume(queue: string, connection?: string): Promise<void> {
    await this.order('resume', queue, connection);
  }

  private async order(order: ConsumerOrder, queue: string, name: string | undefined): Promise<void> {
    const { consumers } = name === undefined ? this.soleOwner(order, queue) : this.find(order, name);
    await consumers.order(order, queue);
  }

  private find(order: ConsumerOrder, name: string): Connection {
    const connection = this.connections.get(name);
    if (connection) return connection;
    throw unknownConnection(
      `AioTaskRegistry.${order} names`,
      name,
      this.connections.all.map((each) => each.name),
    );
  }

  private soleOwner(order: ConsumerOrder, queue: string): Connection {
    const { all } = this.connections;
    const owners = all.filter(({ consumers }) => consumers.has(queue));
    if (owners.length > 1) {
      throw new InvalidOptionError(
        `AioTaskRegistry.${order}: queue '${queue}' is on connections '${owners.map(({ name }) => name).join("', '")}': ` +
          `name one of them, as in ${order}('${queue}', '${owners[0]?.name}').`,
      );
    }
    // With a single connection, or before anything is known, it says itself what is wrong.
    const owner = owners[0] ?? all.find(({ consumers }) => all.length === 1 || !consumers.isOpen);
    if (owner) return owner;
    const known = all.flatMap(({ consumers }) => consumers.all().map(({ plan }) => plan.queue));
    throw unknownQueue(`AioTaskRegistry.${order}:`, queue, known);
  }
}

function infoOf(connection: string, consumer: QueueConsumer): QueueInfo {
  const { queue, tasks, settings } = consumer.plan;
  const { running, waiting, paused } = consumer.stats();
  const { maxConcurrency } = settings;
  const { consuming } = consumer;
  return {
    queue,
    connection,
    tasks: [...tasks.keys()],
    maxConcurrency,
    consuming,
    paused,
    running,
    waiting,
  };
}
