import type { QueueConsumers } from '../consumers/queue-consumers.js';
import type { ResolvedModuleOptions } from '../module-options.js';
import type { AppPools } from '../pools/app-pools.js';
import type { AppBroker } from './app-broker.js';
import type { AppLog } from './app-log.js';
import type { GracePeriod } from './grace-period.js';

/** What one `forRoot` stands for: a broker, the pools beside it, and the consumers on it. */
export interface Connection {
  readonly name: string;
  readonly options: ResolvedModuleOptions;
  readonly broker: AppBroker;
  readonly pools: AppPools;
  readonly consumers: QueueConsumers;
  readonly grace: GracePeriod;
  readonly log: AppLog;
}
