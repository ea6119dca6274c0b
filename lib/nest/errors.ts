import { NbError } from '../errors.js';

/** Two `forRoot` (or `forRootAsync`) of one name were imported in one application. */
export class ModuleConflictError extends NbError {
  readonly code = 'NB_MODULE_CONFLICT';
}

/** `@AioTask` or `@InjectTasks` is on something that it can't be on. The message says what, and what to write instead. */
export class TaskDecoratorError extends NbError {
  readonly code = 'NB_TASK_DECORATOR';
}

/** Tasks were asked for that do not exist: the class has none, or the method has no `@AioTask`. */
export class TaskUnknownError extends NbError {
  readonly code = 'NB_TASK_UNKNOWN';
}

/**
 * A run failed before its method was called: a request-scoped or transient provider that it needs could not be made.
 * `cause` is what the constructor threw.
 */
export class TaskScopeError extends NbError {
  readonly code = 'NB_TASK_SCOPE';
}

/**
 * A task has a guard, pipe, interceptor or filter that Nest makes no instance of, so that it would never run; or its
 * interceptor answered no observable.
 */
export class TaskEnhancerError extends NbError {
  readonly code = 'NB_TASK_ENHANCER';
}

/** A task's context was taken for a request's, or the other way round. */
export class ContextTypeError extends NbError {
  readonly code = 'NB_CONTEXT_TYPE';
}

/** `consume` names a queue that no task of the application is on. The message names the near one. */
export class QueueUnknownError extends NbError {
  readonly code = 'NB_QUEUE_UNKNOWN';
}

/**
 * `@InjectPool` asks for a pool that is not configured (the message names those that are), or that a `registerPoolAsync`
 * has not made within `connectTimeout`.
 */
export class PoolUnknownError extends NbError {
  readonly code = 'NB_POOL_UNKNOWN';
}

/** A task, a pool or an injection names a connection that no `forRoot` of the application has. The message names the near one. */
export class ConnectionUnknownError extends NbError {
  readonly code = 'NB_CONNECTION_UNKNOWN';
}

/** Two pools of a connection have one name. The message says who has them. */
export class PoolConflictError extends NbError {
  readonly code = 'NB_POOL_CONFLICT';
}

/** `AioTaskRegistry` can't do that to a consumer now: too early, too late, or the queue is not consumed here. */
export class ConsumerControlError extends NbError {
  readonly code = 'NB_CONSUMER_CONTROL';
}
