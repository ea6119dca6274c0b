import { Inject } from '@nestjs/common';
import { injectionPlace } from '../injection-place.js';
import { poolToken, poolAskers } from './pool-tokens.js';

/**
 * Injects a pool of the application: one of the module's option `pools`, or one that `registerPool` added.
 *
 * @param name Default `default`, which always exists.
 * @param connection the option `name` of the pool's `forRoot`. Default `default`.
 * @throws InvalidOptionError for an empty name.
 * @throws PoolUnknownError when the application starts, if no pool of that name is configured.
 * @throws ConnectionUnknownError when the application starts, if it has no such connection.
 *
 * @example constructor(@InjectPool('crawler') private readonly crawler: NbAioPool) {}
 *
 * @publicApi
 */
export function InjectPool(name?: string, connection?: string): PropertyDecorator & ParameterDecorator {
  return (target, key, index?) => {
    const token = poolToken(`@InjectPool in ${injectionPlace(target, key, index)}`, name, connection);
    poolAskers.record(token, target);
    Inject(token)(target, key as string, index as number);
  };
}
