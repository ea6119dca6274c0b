import { nonEmptyString, type Rules } from '../options.js';
import { MemoryBroker } from '../broker/memory/index.js';
import { RedisBroker, redisRule, type RedisSource } from '../broker/redis/index.js';
import { brokerRule, TaskQueue, type Broker } from '../queue/index.js';

/** Where a task's messages are stored. */
export interface BrokerOptions {
  /** `redis` (default), `memory` (embedded: one process, nothing survives it), or a broker of your own, which you close. */
  broker?: 'redis' | 'memory' | Broker;
  /** A URL, ioredis options, an ioredis instance or a Cluster. Default `REDIS_URL`, else `redis://localhost:6379/0`. */
  redis?: RedisSource;
  /** What every key in Redis starts with. Default `nb`. */
  prefix?: string;
}

/** A broker in use; `release` closes it when nobody else uses it. */
export interface BrokerUse {
  readonly broker: Broker;
  release(): Promise<void>;
}

interface Entry {
  readonly broker: Broker;
  users: number;
}

/** Tasks with the same source and prefix share one broker, so a process has two connections, not two a queue. */
const entries = new Map<unknown, Map<string, Entry>>();

/** The rules of `BrokerOptions`. */
export const BROKER_RULES: Rules<BrokerOptions> = {
  broker: brokerRule,
  redis: redisRule,
  prefix: nonEmptyString,
};

/** The options must have been checked. */
export function useBroker(options: BrokerOptions): BrokerUse {
  const { broker = 'redis' } = options;
  if (typeof broker === 'object') return { broker, release: async () => {} };
  const prefix = options.prefix ?? 'nb';
  const source =
    broker === 'memory' ? MemoryBroker : (options.redis ?? process.env['REDIS_URL'] ?? 'default');
  const ofSource = entries.get(source) ?? new Map<string, Entry>();
  const entry = ofSource.get(prefix) ?? { broker: make(broker, options), users: 0 };
  entries.set(source, ofSource.set(prefix, entry));
  entry.users++;
  return { broker: entry.broker, release: () => release(source, prefix, entry) };
}

function make(broker: 'redis' | 'memory', { redis, prefix }: BrokerOptions): Broker {
  if (broker === 'memory') return new MemoryBroker();
  const onError = warnOnce();
  return new RedisBroker({
    ...(redis === undefined ? {} : { redis }),
    ...(prefix === undefined ? {} : { prefix }),
    onError,
  });
}

async function release(source: unknown, prefix: string, entry: Entry): Promise<void> {
  if (--entry.users > 0) return;
  const ofSource = entries.get(source);
  ofSource?.delete(prefix);
  if (ofSource?.size === 0) entries.delete(source);
  await TaskQueue.close(entry.broker);
}

/** An outage is one line, not one for each attempt to reconnect. */
function warnOnce(): (error: Error) => void {
  let last = '';
  return (error) => {
    if (error.message === last) return;
    last = error.message;
    console.error(`Redis: ${error.message}; trying again.`);
  };
}
