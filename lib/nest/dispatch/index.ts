export { AioExecutionContext, isAioContext, type AioContextType } from './aio-execution-context.js';
export { AioTaskRequest } from './aio-task-request.js';
export { classOf, isScoped, type NamedClass, type Wrapper } from './container.js';
export { Dispatcher } from './dispatcher.js';
export type { TaskSite } from './task-site.js';
