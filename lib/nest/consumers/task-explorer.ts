import type { DiscoveryService } from '@nestjs/core';
import { planConsumers, type ConsumerPlan, type DescribedTask } from '../../queue/consumer/consumer-plan.js';
import { resolveTask, TaskConflictError, type TaskDefaults } from '../../queue/index.js';
import { TaskScopeError } from '../errors.js';
import { readTasks, type TaskMethod } from '../tasks/task-metadata.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Instance = Record<string, (...args: never[]) => unknown>;

/** Finds the tasks of an application's providers and controllers. Starts nothing. */
export class TaskExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly defaults: TaskDefaults,
  ) {}

  /**
   * What there is to consume, by queue.
   * @throws TaskScopeError for a class with tasks that is not a singleton.
   * @throws TaskConflictError when tasks of a queue disagree, or a class with tasks has two instances.
   */
  explore(): ConsumerPlan[] {
    const found = new Map<object, Wrapper>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      if (wrapper.isAlias) continue;
      refuseScoped(wrapper);
      const instance = wrapper.instance as unknown;
      // Also a factory may hand out another provider's instance.
      if (isObject(instance) && tasksOf(instance).length > 0)
        found.set(instance, found.get(instance) ?? wrapper);
    }
    refuseTwins(found);
    return planConsumers([...found.keys()].flatMap((instance) => this.describe(instance as Instance)));
  }

  private describe(instance: Instance): DescribedTask[] {
    return tasksOf(instance).map(({ method, options }) => ({
      description: `${instance.constructor.name}.${method}`,
      settings: resolveTask(options, method, this.defaults),
      // Looked up with each call: spies and wrappers put on later are seen.
      run: (args) => instance[method]!(...args),
    }));
  }
}

function tasksOf(instance: object): TaskMethod[] {
  const prototype = Object.getPrototypeOf(instance) as object | null;
  return prototype === null || prototype === Object.prototype ? [] : readTasks(prototype);
}

/** @throws TaskScopeError */
function refuseScoped(wrapper: Wrapper): void {
  if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) return;
  const prototype = (wrapper.metatype as { prototype?: unknown } | null)?.prototype;
  const [first] = isObject(prototype) ? readTasks(prototype) : [];
  if (!first) return;
  const scope = wrapper.isTransient ? 'transient' : 'request-scoped, or depends on a provider that is';
  throw new TaskScopeError(
    `${wrapper.metatype?.name}.${first.method} is a task, but its class is ${scope}, which is not supported yet: ` +
      `make it a singleton (scope DEFAULT), and inject what varies through ModuleRef.`,
  );
}

/** @throws TaskConflictError for two instances of one class: which of them should run its tasks? */
function refuseTwins(found: ReadonlyMap<object, Wrapper>): void {
  const first = new Map<unknown, Wrapper>();
  for (const [instance, wrapper] of found) {
    const twin = first.get(instance.constructor);
    if (twin) {
      throw new TaskConflictError(
        `${instance.constructor.name} has tasks, but is provided twice, in ${twin.host?.name} and in ${wrapper.host?.name}: ` +
          `provide it in one module, export it there, and import that module.`,
      );
    }
    first.set(instance.constructor, wrapper);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
