import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModulesContainer } from '@nestjs/core';
import { setImmediate } from 'node:timers/promises';
import { choosePlans } from '../consumers/choose-plans.js';
import { TaskExplorer } from '../consumers/task-explorer.js';
import { ModuleConflictError } from '../errors.js';
import { DEFAULT_CONNECTION } from '../tasks/task-options.js';
import { AppConnections } from './app-connections.js';
import { appModule } from './app.module.js';
import { ConfigurableModuleClass } from './configurable.js';
import type { Connection } from './connection.js';
import { connectionProviders } from './core.providers.js';
import { connectionsOf, recordConnection } from './known-connections.js';
import { refuseUnknownConnections } from './task-connections.js';
import { CONNECTION, connectionToken } from './tokens.js';

/** One connection: its broker, its pools and the plans of its consumers. */
@Module({ imports: [DiscoveryModule, appModule] })
export class NbAioPoolCoreModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown
{
  /** @throws ModuleConflictError */
  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(TaskExplorer) private readonly explorer: TaskExplorer,
    @Inject(CONNECTION) private readonly connection: Connection,
    @Inject(AppConnections) private readonly connections: AppConnections,
  ) {
    super();
    refuseSecond(modules);
    startFirstAndStopLast(modules);
  }

  /** What is wrong with the tasks is said before anything is opened: Nest 11 closes nothing after a failed start. */
  async onModuleInit(): Promise<void> {
    await this.connections.starting(this.start());
  }

  private async start(): Promise<void> {
    refuseUnknownConnections(this.discovery, connectionsOf(this.modules));
    const { broker, consumers, options } = this.connection;
    const plans = this.explorer.explore();
    consumers.register(plans, choosePlans(plans, options.consume));
    await broker.open();
  }

  /** The first of these hooks: all modules are initialised, and consumers may be started by hand. */
  onApplicationBootstrap(): void {
    this.connection.consumers.open();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connections.closePools();
    await this.connection.broker.close();
    // A pool tells a failure at the end of its turn, when nobody has asked for it until then.
    await setImmediate();
    this.connection.log.close();
  }
}

/** A connection as it was configured. It is global: everybody can submit through it. */
export function coreModule(configured: DynamicModule, name = DEFAULT_CONNECTION): DynamicModule {
  recordConnection(name);
  return {
    ...configured,
    global: true,
    providers: [...(configured.providers ?? []), ...connectionProviders(name)],
    exports: [connectionToken(name)],
  };
}

/** A global module's hooks run first at the start and last at the end; ours before and after those of all others. */
function startFirstAndStopLast(modules: ModulesContainer): void {
  for (const module of modules.values()) {
    if (module.metatype === NbAioPoolCoreModule) module.distance = Infinity;
  }
}

function refuseSecond(modules: ModulesContainer): void {
  const names = connectionsOf(modules);
  const name = names.find((each, i) => names.indexOf(each) !== i);
  if (name === undefined) return;
  const count = names.filter((each) => each === name).length;
  const which = name === DEFAULT_CONNECTION ? '' : ` of name '${name}'`;
  throw new ModuleConflictError(
    `NbAioPoolModule.forRoot (or forRootAsync)${which} is imported ${count} times in this application: ` +
      `import it once, in the root module; pools and tasks can be injected everywhere. ` +
      `A second connection needs a name of its own: forRoot({ name: ... }).`,
  );
}
