import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { AppConnections } from '../core/app-connections.js';
import type { Connection } from '../core/connection.js';

/** Starts the consumers of a connection when all modules are initialised, and stops them before any is destroyed. */
export class ConsumerOrchestrator implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly connection: Connection,
    private readonly connections: AppConnections,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.connections.starting(this.connection.consumers.startChosen());
  }

  /** In this hook, and awaited: in a later one the providers that running tasks use would be gone. */
  async onModuleDestroy(): Promise<void> {
    // The first of them stops all: what one connection's tasks do may end in another's.
    await this.connections.drain();
  }
}
