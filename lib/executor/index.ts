export { AsyncPoolExecutor } from './async-pool-executor.js';
export { ExecutorFuture, type CallState } from './future.js';
export {
  ExecutorCloneError,
  ExecutorClosedError,
  ExecutorFunctionError,
  ExecutorModuleError,
  ExecutorThreadDiedError,
  ExecutorTimeoutError,
} from './errors.js';
export type { ExecutorErrorInfo, ExecutorOptions, ExecutorShutdownOptions } from './options.js';
export type { ExecutorStats } from './stats.js';
export type { FunctionArguments, FunctionName, FunctionResult, UntypedModule } from './module-types.js';
