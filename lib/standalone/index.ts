export { aioTask, type AioTask, type AioTaskOptions } from './aio-task.js';
export { batchConsume, type ConsumeOptions } from './batch-consume.js';
export type { BrokerOptions } from './broker-registry.js';
export * from '../queue/index.js';
export { MemoryBroker } from '../broker/memory/index.js';
export { RedisBroker, type RedisBrokerOptions, type RedisSource } from '../broker/redis/index.js';
