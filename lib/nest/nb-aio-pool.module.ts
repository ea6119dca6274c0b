import { Module, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { InvalidOptionError } from '../errors.js';
import { callable, checkOptions, quote, type Rule, type Rules } from '../options.js';
import { orchestratorProvider } from './consumers/orchestrator.provider.js';
import { coreModule, NbAioPoolCoreModule } from './core/nb-aio-pool-core.module.js';
import { resolveModuleOptions, type NbAioPoolModuleOptions } from './module-options.js';
import { NbAioTasksModule } from './tasks/nb-aio-tasks.module.js';
import type { TaskClass } from './tasks/task-metadata.js';

/**
 * Options of `NbAioPoolModule.forRootAsync`: `useFactory` with `inject`, or a class with a method `create`
 * (`useClass`, `useExisting`), and the modules that they need (`imports`).
 *
 * @publicApi
 */
export type NbAioPoolModuleAsyncOptions = ConfigurableModuleAsyncOptions<NbAioPoolModuleOptions>;

/** What `useClass` and `useExisting` name. @publicApi */
export interface NbAioPoolOptionsFactory {
  create(): NbAioPoolModuleOptions | Promise<NbAioPoolModuleOptions>;
}

const list: Rule = (value) => (Array.isArray(value) ? undefined : 'a list');
const ASYNC_RULES: Rules<NbAioPoolModuleAsyncOptions> = {
  imports: list,
  inject: list,
  useFactory: callable,
  useClass: callable,
  useExisting: () => undefined,
  provideInjectionTokensFrom: list,
};

/**
 * Pools and tasks for a Nest application. Import `forRoot` (or `forRootAsync`) once, in the root module; then
 * `@InjectPool` and `@InjectTasks` work everywhere, and the `@AioTask` methods of all providers and controllers
 * are consumed.
 *
 * Consumers start when every module is initialised. At shutdown they drain, at most `grace` ms, before any
 * module is destroyed; pools and the broker close last, so that everybody can submit until then.
 *
 * @publicApi
 */
@Module({})
export class NbAioPoolModule {
  /**
   * @throws UnknownOptionError, InvalidOptionError at once. When the application starts it fails with
   * BrokerUnreachableError, BrokerUnsupportedError, TaskConflictError, TaskScopeError, TaskUnknownError,
   * PoolUnknownError, QueueUnknownError, or ModuleConflictError for a second `forRoot`.
   *
   * @example NbAioPoolModule.forRoot({ redis: 'redis://localhost:6379/0', pools: { crawler: { maxConcurrency: 10 } } })
   */
  static forRoot(options: NbAioPoolModuleOptions = {}): DynamicModule {
    const { pools } = resolveModuleOptions(options);
    return withConsumers(coreModule(NbAioPoolCoreModule.forRoot(options), Object.keys(pools)));
  }

  /**
   * As `forRoot`, with options that other providers know. They are checked alike, when the application starts.
   *
   * @throws UnknownOptionError, InvalidOptionError for wrong async options, at once.
   *
   * @example
   * NbAioPoolModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ redis: config.get<string>('REDIS_URL') }),
   * })
   */
  static forRootAsync(options: NbAioPoolModuleAsyncOptions): DynamicModule {
    const owner = 'NbAioPoolModule.forRootAsync';
    checkOptions(owner, options, ASYNC_RULES);
    if (!(options.useFactory ?? options.useClass ?? options.useExisting)) {
      throw new InvalidOptionError(
        `${owner}: one of 'useFactory', 'useClass' and 'useExisting' must say where the options come from, but there was only ${quote(options)}.`,
      );
    }
    return withConsumers(coreModule(NbAioPoolCoreModule.forRootAsync(options), []));
  }

  /**
   * The tasks of these classes for one module: for classes that are not loaded yet when the application starts
   * (lazy modules). Others need it not. Tasks of providers that are loaded lazily are submitted here, but
   * consumed only by processes that have them from the start.
   *
   * @throws TaskUnknownError for a class without `@AioTask` methods.
   */
  static forTasks(classes: readonly TaskClass[]): DynamicModule {
    return NbAioTasksModule.of(classes);
  }
}

function withConsumers(core: DynamicModule): DynamicModule {
  return { module: NbAioPoolModule, imports: [core], providers: [orchestratorProvider] };
}
