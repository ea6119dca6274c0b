export { NbAioPool } from './nb-aio-pool.js';
export { PoolFuture, type TaskState } from './future.js';
export { PoolClosedError, PoolFullError, TaskCancelledError, TaskTimeoutError } from './errors.js';
export type {
  BatchRunOptions,
  PoolErrorInfo,
  PoolOptions,
  ShutdownOptions,
  SubmitOptions,
  TaskTerms,
} from './options.js';
export type { PoolStats } from './stats.js';
export type { TaskContext, TaskFunction } from './task-context.js';
export type { TaskSource } from './batch.js';
export { AdaptiveLimit, type AdaptiveLimitOptions, type AdaptiveLimitStats } from './adaptive/index.js';
