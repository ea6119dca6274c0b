import type { FactoryProvider, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AppBroker } from '../core/app-broker.js';
import { GracePeriod } from '../core/grace-period.js';
import { LOGGER } from '../core/tokens.js';
import { AppPools } from '../pools/app-pools.js';
import { ConsumerOrchestrator } from './orchestrator.js';
import { AioTaskRegistry } from './task-registry.js';

export const orchestratorProvider: FactoryProvider<ConsumerOrchestrator> = {
  provide: ConsumerOrchestrator,
  inject: [AppBroker, AioTaskRegistry, AppPools, GracePeriod, LOGGER, ModulesContainer],
  useFactory: (
    { broker }: AppBroker,
    registry: AioTaskRegistry,
    pools: AppPools,
    grace: GracePeriod,
    logger: Logger,
    modules: ModulesContainer,
  ) => {
    startLastAndStopFirst(modules);
    return new ConsumerOrchestrator({ broker, registry, pools, grace, logger });
  },
};

/**
 * Nest calls the hooks of a start from the farthest module to the root, and those of an end the other way round.
 * Nearer than the root, ours start when every module has, and drain before any is destroyed, wherever it was
 * imported.
 */
function startLastAndStopFirst(modules: ModulesContainer): void {
  for (const module of modules.values()) {
    if (module.providers.has(ConsumerOrchestrator)) module.distance = -1;
  }
}
