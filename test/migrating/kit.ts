import { jest } from '@jest/globals';
import * as ioredis from 'ioredis';
import { startRedis, type RedisServer } from '../redis-server.js';

/** The servers that the examples name, by port: each is a database of the test's own server. */
const DATABASES: Readonly<Record<number, number>> = { 6379: 0, 6380: 1, 6381: 2 };

let server: RedisServer | undefined;

/** Gives the library that the test imports afterwards a client that finds the test's server, whatever port it is told. */
export function mockRedis(): void {
  class Redis extends ioredis.Redis {
    constructor(source: string | ioredis.RedisOptions, options?: ioredis.RedisOptions) {
      super(redirected(typeof source === 'string' ? { ...options, port: portOf(source) } : source));
    }
  }
  jest.unstable_mockModule('ioredis', () => ({ ...ioredis, Redis }));
}

export async function startServer(): Promise<RedisServer> {
  server = await startRedis();
  return server;
}

/** The keys at what an example takes for the server at `port`. */
export async function keysAt(port: number): Promise<string[]> {
  return ask(port, (client) => client.keys('*'));
}

export async function flush(): Promise<void> {
  await ask(6379, (client) => client.flushall());
}

async function ask<T>(port: number, question: (client: ioredis.Redis) => Promise<T>): Promise<T> {
  const client = new ioredis.Redis(redirected({ port }));
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function redirected(options: ioredis.RedisOptions) {
  const db = DATABASES[options.port ?? 6379];
  if (server === undefined || db === undefined)
    throw new Error(`The test has no server for ${options.port}.`);
  return {
    ...(options as ioredis.RedisOptions & { replyMapping?: 'legacy' }),
    host: '127.0.0.1',
    port: server.port,
    db,
  };
}
