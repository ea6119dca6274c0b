import type { DiscoveryService } from '@nestjs/core';
import { readTasks } from '../tasks/task-metadata.js';
import { connectionOf } from '../tasks/task-options.js';
import { unknownConnection } from './known-connections.js';

/**
 * A task on a connection that does not exist would never run, and nobody would say so.
 * @throws ConnectionUnknownError for a task of a provider or controller
 */
export function refuseUnknownConnections(discovery: DiscoveryService, known: readonly string[]): void {
  for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const prototype = wrapper.isAlias ? undefined : prototypeOf(wrapper);
    if (prototype === undefined) continue;
    for (const { method, options } of readTasks(prototype)) {
      const name = connectionOf(options);
      if (known.includes(name)) continue;
      throw unknownConnection(`@AioTask on ${prototype.constructor.name}.${method} names`, name, known);
    }
  }
}

/** Of the instance, which a factory may have made, else (in other scopes than the default) of the class. */
function prototypeOf(wrapper: ReturnType<DiscoveryService['getProviders']>[number]): object | undefined {
  const instance = wrapper.instance as unknown;
  const found: unknown =
    typeof instance === 'object' && instance !== null
      ? Object.getPrototypeOf(instance)
      : (wrapper.metatype as { prototype?: unknown } | null)?.prototype;
  return typeof found === 'object' && found !== null && found !== Object.prototype ? found : undefined;
}
