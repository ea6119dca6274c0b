import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { planConsumers, type ConsumerPlan, type DescribedTask } from '../../queue/consumer/consumer-plan.js';
import { resolveTask, TaskConflictError, type TaskDefaults } from '../../queue/index.js';
import {
  classOf,
  Dispatcher,
  isScoped,
  type NamedClass,
  type TaskSite,
  type Wrapper,
} from '../dispatch/index.js';
import { readTasks, type TaskMethod } from '../tasks/task-metadata.js';
import { connectionOf, DEFAULT_CONNECTION } from '../tasks/task-options.js';

/** How found tasks are to be run. */
export interface ExplorerOptions {
  /** Only the tasks of this connection. Default: all. */
  readonly connection?: string | undefined;
  /** Whether global guards, pipes, interceptors and filters apply to tasks. Default true. */
  readonly globalEnhancers?: boolean | undefined;
  /** Whether consumers start with the application: else its enhancers are announced with the first one. Default true. */
  readonly consumes?: boolean | undefined;
  readonly logger?: Logger | undefined;
}

/** A provider or controller with tasks. */
interface Found {
  readonly wrapper: Wrapper;
  readonly owner: NamedClass;
}

/** Finds the tasks of an application's providers and controllers. Starts nothing. */
export class TaskExplorer {
  private readonly dispatcher: Dispatcher;
  private first: TaskSite | undefined;
  private announced = false;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly defaults: TaskDefaults,
    private readonly options: ExplorerOptions = {},
  ) {
    const { globalEnhancers = true, logger = new Logger('NbAioPool') } = options;
    this.dispatcher = new Dispatcher(globalEnhancers, logger);
  }

  /**
   * What there is to consume, by queue.
   * @throws TaskConflictError when tasks of a queue disagree, or a class with tasks is provided twice.
   * @throws TaskEnhancerError for a guard, pipe, interceptor or filter that could not run.
   */
  explore(): ConsumerPlan[] {
    const sites = this.find()
      .flatMap(sitesOf)
      .filter(({ options }) => this.isOurs(options));
    this.first = sites[0]?.site;
    if (this.options.consumes !== false) this.announce();
    return planConsumers(sites.map((site) => this.describe(site)));
  }

  /** One line, once, on the global enhancers that the tasks have, too: before the first of them runs. */
  announce(): void {
    const { connection = DEFAULT_CONNECTION } = this.options;
    if (!this.first || this.announced) return;
    this.announced = true;
    this.dispatcher.announce(
      this.first,
      connection === DEFAULT_CONNECTION ? 'tasks' : `the tasks of connection '${connection}'`,
    );
  }

  private isOurs(options: TaskMethod['options']): boolean {
    const { connection } = this.options;
    return connection === undefined || connectionOf(options) === connection;
  }

  private find(): Found[] {
    const found = new Map<unknown, Found>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      if (wrapper.isAlias) continue;
      const owner = classOf(wrapper);
      if (!owner || !hasTasks(owner)) continue;
      // A factory may hand out another provider's instance: that one knows the class, and what is bound to it.
      const key = isScoped(wrapper) ? wrapper : (wrapper.instance as unknown);
      if (!found.has(key) || !wrapper.isNotMetatype) found.set(key, { wrapper, owner });
    }
    refuseTwins(found.values());
    return [...found.values()];
  }

  private describe({ site, options }: SiteWithOptions): DescribedTask {
    return {
      description: site.description,
      settings: resolveTask(options, site.method, this.defaults),
      run: this.dispatcher.runOf(site),
    };
  }
}

interface SiteWithOptions {
  readonly site: TaskSite;
  readonly options: TaskMethod['options'];
}

function hasTasks({ prototype }: NamedClass): boolean {
  // Arrow functions have no prototype, and Object's is that of any plain object.
  return prototype !== undefined && prototype !== Object.prototype && readTasks(prototype).length > 0;
}

function sitesOf({ wrapper, owner }: Found): SiteWithOptions[] {
  return readTasks(owner.prototype).map(({ method, options }) => ({
    site: {
      wrapper,
      host: wrapper.host as TaskSite['host'],
      owner,
      method,
      description: `${owner.name}.${method}`,
    },
    options,
  }));
}

/** @throws TaskConflictError for a class that is provided twice: which of the two should run its tasks? */
function refuseTwins(found: Iterable<Found>): void {
  const first = new Map<NamedClass, Wrapper>();
  for (const { wrapper, owner } of found) {
    const twin = first.get(owner);
    if (twin) {
      throw new TaskConflictError(
        `${owner.name} has tasks, but is provided twice, ${placeOf(twin, owner)} and ${placeOf(wrapper, owner)}: ` +
          `provide it in one module, export it there, and import that module; ` +
          `give it a second token with useExisting.`,
      );
    }
    first.set(owner, wrapper);
  }
}

function placeOf({ host, token }: Wrapper, owner: NamedClass): string {
  const name = typeof token === 'function' ? token.name : String(token);
  return `in ${host?.name}${(token as unknown) === owner ? '' : ` as '${name}'`}`;
}
