import { Inject } from '@nestjs/common';
import { check, nonEmptyString } from '../../options.js';
import { Askers } from '../askers.js';

const DEFAULT_POOL = 'default';

/** Every pool name asked for in this process, by its token; each application makes providers of them. */
const names = new Map<string, string>();

/** Who injects which pool. */
export const poolAskers = new Askers();

/**
 * Injects one of the module's pools.
 *
 * @param name as in the module's option `pools`. Default `default`, which always exists.
 * @throws InvalidOptionError for an empty name.
 * @throws PoolUnknownError when the application starts, if no pool of that name is configured.
 *
 * @example constructor(@InjectPool('crawler') private readonly crawler: NbAioPool) {}
 *
 * @publicApi
 */
export function InjectPool(name: string = DEFAULT_POOL): PropertyDecorator & ParameterDecorator {
  const token = getPoolToken(name);
  return (target, key, index?) => {
    poolAskers.record(token, target);
    Inject(token)(target, key as string, index as number);
  };
}

/**
 * The token of a pool, for `app.get(getPoolToken('crawler'))` and for factories. Default: of the default pool.
 *
 * @throws InvalidOptionError for an empty name.
 * @publicApi
 */
export function getPoolToken(name: string = DEFAULT_POOL): string {
  check('@InjectPool', "a pool's name", name, nonEmptyString);
  const token = `NbAioPool:${name}`;
  names.set(token, name);
  return token;
}

/** The tokens of all pools that this process may ask for, with their names. */
export function knownPools(): ReadonlyMap<string, string> {
  getPoolToken();
  return names;
}
