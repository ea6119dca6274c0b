import type { ArgumentsHost, ExecutionContext, Type } from '@nestjs/common';
import type { CurrentDelivery } from '../../queue/index.js';
import { ContextTypeError } from '../errors.js';

/** What `getType()` answers in the guards, interceptors and filters of a task. @publicApi */
export type AioContextType = 'aio';

type Switch<K extends 'switchToHttp' | 'switchToRpc' | 'switchToWs'> = ReturnType<ArgumentsHost[K]>;

/**
 * What guards, interceptors and exception filters see of a task: `getType()` is `'aio'`, `getArgs()` are the
 * task's arguments before any pipe, after its `schema` if it has one, `getClass()` and `getHandler()` the class and its
 * method. Mirrors `GqlExecutionContext` of @nestjs/graphql.
 *
 * @example
 * canActivate(context: ExecutionContext): boolean {
 *   if (isAioContext(context)) return this.tenants.has(context.getTaskContext().headers.tenant);
 *   return this.check(context.switchToHttp().getRequest());
 * }
 *
 * @publicApi
 */
export class AioExecutionContext implements ExecutionContext {
  /** @internal */
  constructor(
    private readonly args: readonly unknown[],
    private readonly type: Type<unknown>,
    private readonly handler: (...args: readonly never[]) => unknown,
    private readonly delivery: CurrentDelivery,
    private readonly description: string,
  ) {}

  /**
   * The same context, typed as a task's.
   * @throws ContextTypeError for one of an HTTP request or another kind.
   */
  static create(context: ArgumentsHost): AioExecutionContext {
    if (isAioContext(context)) return context;
    throw new ContextTypeError(
      `AioExecutionContext.create was given a context of type '${context.getType()}', which is not of a task: ` +
        `ask isAioContext(context) first.`,
    );
  }

  /** The running delivery: `id`, `queue`, `task`, `headers`, `attempt` and `signal`. */
  getTaskContext(): CurrentDelivery {
    return this.delivery;
  }

  // The type parameters are those of Nest's interface: the caller says what it expects.
  // oxlint-disable typescript/no-unnecessary-type-parameters
  getType<T extends string = AioContextType>(): T {
    return 'aio' as T;
  }

  getClass<T = unknown>(): Type<T> {
    return this.type as Type<T>;
  }

  getHandler(): (...args: readonly never[]) => unknown {
    return this.handler;
  }

  getArgs<T extends unknown[] = unknown[]>(): T {
    return this.args as T;
  }

  getArgByIndex<T = unknown>(index: number): T {
    return this.args[index] as T;
  }
  // oxlint-enable typescript/no-unnecessary-type-parameters

  /** Throws ContextTypeError when it is asked for something: a task has no request. */
  switchToHttp(): Switch<'switchToHttp'> {
    const none = this.refuse('HTTP request', 'switchToHttp');
    return { getRequest: none, getResponse: none, getNext: none };
  }

  /** Throws ContextTypeError when it is asked for something: a task is no remote call. */
  switchToRpc(): Switch<'switchToRpc'> {
    const none = this.refuse('microservice message', 'switchToRpc');
    return { getData: none, getContext: none };
  }

  /** Throws ContextTypeError when it is asked for something: a task has no socket. */
  switchToWs(): Switch<'switchToWs'> {
    const none = this.refuse('WebSocket', 'switchToWs');
    return { getClient: none, getData: none, getPattern: none };
  }

  /** Only when something is asked for: many switch first and look at the type then. */
  private refuse(what: string, method: string): () => never {
    return () => {
      throw new ContextTypeError(
        `${this.description} is a task and has no ${what}: ask isAioContext(context) before ` +
          `${method}(), or leave global enhancers out of tasks with NbAioPoolModule's option globalEnhancers: false.`,
      );
    };
  }
}

/**
 * Whether a guard, interceptor or filter was called for a task, rather than for a request.
 *
 * @publicApi
 */
export function isAioContext(context: ArgumentsHost): context is AioExecutionContext {
  return context instanceof AioExecutionContext;
}
