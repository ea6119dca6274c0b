import type { InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/**
 * Which classes ask for a token. Decorators fill it while classes are defined: metadata, shared by all
 * applications of the process. So whether *this* application asks is a question to its modules.
 */
export class Askers {
  private readonly classes = new Map<InjectionToken, Set<object>>();

  /** Notes `target` (the class, or its prototype for a property) as one who injects `token`. */
  record(token: InjectionToken, target: object): void {
    const asker = typeof target === 'function' ? target : target.constructor;
    this.classes.set(token, (this.classes.get(token) ?? new Set()).add(asker));
  }

  /** The name of one who asks for `token` in the application of these modules, if somebody does. */
  askedBy(token: InjectionToken, modules: ModulesContainer): string | undefined {
    const askers = this.classes.get(token);
    for (const module of modules.values()) {
      for (const collection of [module.providers, module.controllers, module.injectables]) {
        for (const { metatype, inject, name } of collection.values()) {
          if (askers && inherits(metatype, askers)) return (metatype as { name: string }).name;
          if (inject?.includes(token)) return `the factory of ${String(name)}`;
        }
      }
    }
    return undefined;
  }
}

/** A subclass inherits its parent's constructor, and so what that asks for. */
function inherits(metatype: unknown, askers: ReadonlySet<object>): boolean {
  for (let each = metatype; typeof each === 'function'; each = Object.getPrototypeOf(each) as unknown) {
    if (askers.has(each)) return true;
  }
  return false;
}
