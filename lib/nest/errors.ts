import { NbError } from '../errors.js';

/** `forRoot` or `forRootAsync` was imported twice in one application. */
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

/** A class with tasks is request-scoped or transient, or depends on such a provider: not supported yet. */
export class TaskScopeError extends NbError {
  readonly code = 'NB_TASK_SCOPE';
}

/** `consume` names a queue that no task of the application is on. The message names the near one. */
export class QueueUnknownError extends NbError {
  readonly code = 'NB_QUEUE_UNKNOWN';
}

/** `@InjectPool` asks for a pool that is not configured. The message names those that are. */
export class PoolUnknownError extends NbError {
  readonly code = 'NB_POOL_UNKNOWN';
}
