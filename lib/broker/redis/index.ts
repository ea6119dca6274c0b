export { RedisBroker, type RedisBrokerOptions } from './redis-broker.js';
export { checkSource, redisRule, type RedisSource } from './connection.js';
