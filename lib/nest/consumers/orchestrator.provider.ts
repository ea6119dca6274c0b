import type { FactoryProvider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AppConnections } from '../core/app-connections.js';
import type { Connection } from '../core/connection.js';
import { connectionToken } from '../core/tokens.js';
import { ConsumerOrchestrator } from './orchestrator.js';

/** @param name of the connection. */
export function orchestratorProvider(name: string): FactoryProvider<ConsumerOrchestrator> {
  return {
    provide: ConsumerOrchestrator,
    inject: [connectionToken(name), AppConnections, ModulesContainer],
    useFactory: (connection: Connection, connections: AppConnections, modules: ModulesContainer) => {
      startLastAndStopFirst(modules);
      return new ConsumerOrchestrator(connection, connections);
    },
  };
}

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
