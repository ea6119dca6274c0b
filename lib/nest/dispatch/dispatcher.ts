import type { Logger } from '@nestjs/common';
import type { Delivery, RunnableTask } from '../../queue/index.js';
import { configOf, isScoped } from './container.js';
import { ENHANCER_KINDS } from './enhancer-kinds.js';
import {
  boundEnhancers,
  globalNames,
  hasNone,
  haveScoped,
  staticEnhancers,
  type BoundEnhancers,
} from './enhancers.js';
import { Misfits } from './exception-filters.js';
import { Parameters } from './parameters.js';
import { Pipeline } from './pipeline.js';
import { scopedRun } from './scoped-run.js';
import type { TaskHost, TaskSite } from './task-site.js';

type Run = RunnableTask['run'];

/** How the tasks of one application reach their methods. */
export class Dispatcher {
  private readonly misfits: Misfits;

  constructor(
    /** Whether global guards, pipes, interceptors and filters apply to tasks. */
    private readonly globals: boolean,
    private readonly logger: Logger,
  ) {
    this.misfits = new Misfits(logger);
  }

  /**
   * What runs a task. It costs nothing where nothing is bound.
   * @throws TaskEnhancerError for an enhancer that could not run.
   */
  runOf(site: TaskSite): Run {
    const bound = boundEnhancers(site, this.globals);
    if (bound.pipe.length > 0 && Parameters.of(site).areUntyped) this.warnUntyped(site);
    let run: Run | undefined;
    // Chosen with the first call: until then global enhancers may be added.
    return (args, delivery) => (run ??= this.choose(site))(args, delivery);
  }

  /** One line on the global enhancers that the tasks here have, too: they may be made for requests. */
  announce({ host }: TaskSite, whose = 'tasks'): void {
    if (!this.globals) return;
    const config = configOf(host);
    const listed = ENHANCER_KINDS.flatMap((kind) => {
      const names = globalNames(config, kind);
      return names.length === 0 ? [] : [`${kind}s (${names.join(', ')})`];
    });
    if (listed.length === 0) return;
    this.logger.log(
      `Global ${listed.join(', ')} apply to ${whose}, too; globalEnhancers: false leaves them out.`,
    );
  }

  private choose(site: TaskSite): Run {
    const bound = boundEnhancers(site, this.globals);
    const isEachOwn = isScoped(site.wrapper) || haveScoped(bound);
    if (isEachOwn) return this.scoped(site, bound);
    const instance = site.wrapper.instance as TaskHost;
    const { method } = site;
    // Looked up with each call: spies and wrappers put on later are seen.
    if (hasNone(bound)) return (args) => (instance[method] as TaskHost[string])(...args);
    const pipeline = new Pipeline(site, this.misfits);
    const enhancers = staticEnhancers(bound);
    return (args, delivery) => pipeline.run(instance, enhancers, args, delivery);
  }

  private scoped(site: TaskSite, bound: BoundEnhancers): Run {
    const pipeline = hasNone(bound) ? undefined : new Pipeline(site, this.misfits);
    return async (args: readonly unknown[], delivery: Delivery) => {
      const { instance, enhancers } = await scopedRun(site, bound, args, delivery);
      return pipeline
        ? pipeline.run(instance, enhancers, args, delivery)
        : (instance[site.method] as TaskHost[string])(...args);
    };
  }

  private warnUntyped({ description }: TaskSite): void {
    this.logger.warn(
      `${description} has pipes, but they can't see the types of its parameters: compile with "emitDecoratorMetadata".`,
    );
  }
}
