import type { Rule } from '../options.js';
import type { Broker } from './broker.js';

/** The option `broker`: one of ours by its name, or a user's own. */
export const brokerRule: Rule = (value) => {
  if (value === 'redis' || value === 'memory') return undefined;
  const { open, close, add, lease } = (value ?? {}) as Partial<Broker>;
  const sound = [open, close, add, lease].every((method) => typeof method === 'function');
  return sound ? undefined : "'redis', 'memory' or a broker";
};
