export { RedisBroker, type RedisBrokerOptions } from './redis-broker.js';
export { checkSource, type RedisSource } from './connection.js';
