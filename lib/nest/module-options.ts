import { checkSource, redisRule, type RedisSource } from '../broker/redis/index.js';
import { InvalidOptionError } from '../errors.js';
import {
  boolean,
  check,
  checkOptions,
  milliseconds,
  nonEmptyString,
  plainObject,
  type Rule,
  type Rules,
} from '../options.js';
import type { PoolOptions } from '../pool/index.js';
import { poolRules } from '../pool/options.js';
import {
  brokerRule,
  checkRedisOnly,
  checkTaskDefaults,
  type Broker,
  type ContextPropagator,
  type TaskDefaults,
} from '../queue/index.js';
import { TASK_RULES } from '../queue/task-options.js';
import { connectionName, DEFAULT_CONNECTION } from './tasks/task-options.js';

/**
 * Options of `NbAioPoolModule.forRoot`, and what the factory of `forRootAsync` answers.
 *
 * @publicApi
 */
export interface NbAioPoolModuleOptions {
  /**
   * The connection's name, for applications with several: `@AioTask({ queue, connection: 'eu' })`,
   * `@InjectPool('crawler', 'eu')`. With `forRootAsync` it stands beside `useFactory`. 1 to 100 letters, digits, `_`,
   * `-` and `.`. Default `default`.
   */
  name?: string;
  /**
   * Where messages are stored: `redis`, `memory` (embedded: one process, nothing survives it), or a broker of
   * your own, which the module opens and you close. Default `redis`.
   */
  broker?: 'redis' | 'memory' | Broker;
  /**
   * A URL, ioredis options, or an ioredis instance or Cluster, which is duplicated and never closed.
   * Default `REDIS_URL`, else `redis://localhost:6379/0`. Not used with another broker.
   */
  redis?: RedisSource;
  /** What every key in Redis starts with; not empty. Default `nb`. */
  prefix?: string;
  /**
   * How long the application tries to reach Redis when it starts, in ms; then it fails. As long it waits for a pool of
   * `registerPoolAsync`, from when all but the pool's own options is made. Default 5,000, minimum 1.
   */
  connectTimeout?: number;
  /** The pools for `@InjectPool(name)`, by name. `default` always exists, with the options given here if any. */
  pools?: Record<string, PoolOptions>;
  /**
   * Which queues this process consumes: those of all its tasks (`true`), none (`false`: it only submits), or
   * a list of queues. Default true.
   */
  consume?: boolean | readonly string[];
  /**
   * How long a shutdown waits for running tasks, in ms, counted from its start (consumed tasks and pools
   * share it). What still runs then sees its signal aborted, and its message is given back. Default 30,000,
   * minimum 0.
   */
  grace?: number;
  /** Options for all tasks that do not set them themselves. */
  defaults?: TaskDefaults;
  /**
   * What carries the caller's context to where a task runs, as headers: for all tasks of the connection that have no
   * list of their own. Restored from the first inwards. Default: none.
   */
  propagators?: readonly ContextPropagator[];
  /**
   * Whether the application's global guards, pipes, interceptors and filters apply to the tasks of this connection;
   * those on classes and methods always do. Default true.
   */
  globalEnhancers?: boolean;
}

/** Checked, with the gaps filled that the Nest room fills itself; the rest is the brokers' and the pools' to fill. */
export interface ResolvedModuleOptions extends NbAioPoolModuleOptions {
  readonly name: string;
  readonly broker: 'redis' | 'memory' | Broker;
  readonly connectTimeout: number;
  readonly pools: Record<string, PoolOptions>;
  readonly consume: boolean | readonly string[];
  readonly grace: number;
  /** With the module's propagators. */
  readonly defaults: TaskDefaults;
  readonly globalEnhancers: boolean;
}

const OWNER = 'NbAioPoolModule';

const consumeRule: Rule = (value) =>
  typeof value === 'boolean' || (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    ? undefined
    : 'true, false, or a list of queues';

const RULES: Rules<NbAioPoolModuleOptions> = {
  name: connectionName,
  broker: brokerRule,
  redis: redisRule,
  prefix: nonEmptyString,
  connectTimeout: milliseconds(1),
  pools: plainObject,
  consume: consumeRule,
  grace: milliseconds(0),
  defaults: plainObject,
  propagators: TASK_RULES.propagators,
  globalEnhancers: boolean,
};

/**
 * Checks all options together, wherever they come from.
 *
 * @param name of the connection, where it stands outside of the options.
 * @throws UnknownOptionError, InvalidOptionError
 */
export function resolveModuleOptions(options: NbAioPoolModuleOptions, name?: string): ResolvedModuleOptions {
  checkOptions(OWNER, options, RULES);
  checkRedisOnly(OWNER, options);
  if (options.redis !== undefined) checkSource(options.redis);
  const { pools = {}, defaults = {} } = options;
  for (const [pool, poolOptions] of Object.entries(pools)) checkPool(OWNER, pool, poolOptions);
  checkTaskDefaults(`${OWNER}, option 'defaults'`, defaults);
  return {
    ...options,
    name: soleName(options.name, name),
    broker: options.broker ?? 'redis',
    connectTimeout: options.connectTimeout ?? 5_000,
    pools,
    consume: options.consume ?? true,
    grace: options.grace ?? 30_000,
    defaults: withPropagators(defaults, options.propagators),
    globalEnhancers: options.globalEnhancers ?? true,
  };
}

/** @throws UnknownOptionError, InvalidOptionError */
export function checkPool(owner: string, name: string, options: PoolOptions): void {
  check(owner, "each name in option 'pools'", name, nonEmptyString);
  if ((options as PoolOptions | undefined)?.signals !== undefined) {
    throw new InvalidOptionError(
      `${owner}, option 'pools', pool '${name}': option 'signals' is for pools outside of Nest; ` +
        `app.enableShutdownHooks() ends the pools of an application.`,
    );
  }
  checkOptions(`${owner}, option 'pools', pool '${name}'`, options, poolRules);
}

/** Tokens carry the name, and are made before a factory answers: so it can't say another. */
function soleName(own: string | undefined, outer: string | undefined): string {
  if (own !== undefined && outer !== undefined && own !== outer) {
    throw new InvalidOptionError(
      `${OWNER}: the options of forRootAsync say name '${own}', but the module is imported as '${outer}': ` +
        `write name: '${own}' beside useFactory, useClass or useExisting.`,
    );
  }
  return outer ?? own ?? DEFAULT_CONNECTION;
}

function withPropagators(
  defaults: TaskDefaults,
  propagators: readonly ContextPropagator[] | undefined,
): TaskDefaults {
  if (propagators === undefined) return defaults;
  if (defaults.propagators !== undefined) {
    throw new InvalidOptionError(
      `${OWNER}: 'propagators' is given twice, also in option 'defaults': leave one of them out.`,
    );
  }
  return { ...defaults, propagators };
}
