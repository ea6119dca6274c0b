import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { choosePlans } from '../consumers/choose-plans.js';
import { AioTaskRegistry } from '../consumers/task-registry.js';
import { TaskExplorer } from '../consumers/task-explorer.js';
import { ModuleConflictError } from '../errors.js';
import type { ResolvedModuleOptions } from '../module-options.js';
import { AppPools } from '../pools/app-pools.js';
import { AppBroker } from './app-broker.js';
import { ConfigurableModuleClass } from './configurable.js';
import { machinery, poolProviders, tasksProviders } from './core.providers.js';
import { GracePeriod } from './grace-period.js';
import { OPTIONS } from './tokens.js';

/**
 * The global part: broker, pools and handles. A global module's hooks run first when an application starts and
 * last when it ends: everybody can submit as long as there is somebody.
 */
@Module({ imports: [DiscoveryModule] })
export class NbAioPoolCoreModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationShutdown
{
  /** @throws ModuleConflictError */
  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(TaskExplorer) private readonly explorer: TaskExplorer,
    @Inject(AioTaskRegistry) private readonly registry: AioTaskRegistry,
    @Inject(AppBroker) private readonly broker: AppBroker,
    @Inject(AppPools) private readonly pools: AppPools,
    @Inject(GracePeriod) private readonly grace: GracePeriod,
    @Inject(OPTIONS) private readonly options: ResolvedModuleOptions,
  ) {
    super();
    refuseSecond(modules);
  }

  /** What is wrong with the tasks is said before anything is opened: Nest 11 closes nothing after a failed start. */
  async onModuleInit(): Promise<void> {
    const plans = this.explorer.explore();
    this.registry.register(plans, choosePlans(plans, this.options.consume));
    await this.broker.open();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pools.shutdown(this.grace.allows);
    await this.broker.close();
  }
}

/** @param pools names that are known already. */
export function coreModule(configured: DynamicModule, pools: readonly string[]): DynamicModule {
  const providers = (): NonNullable<DynamicModule['providers']> => [
    ...(configured.providers ?? []),
    ...machinery,
    ...poolProviders(pools),
    ...tasksProviders(),
  ];
  return {
    ...configured,
    global: true,
    // Asked for when Nest scans the modules: by then also the classes are known whose files load after forRoot is called.
    get providers() {
      return providers();
    },
    get exports() {
      return providers().map((each) => (typeof each === 'function' ? each : each.provide));
    },
  };
}

function refuseSecond(modules: ModulesContainer): void {
  const count = [...modules.values()].filter(({ metatype }) => metatype === NbAioPoolCoreModule).length;
  if (count < 2) return;
  throw new ModuleConflictError(
    `NbAioPoolModule.forRoot (or forRootAsync) is imported ${count} times in this application: ` +
      `import it once, in the root module; pools and tasks can be injected everywhere.`,
  );
}
