import { Module, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { check, nonEmptyString, plainObject } from '../options.js';
import type { PoolOptions } from '../pool/index.js';
import { checkAsyncOptions, checkedFactory } from './async-options.js';
import { orchestratorProvider } from './consumers/orchestrator.provider.js';
import { coreModule, NbAioPoolCoreModule } from './core/nb-aio-pool-core.module.js';
import { resolveModuleOptions, type NbAioPoolModuleOptions } from './module-options.js';
import { featurePoolAsync, featurePools } from './pools/feature-pools.js';
import { getPoolToken } from './pools/pool-tokens.js';
import { NbAioTasksModule } from './tasks/nb-aio-tasks.module.js';
import type { TaskClass } from './tasks/task-metadata.js';
import { connectionName, DEFAULT_CONNECTION } from './tasks/task-options.js';

/**
 * Options of `NbAioPoolModule.forRootAsync`: `useFactory` with `inject`, or a class with a method `create`
 * (`useClass`, `useExisting`), and the modules that they need (`imports`).
 *
 * @publicApi
 */
export interface NbAioPoolModuleAsyncOptions extends ConfigurableModuleAsyncOptions<NbAioPoolModuleOptions> {
  /** The connection's name, see `NbAioPoolModuleOptions.name`: known before the factory answers. Default `default`. */
  name?: string;
}

/** What `useClass` and `useExisting` name. @publicApi */
export interface NbAioPoolOptionsFactory {
  create(): NbAioPoolModuleOptions | Promise<NbAioPoolModuleOptions>;
}

/**
 * Options of `NbAioPoolModule.registerPoolAsync`: where the pool's options come from, as for `forRootAsync`.
 *
 * @publicApi
 */
export type PoolAsyncOptions = ConfigurableModuleAsyncOptions<PoolOptions>;

/**
 * Pools and tasks for a Nest application. Import `forRoot` (or `forRootAsync`) once, in the root module; then
 * `@InjectPool` and `@InjectTasks` work everywhere, and the `@AioTask` methods of all providers and controllers
 * are consumed. An application with several connections imports it once for each, all but one with a `name`.
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
   * BrokerUnreachableError, BrokerUnsupportedError, TaskConflictError, TaskEnhancerError, TaskUnknownError,
   * PoolUnknownError, PoolConflictError, QueueUnknownError, ConnectionUnknownError, or ModuleConflictError for a
   * second `forRoot` of one name.
   *
   * @example NbAioPoolModule.forRoot({ redis: 'redis://localhost:6379/0', pools: { crawler: { maxConcurrency: 10 } } })
   */
  static forRoot(options: NbAioPoolModuleOptions = {}): DynamicModule {
    const { pools, name } = resolveModuleOptions(options);
    for (const pool of [undefined, ...Object.keys(pools)]) getPoolToken(pool, name);
    return withConsumers(NbAioPoolCoreModule.forRoot(options), name);
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
    checkAsyncOptions(owner, options, { name: connectionName });
    const { name = DEFAULT_CONNECTION, ...rest } = options;
    getPoolToken(undefined, name);
    const made = NbAioPoolCoreModule.forRootAsync(rest);
    return withConsumers({ ...made, providers: checkedFactory(owner, rest, made) }, name);
  }

  /**
   * A pool of a feature module, beside those of `forRoot`: `@InjectPool(name)` finds it everywhere, and it is drained
   * and shut down with them. Names are unique: PoolConflictError when the application starts.
   *
   * @param connection the option `name` of the `forRoot` whose `grace` it shares. Default `default`.
   * @throws UnknownOptionError, InvalidOptionError at once.
   *
   * @example imports: [NbAioPoolModule.registerPool('crawler', { maxConcurrency: 10 })]
   */
  static registerPool(name: string, options: PoolOptions = {}, connection?: string): DynamicModule {
    const owner = 'NbAioPoolModule.registerPool';
    check(owner, "a pool's name", name, nonEmptyString);
    return { module: NbAioPoolModule, ...featurePools(owner, { [name]: options }, connection) };
  }

  /** Several pools, by name. See `registerPool`. */
  static registerPools(pools: Readonly<Record<string, PoolOptions>>, connection?: string): DynamicModule {
    const owner = 'NbAioPoolModule.registerPools';
    check(owner, 'pools', pools, plainObject);
    return { module: NbAioPoolModule, ...featurePools(owner, pools, connection) };
  }

  /**
   * As `registerPool`, with options that other providers know. They are checked alike, when the application starts.
   * What they need must not need the pool: PoolUnknownError when they are not there within the connection's
   * `connectTimeout`.
   *
   * @throws UnknownOptionError, InvalidOptionError for wrong async options, at once.
   */
  static registerPoolAsync(name: string, options: PoolAsyncOptions, connection?: string): DynamicModule {
    const owner = 'NbAioPoolModule.registerPoolAsync';
    check(owner, "a pool's name", name, nonEmptyString);
    checkAsyncOptions(owner, options);
    return { module: NbAioPoolModule, ...featurePoolAsync(owner, name, options, connection) };
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

function withConsumers(configured: DynamicModule, name: string): DynamicModule {
  return {
    module: NbAioPoolModule,
    imports: [coreModule(configured, name)],
    providers: [orchestratorProvider(name)],
  };
}
