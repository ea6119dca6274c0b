import { afterAll, beforeAll } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { RedisBroker } from '../../lib/broker/redis/index.js';
import { type RedisServer, startRedis } from '../redis-server.js';
import { brokerContract } from './contract.js';
import type { ContractEnv } from './contract-kit.js';

let server: RedisServer;
let queues = 0;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.stop());

for (const pages of [false, true]) {
  brokerContract(pages ? 'redis, messages on pages' : 'redis, each message on its own', makeEnv, {
    modelRuns: 10,
    pages,
  });
}

async function makeEnv(): Promise<ContractEnv> {
  const broker = new RedisBroker({ redis: server.url, prefix: 'nb' });
  await broker.open();
  return {
    broker,
    queue: `contract-${queues++}`,
    // The server's clock is this machine's.
    now: Date.now,
    advance: (ms) => wait(ms),
    dispose: () => broker.close(),
  };
}
