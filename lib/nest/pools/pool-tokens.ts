import { check, nonEmptyString } from '../../options.js';
import { Askers } from '../askers.js';
import { connectionName, DEFAULT_CONNECTION } from '../tasks/task-options.js';

export const DEFAULT_POOL = 'default';

/** Which pool a token stands for. */
export interface PoolAddress {
  readonly name: string;
  readonly connection: string;
}

/** Every pool asked for in this process, by its token; each application makes providers of them. */
const addresses = new Map<string, PoolAddress>();

/** Who injects which pool. */
export const poolAskers = new Askers();

/**
 * The token of a pool, for `app.get(getPoolToken('crawler'))` and for factories. Default: of the default pool.
 *
 * Pools that only the factory of `forRootAsync` names are not known when Nest collects the providers. `app.get` finds
 * one that is injected somewhere, or whose token was made before the application: `const CRAWLER = getPoolToken('crawler')`
 * at the top of a file.
 *
 * @param connection the option `name` of the pool's `forRoot`. Default `default`.
 * @throws InvalidOptionError for an empty name.
 * @publicApi
 */
export function getPoolToken(name?: string, connection?: string): string {
  return poolToken('getPoolToken', name, connection);
}

/** @param owner starts messages. @throws InvalidOptionError */
export function poolToken(
  owner: string,
  name: string = DEFAULT_POOL,
  connection: string = DEFAULT_CONNECTION,
): string {
  check(owner, "a pool's name", name, nonEmptyString);
  check(owner, "a connection's name", connection, connectionName);
  const at = connection === DEFAULT_CONNECTION ? '' : `@${connection}`;
  const token = `NbAioPool${at}:${name}`;
  addresses.set(token, { name, connection });
  return token;
}

/** The tokens of all pools that this process may ask for. */
export function knownPools(): ReadonlyMap<string, PoolAddress> {
  return addresses;
}

/** Under which a feature module keeps a pool of its own; the pool's token is an alias there. */
export function featureToken(token: string): string {
  return `${token}:registered`;
}
