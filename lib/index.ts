// The base of all errors, and the ones that any room may raise.
export { InvalidOptionError, NbError, UnknownOptionError } from './errors.js';

// Nest.
export {
  AioTask,
  AioTaskRegistry,
  getPoolToken,
  getTasksToken,
  InjectPool,
  InjectTasks,
  ModuleConflictError,
  NbAioPoolModule,
  PoolUnknownError,
  QueueUnknownError,
  TaskDecoratorError,
  Tasks,
  TaskScopeError,
  TaskUnknownError,
  type AioTaskDecorator,
  type NbAioPoolModuleAsyncOptions,
  type NbAioPoolModuleOptions,
  type NbAioPoolOptionsFactory,
  type QueueInfo,
  type TaskClass,
} from './nest/index.js';

// The pool.
export {
  AdaptiveLimit,
  NbAioPool,
  PoolClosedError,
  PoolFullError,
  PoolFuture,
  TaskCancelledError,
  TaskTimeoutError,
  type AdaptiveLimitOptions,
  type AdaptiveLimitStats,
  type BatchRunOptions,
  type PoolErrorInfo,
  type PoolOptions,
  type PoolStats,
  type ShutdownOptions,
  type SubmitOptions,
  type TaskContext,
  type TaskFunction,
  type TaskSource,
  type TaskState,
  type TaskTerms,
} from './pool/index.js';

// Flow control.
export {
  amap,
  RateLimiter,
  runAll,
  runAny,
  runOnEach,
  type AmapOptions,
  type FlowContext,
  type FlowFunction,
  type FlowLimits,
  type FlowResults,
  type FlowSource,
  type FlowTask,
  type RateClock,
  type RateLimiterOptions,
  type RateLimiterStats,
} from './flow/index.js';

// The executor.
export {
  AsyncPoolExecutor,
  ExecutorCloneError,
  ExecutorClosedError,
  ExecutorFunctionError,
  ExecutorFuture,
  ExecutorModuleError,
  ExecutorThreadDiedError,
  ExecutorTimeoutError,
  type CallState,
  type ExecutorErrorInfo,
  type ExecutorOptions,
  type ExecutorShutdownOptions,
  type ExecutorStats,
  type FunctionArguments,
  type FunctionName,
  type FunctionResult,
  type UntypedModule,
} from './executor/index.js';

// Tasks without Nest.
export {
  aioTask,
  batchConsume,
  type AioTaskOptions,
  type BrokerOptions,
  type ConsumeOptions,
} from './standalone/index.js';
// The class and its interface share a name with nothing else here.
export type { AioTask as AioTaskFunction } from './standalone/index.js';

// Tasks and their messages.
export {
  AioTaskContext,
  BrokerClosedError,
  BrokerRefusedError,
  BrokerUnreachableError,
  BrokerUnsupportedError,
  ConsumerStoppedError,
  describeEvent,
  jsonCodec,
  LeaseLostError,
  MessageClearedError,
  NoResultError,
  PayloadTooLargeError,
  PayloadUnsupportedError,
  ResultTimeoutError,
  SentMessage,
  SubmitTimeoutError,
  SubmitUnknownError,
  TaskConflictError,
  TaskFailedError,
  TaskHandle,
  TaskSchemaError,
  UnrecoverableError,
  v8Codec,
  type ArgumentsIn,
  type ArgumentsOut,
  type CallOptions,
  type Codec,
  type ConsumerEvent,
  type ContextPropagator,
  type CurrentDelivery,
  type MessageHeaders,
  type OnConsumerEvent,
  type QueueOptions,
  type RetryOptions,
  type SchemaIssue,
  type TaskDefaults,
  type TaskOptions,
  type TaskSchema,
} from './queue/index.js';

// Brokers, and the port for one of your own.
export { MemoryBroker, type MemoryBrokerOptions } from './broker/memory/index.js';
export { RedisBroker, type RedisBrokerOptions, type RedisSource } from './broker/redis/index.js';
export type {
  Batch,
  Broker,
  Claim,
  Clock,
  DeadMessage,
  DeadReason,
  DeadRecord,
  DeadSettlement,
  DelayedSettlement,
  Delivery,
  History,
  Lease,
  LeaseOptions,
  NewMessage,
  QueueCounts,
  Settlements,
  StoredEnvelope,
  StoredResult,
} from './queue/index.js';
