import { ApplicationConfig, ModuleRef, type DiscoveryService } from '@nestjs/core';

/** A provider or controller as Nest keeps it. */
export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A module as Nest keeps it. */
export type HostModule = NonNullable<Wrapper['host']>;

/** Each module has these two of its own. */
export function moduleRefOf(host: HostModule): ModuleRef {
  return host.providers.get(ModuleRef)?.instance as ModuleRef;
}

export function configOf(host: HostModule): ApplicationConfig {
  return host.providers.get(ApplicationConfig)?.instance as ApplicationConfig;
}

/** Whether each delivery gets an instance of its own. */
export function isScoped(wrapper: Wrapper): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic();
}

/** The class whose instance it is. A factory may answer one of any class. */
export function classOf(wrapper: Wrapper): NamedClass | undefined {
  if (!wrapper.isNotMetatype) return wrapper.metatype as NamedClass;
  const instance = wrapper.instance as unknown;
  if (typeof instance !== 'object' || instance === null) return undefined;
  const prototype = Object.getPrototypeOf(instance) as { constructor?: unknown } | null;
  return typeof prototype?.constructor === 'function' ? prototype.constructor : undefined;
}

export interface NamedClass {
  readonly name: string;
  readonly prototype: object;
}
