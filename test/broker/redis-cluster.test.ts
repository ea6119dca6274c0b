import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { aioTask, batchConsume, RedisBroker } from '../../lib/standalone/index.js';
import { startRedis, type RedisServer } from '../redis-server.js';
import { until } from '../signals.js';

let server: RedisServer;
let admin: Redis;
let cluster: Cluster;

beforeAll(async () => {
  // One node that holds all slots: what names two of them in a command fails all the same.
  server = await startRedis([
    '--cluster-enabled',
    'yes',
    '--cluster-announce-ip',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ]);
  admin = new Redis(server.url);
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await until(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'));
  cluster = new Cluster([{ host: '127.0.0.1', port: server.port }]);
});

afterAll(async () => {
  cluster.disconnect();
  admin.disconnect();
  await server.stop();
});

describe('on Redis Cluster', () => {
  test('several queues: submits, runs, results, wakes, and lets go', async () => {
    const add = aioTask({ queue: 'one', redis: cluster }, async (x: number, y: number) => x + y);
    const chain = aioTask({ queue: 'two', redis: cluster }, async (x: number) => add.run(x, 1));
    const consuming = batchConsume([add, chain], { handleSignals: false });
    expect(await add.run(1, 2)).toBe(3);
    // Idle in between: woken by tokens, each queue on a connection of its own.
    for (let i = 0; i < 20; i++) expect(await chain.run(i)).toBe(i + 1);
    await add.submitMany(Array.from({ length: 3_000 }, (_, i) => [i, i]));
    await until(async () => (await add.getQueueSize()) === 0);
    await Promise.all([add.close(), chain.close()]);
    await consuming;
    // The user's own connection was duplicated, not taken.
    expect(await cluster.ping()).toBe('PONG');
    await until(async () => !/name=\S|cmd=blpop/.test(await clients()));
  });

  test('a keyPrefix of the cluster is refused', () => {
    const prefixed = new Cluster([{ host: '127.0.0.1', port: server.port }], {
      keyPrefix: 'x:',
      lazyConnect: true,
    });
    expect(() => new RedisBroker({ redis: prefixed })).toThrow("'keyPrefix'");
    prefixed.disconnect();
  });
});

async function clients(): Promise<string> {
  return (await admin.client('LIST')) as string;
}
