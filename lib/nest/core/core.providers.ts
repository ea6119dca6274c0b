import { Logger, type Provider } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { QueueConsumers } from '../consumers/queue-consumers.js';
import { TaskExplorer } from '../consumers/task-explorer.js';
import {
  resolveModuleOptions,
  type NbAioPoolModuleOptions,
  type ResolvedModuleOptions,
} from '../module-options.js';
import { AppPools } from '../pools/app-pools.js';
import { DEFAULT_CONNECTION } from '../tasks/task-options.js';
import { AppBroker } from './app-broker.js';
import { AppConnections } from './app-connections.js';
import { AppLog } from './app-log.js';
import { MODULE_OPTIONS_TOKEN } from './configurable.js';
import type { Connection } from './connection.js';
import { GracePeriod } from './grace-period.js';
import { CONNECTION, connectionToken, LOGGER, NAME, OPTIONS } from './tokens.js';

/** What every connection has one of. */
export const machinery: readonly Provider[] = [
  {
    provide: LOGGER,
    inject: [NAME],
    useFactory: (name: string) =>
      new Logger(name === DEFAULT_CONNECTION ? 'NbAioPool' : `NbAioPool(${name})`),
  },
  {
    provide: OPTIONS,
    inject: [MODULE_OPTIONS_TOKEN, NAME],
    useFactory: (options: NbAioPoolModuleOptions, name: string) => resolveModuleOptions(options, name),
  },
  {
    provide: AppLog,
    inject: [LOGGER],
    useFactory: (logger: Logger) => new AppLog(logger),
  },
  {
    provide: AppBroker,
    inject: [OPTIONS, AppLog],
    useFactory: (options: ResolvedModuleOptions, log: AppLog) => new AppBroker(options, log),
  },
  {
    provide: AppPools,
    inject: [OPTIONS, AppLog],
    useFactory: ({ pools }: ResolvedModuleOptions, log: AppLog) => new AppPools(pools, log),
  },
  {
    provide: GracePeriod,
    inject: [OPTIONS],
    useFactory: ({ grace }: ResolvedModuleOptions) => new GracePeriod(grace),
  },
  {
    provide: QueueConsumers,
    inject: [AppBroker, OPTIONS, AppLog, TaskExplorer],
    useFactory: (
      { broker }: AppBroker,
      { grace }: ResolvedModuleOptions,
      log: AppLog,
      explorer: TaskExplorer,
    ) => new QueueConsumers({ broker, grace, log, explorer }),
  },
  {
    provide: TaskExplorer,
    inject: [DiscoveryService, OPTIONS, LOGGER],
    useFactory: (discovery: DiscoveryService, options: ResolvedModuleOptions, logger: Logger) =>
      new TaskExplorer(discovery, options.defaults, {
        connection: options.name,
        globalEnhancers: options.globalEnhancers,
        consumes: options.consume !== false,
        logger,
      }),
  },
  {
    provide: CONNECTION,
    inject: [NAME, OPTIONS, AppBroker, AppPools, QueueConsumers, GracePeriod, AppLog, AppConnections],
    useFactory: makeConnection,
  },
];

/** What makes a connection of that name, and the token under which the other modules find it. */
export function connectionProviders(name: string): Provider[] {
  return [
    ...machinery,
    { provide: NAME, useValue: name },
    { provide: connectionToken(name), useExisting: CONNECTION },
  ];
}

function makeConnection(
  name: string,
  options: ResolvedModuleOptions,
  broker: AppBroker,
  pools: AppPools,
  consumers: QueueConsumers,
  grace: GracePeriod,
  log: AppLog,
  connections: AppConnections,
): Connection {
  const connection = { name, options, broker, pools, consumers, grace, log };
  connections.add(connection);
  return connection;
}
