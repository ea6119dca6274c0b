export { InjectPool } from './pools/inject-pool.decorator.js';
export { getPoolToken } from './pools/pool-tokens.js';
export { AioTaskRegistry, type QueueInfo } from './consumers/task-registry.js';
export { AioExecutionContext, AioTaskRequest, isAioContext, type AioContextType } from './dispatch/index.js';
export {
  ConnectionUnknownError,
  ConsumerControlError,
  ContextTypeError,
  ModuleConflictError,
  PoolConflictError,
  PoolUnknownError,
  QueueUnknownError,
  TaskDecoratorError,
  TaskEnhancerError,
  TaskScopeError,
  TaskUnknownError,
} from './errors.js';
export type { NbAioPoolModuleOptions } from './module-options.js';
export {
  NbAioPoolModule,
  type NbAioPoolModuleAsyncOptions,
  type NbAioPoolOptionsFactory,
  type PoolAsyncOptions,
} from './nb-aio-pool.module.js';
export { AioTask, type AioTaskDecorator } from './tasks/aio-task.decorator.js';
export { getTasksToken, InjectTasks } from './tasks/inject-tasks.decorator.js';
export type { NestTaskOptions } from './tasks/task-options.js';
export type { TaskClass } from './tasks/task-metadata.js';
export { Tasks } from './tasks/tasks.js';
