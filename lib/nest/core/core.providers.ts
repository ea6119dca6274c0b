import { Logger, type Provider } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import type { NbAioPool } from '../../pool/index.js';
import { AioTaskRegistry } from '../consumers/task-registry.js';
import { TaskExplorer } from '../consumers/task-explorer.js';
import { PoolUnknownError } from '../errors.js';
import { resolveModuleOptions, type ResolvedModuleOptions } from '../module-options.js';
import { AppPools } from '../pools/app-pools.js';
import { getPoolToken, knownPools, poolAskers } from '../pools/inject-pool.decorator.js';
import { knownTaskClasses, taskAskers } from '../tasks/task-classes.js';
import { noTasks, TaskHandles } from '../tasks/task-handles.js';
import { readTasks, type TaskClass } from '../tasks/task-metadata.js';
import { AppBroker } from './app-broker.js';
import { MODULE_OPTIONS_TOKEN } from './configurable.js';
import { GracePeriod } from './grace-period.js';
import { LOGGER, OPTIONS } from './tokens.js';

/** What every application has one of. */
export const machinery: readonly Provider[] = [
  { provide: LOGGER, useFactory: () => new Logger('NbAioPool') },
  { provide: OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: resolveModuleOptions },
  {
    provide: AppBroker,
    inject: [OPTIONS, LOGGER],
    useFactory: (options: ResolvedModuleOptions, logger: Logger) => new AppBroker(options, logger),
  },
  {
    provide: AppPools,
    inject: [OPTIONS, LOGGER],
    useFactory: ({ pools }: ResolvedModuleOptions, logger: Logger) => new AppPools(pools, logger),
  },
  {
    provide: GracePeriod,
    inject: [OPTIONS],
    useFactory: ({ grace }: ResolvedModuleOptions) => new GracePeriod(grace),
  },
  {
    provide: TaskHandles,
    inject: [AppBroker, OPTIONS],
    useFactory: ({ broker }: AppBroker, { defaults }: ResolvedModuleOptions) =>
      new TaskHandles(broker, defaults),
  },
  {
    provide: TaskExplorer,
    inject: [DiscoveryService, OPTIONS],
    useFactory: (discovery: DiscoveryService, { defaults }: ResolvedModuleOptions) =>
      new TaskExplorer(discovery, defaults),
  },
  AioTaskRegistry,
];

/** A provider for each class whose tasks may be asked for. */
export function tasksProviders(): Provider[] {
  return [...knownTaskClasses()].map(([provide, reference]) => ({
    provide,
    inject: [TaskHandles, ModulesContainer],
    useFactory: (handles: TaskHandles, modules: ModulesContainer): object | undefined => {
      const asker = taskAskers.askedBy(provide, modules);
      // Another application of this process may have asked for it, in vain.
      if (asker === undefined && !resolves(reference)) return undefined;
      const task = reference();
      if (readTasks(task.prototype as object).length === 0) throw noTasks(task, asker);
      return handles.of(task);
    },
  }));
}

/** A provider for each pool that may be asked for, and for those configured. */
export function poolProviders(configured: readonly string[]): Provider[] {
  for (const name of configured) getPoolToken(name);
  return [...knownPools()].map(([provide, name]) => ({
    provide,
    inject: [AppPools, ModulesContainer],
    useFactory: (pools: AppPools, modules: ModulesContainer): NbAioPool | undefined => {
      const pool = pools.find(name);
      const asker = pool ? undefined : poolAskers.askedBy(provide, modules);
      if (asker !== undefined) throw unknownPool(name, asker, pools.names);
      return pool;
    },
  }));
}

function resolves(reference: () => TaskClass): boolean {
  try {
    return readTasks(reference().prototype as object).length > 0;
  } catch {
    return false;
  }
}

function unknownPool(name: string, asker: string, names: readonly string[]): PoolUnknownError {
  return new PoolUnknownError(
    `${asker} asks for pool '${name}', which is not configured: name it in NbAioPoolModule's option 'pools'; ` +
      `the pools are ${names.map((each) => `'${each}'`).join(', ')}.`,
  );
}
