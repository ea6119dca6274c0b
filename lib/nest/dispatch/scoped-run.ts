import { ContextIdFactory } from '@nestjs/core';
import type { ContextId } from '@nestjs/core';
import { UnrecoverableError, type Delivery } from '../../queue/index.js';
import { TaskScopeError } from '../errors.js';
import { AioTaskRequest } from './aio-task-request.js';
import { moduleRefOf } from './container.js';
import { scopedEnhancers, type BoundEnhancers, type Enhancers } from './enhancers.js';
import type { TaskHost, TaskSite } from './task-site.js';

/** What one delivery runs on. */
export interface ScopedRun {
  readonly instance: TaskHost;
  readonly enhancers: Enhancers;
}

/**
 * Makes what one delivery needs: its own sub-tree of providers, as Nest makes one for each request. Nothing but the
 * run refers to it, so it goes with the run.
 *
 * @throws TaskScopeError if a constructor or a factory throws.
 */
export async function scopedRun(
  site: TaskSite,
  bound: BoundEnhancers,
  args: readonly unknown[],
  delivery: Delivery,
): Promise<ScopedRun> {
  try {
    const contextId = newContext(site, new AioTaskRequest(delivery, args));
    const { wrapper, host } = site;
    const instance = await moduleRefOf(host).resolve<TaskHost>(wrapper.token, contextId, { strict: true });
    return { instance, enhancers: await scopedEnhancers(bound, contextId) };
  } catch (error) {
    if (error instanceof UnrecoverableError) throw error;
    throw new TaskScopeError(
      `${site.description}: what a delivery needs of its own could not be made: ${textOf(error)}`,
      { cause: error },
    );
  }
}

function newContext({ wrapper, host }: TaskSite, request: AioTaskRequest): ContextId {
  // Durable strategies (ContextIdFactory.apply) choose a parent by the request here, as they do for HTTP.
  const contextId = ContextIdFactory.getByRequest(request as AioTaskRequest & Record<string, unknown>);
  const { payload } = contextId;
  // A durable instance outlives the delivery: it gets the strategy's payload, as for requests, not the first delivery.
  const value = wrapper.isDependencyTreeDurable() ? payload : Object.assign(request, payload);
  moduleRefOf(host).registerRequestByContextId(value, contextId);
  return contextId;
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
