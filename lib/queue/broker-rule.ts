import { InvalidOptionError } from '../errors.js';
import type { Rule } from '../options.js';
import type { Broker } from './broker.js';

/** The option `broker`: one of ours by its name, or a user's own. */
export const brokerRule: Rule = (value) => {
  if (value === 'redis' || value === 'memory') return undefined;
  const { open, close, add, lease } = (value ?? {}) as Partial<Broker>;
  const sound = [open, close, add, lease].every((method) => typeof method === 'function');
  return sound ? undefined : "'redis', 'memory' or a broker";
};

/**
 * What only the Redis engine looks at must not be given with another broker, where it would be ignored.
 * @throws InvalidOptionError
 */
export function checkRedisOnly(
  owner: string,
  { broker = 'redis', redis, prefix }: { broker?: unknown; redis?: unknown; prefix?: unknown },
): void {
  if (broker === 'redis') return;
  // Of the embedded broker each prefix is a world of its own, too.
  const given =
    redis !== undefined ? 'redis' : prefix !== undefined && broker !== 'memory' ? 'prefix' : undefined;
  if (given === undefined) return;
  const other = typeof broker === 'string' ? `'${broker}'` : 'of your own';
  throw new InvalidOptionError(
    `${owner}: option '${given}' is for broker 'redis', but the broker is ${other}: leave one of them out.`,
  );
}
