export { InjectPool, getPoolToken } from './pools/inject-pool.decorator.js';
export { AioTaskRegistry, type QueueInfo } from './consumers/task-registry.js';
export {
  ModuleConflictError,
  PoolUnknownError,
  QueueUnknownError,
  TaskDecoratorError,
  TaskScopeError,
  TaskUnknownError,
} from './errors.js';
export type { NbAioPoolModuleOptions } from './module-options.js';
export {
  NbAioPoolModule,
  type NbAioPoolModuleAsyncOptions,
  type NbAioPoolOptionsFactory,
} from './nb-aio-pool.module.js';
export { AioTask, type AioTaskDecorator } from './tasks/aio-task.decorator.js';
export { getTasksToken, InjectTasks } from './tasks/inject-tasks.decorator.js';
export type { TaskClass } from './tasks/task-metadata.js';
export { Tasks } from './tasks/tasks.js';
