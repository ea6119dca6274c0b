export * from './broker.js';
export { brokerRule, checkRedisOnly } from './broker-rule.js';
export { systemClock, type Clock } from './clock.js';
export { jsonCodec, v8Codec, type Codec } from './codec.js';
export { AioTaskContext, type CurrentDelivery, type Delivery } from './consumer/delivery.js';
export { describeEvent, type ConsumerEvent, type OnConsumerEvent } from './consumer/events.js';
export type { RunnableTask } from './consumer/execution.js';
export type { ConsumerStats } from './consumer/consumer-stats.js';
export { TaskConsumer } from './consumer/task-consumer.js';
export * from './errors.js';
export type { MessageHeaders } from './headers.js';
export type { ContextPropagator } from './propagation.js';
export type { RetryOptions } from './retry-policy.js';
export type { ArgumentsIn, ArgumentsOut, TaskSchema } from './schema.js';
export { SentMessage, TaskHandle, type CallOptions } from './task-handle.js';
export {
  checkTaskDefaults,
  checkTaskOptions,
  resolveTask,
  type QueueOptions,
  type TaskDefaults,
  type TaskOptions,
  type TaskSettings,
} from './task-options.js';
export { TaskQueue } from './task-queue.js';
