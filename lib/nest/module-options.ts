import { checkSource, redisRule, type RedisSource } from '../broker/redis/index.js';
import {
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
  type TaskDefaults,
} from '../queue/index.js';

/**
 * Options of `NbAioPoolModule.forRoot`, and what the factory of `forRootAsync` answers.
 *
 * @publicApi
 */
export interface NbAioPoolModuleOptions {
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
  /** How long the application tries to reach Redis when it starts, in ms; then it fails. Default 5,000, minimum 1. */
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
}

/** Checked, with the gaps filled that the Nest room fills itself; the rest is the brokers' and the pools' to fill. */
export interface ResolvedModuleOptions extends NbAioPoolModuleOptions {
  readonly broker: 'redis' | 'memory' | Broker;
  readonly connectTimeout: number;
  readonly pools: Record<string, PoolOptions>;
  readonly consume: boolean | readonly string[];
  readonly grace: number;
  readonly defaults: TaskDefaults;
}

const OWNER = 'NbAioPoolModule';

const consumeRule: Rule = (value) =>
  typeof value === 'boolean' || (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    ? undefined
    : 'true, false, or a list of queues';

const RULES: Rules<NbAioPoolModuleOptions> = {
  broker: brokerRule,
  redis: redisRule,
  prefix: nonEmptyString,
  connectTimeout: milliseconds(1),
  pools: plainObject,
  consume: consumeRule,
  grace: milliseconds(0),
  defaults: plainObject,
};

/**
 * Checks all options together, wherever they come from.
 * @throws UnknownOptionError, InvalidOptionError
 */
export function resolveModuleOptions(options: NbAioPoolModuleOptions): ResolvedModuleOptions {
  checkOptions(OWNER, options, RULES);
  checkRedisOnly(OWNER, options);
  if (options.redis !== undefined) checkSource(options.redis);
  const { pools = {}, defaults = {} } = options;
  for (const [name, pool] of Object.entries(pools)) {
    check(OWNER, "each name in option 'pools'", name, nonEmptyString);
    checkOptions(`${OWNER}, option 'pools', pool '${name}'`, pool, poolRules);
  }
  checkTaskDefaults(`${OWNER}, option 'defaults'`, defaults);
  return {
    ...options,
    broker: options.broker ?? 'redis',
    connectTimeout: options.connectTimeout ?? 5_000,
    pools,
    consume: options.consume ?? true,
    grace: options.grace ?? 30_000,
    defaults,
  };
}
