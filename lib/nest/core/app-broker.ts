import { MemoryBroker } from '../../broker/memory/index.js';
import { RedisBroker } from '../../broker/redis/index.js';
import { TaskQueue, type Broker } from '../../queue/index.js';
import type { ResolvedModuleOptions } from '../module-options.js';
import type { AppLog } from './app-log.js';
import { OutageLog } from './outage-log.js';

/**
 * The broker of one application. One given by the user is opened, but never closed.
 *
 * It is also the seam of the testing kit, and the only one: `lib/testing` overrides this provider.
 */
export class AppBroker {
  readonly broker: Broker;
  private readonly outages: OutageLog;
  private readonly isOurs: boolean;
  private opened = false;

  /** @throws InvalidOptionError, BrokerUnsupportedError for a Redis source that can't be used */
  constructor(options: ResolvedModuleOptions, log: AppLog) {
    this.outages = new OutageLog(log, options.connectTimeout);
    this.isOurs = typeof options.broker === 'string';
    this.broker = this.make(options);
  }

  /** @throws BrokerUnreachableError within the connect time limit; BrokerUnsupportedError */
  async open(): Promise<void> {
    await this.broker.open();
    this.opened = true;
  }

  async close(): Promise<void> {
    this.outages.close();
    if (this.isOurs) await TaskQueue.close(this.broker);
  }

  /** Where the tasks of a queue are submitted. */
  queue(name: string): TaskQueue {
    return TaskQueue.of(this.broker, name);
  }

  private make({ broker, redis, prefix, connectTimeout }: ResolvedModuleOptions): Broker {
    if (typeof broker === 'object') return broker;
    if (broker === 'memory') return new MemoryBroker();
    return new RedisBroker({
      ...(redis === undefined ? {} : { redis }),
      ...(prefix === undefined ? {} : { prefix }),
      connectTimeout,
      // Until it is open, `open` itself tells.
      onError: (error) => this.opened && this.outages.onError(error),
    });
  }
}
