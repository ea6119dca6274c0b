import type { Type } from '@nestjs/common';
import type { Delivery } from '../../queue/index.js';
import { AioExecutionContext } from './aio-execution-context.js';
import { transform } from './argument-pipes.js';
import type { Enhancers } from './enhancers.js';
import { filtered, type Misfits } from './exception-filters.js';
import { finalFailure, type Verdict } from './final-failure.js';
import { admit } from './guards.js';
import { intercept } from './interceptors.js';
import { Parameters } from './parameters.js';
import { handlerOf, type TaskHost, type TaskSite } from './task-site.js';

/** Guards -> interceptors -> pipes -> method, and filters for what fails: Nest's order for a request. */
export class Pipeline {
  private readonly parameters: Parameters;

  constructor(
    private readonly site: TaskSite,
    private readonly misfits: Misfits,
  ) {
    this.parameters = Parameters.of(site);
  }

  /** Rejects with what the run fails with. */
  async run(
    instance: TaskHost,
    { guards, interceptors, pipes, filters }: Enhancers,
    args: readonly unknown[],
    delivery: Delivery,
  ): Promise<unknown> {
    // A copy for each: one that changes its arguments changes them for those after it, not for other runs.
    const context = this.contextOf([...args], delivery);
    let verdict: Verdict | undefined;
    const call = async (): Promise<unknown> => {
      verdict = undefined;
      const values = await transform(pipes, this.parameters, context.getArgs(), (by, value) => {
        verdict = { kind: 'invalid', by, value };
      });
      return (instance[this.site.method] as TaskHost[string])(...values);
    };
    try {
      await admit(guards, context, (by) => {
        verdict = { kind: 'refused', by };
      });
      return await intercept(interceptors, context, call, this.site.description);
    } catch (error) {
      const failure = await filtered(filters, context, error, this.misfits);
      throw verdict ? finalFailure(this.site.description, verdict, error, failure) : failure;
    }
  }

  private contextOf(args: readonly unknown[], delivery: Delivery): AioExecutionContext {
    const { owner, description } = this.site;
    return new AioExecutionContext(args, owner as Type<unknown>, handlerOf(this.site), delivery, description);
  }
}
