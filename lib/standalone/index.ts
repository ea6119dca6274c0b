// The base of all errors, and the ones that any room may raise.
export { InvalidOptionError, NbError, UnknownOptionError } from '../errors.js';
export { aioTask, type AioTask, type AioTaskOptions } from './aio-task.js';
export { batchConsume, type ConsumeOptions } from './batch-consume.js';
export type { BrokerOptions } from './broker-registry.js';

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
} from '../queue/index.js';

// Brokers, and the port for one of your own.
export { MemoryBroker, type MemoryBrokerOptions } from '../broker/memory/index.js';
export { RedisBroker, type RedisBrokerOptions, type RedisSource } from '../broker/redis/index.js';
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
} from '../queue/index.js';
