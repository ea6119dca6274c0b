export { NbAioPool } from './nb-aio-pool.js';
export { PoolFuture, type TaskState } from './future.js';
export { PoolClosedError, PoolFullError, TaskCancelledError } from './errors.js';
export type { PoolErrorInfo, PoolOptions, ShutdownOptions, SubmitOptions } from './options.js';
export type { PoolStats } from './stats.js';
export type { TaskContext, TaskFunction } from './task-context.js';
export type { TaskSource } from './batch.js';
