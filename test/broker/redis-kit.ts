import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBroker, type RedisBrokerOptions } from '../../lib/broker/redis/index.js';
import { QueueKeys } from '../../lib/broker/redis/keys.js';
import { counts } from '../../lib/broker/redis/scripts.js';
import {
  type ConsumerEvent,
  resolveTask,
  TaskConsumer,
  TaskHandle,
  type TaskOptions,
  TaskQueue,
} from '../../lib/queue/index.js';
import { type RedisServer, startRedis } from '../redis-server.js';
import { until } from '../signals.js';
import { startProxy, type TcpProxy } from '../tcp-proxy.js';
import { Consumer, type ContractEnv } from './contract-kit.js';
import { idsOfEntries } from './entries.js';

/** No wait of these tests takes this long unless something is wrong, however loaded the machine is. */
export const PATIENCE = 15_000;

type Run = (...args: never[]) => unknown;

/** A queue nobody used before, and what it takes to look at it. What a test opens is closed after it. */
export class Lab {
  private readonly closers: (() => unknown)[] = [];

  constructor(
    readonly server: RedisServer,
    /** Straight to the server. */
    readonly raw: Redis,
    readonly queue: string,
  ) {}

  get keys(): QueueKeys {
    return new QueueKeys('nb', this.queue);
  }

  /** Runs after the test, the latest first. */
  onEnd(close: () => unknown): void {
    this.closers.unshift(close);
  }

  async end(): Promise<void> {
    for (const close of this.closers.splice(0)) await close();
  }

  async broker(options: RedisBrokerOptions = {}): Promise<RedisBroker> {
    const broker = new RedisBroker({ redis: this.server.url, ...options });
    this.onEnd(() => broker.close());
    await broker.open();
    return broker;
  }

  async proxy(): Promise<TcpProxy> {
    const proxy = await startProxy(this.server.port);
    this.onEnd(() => proxy.close());
    return proxy;
  }

  /** A consumer that the test drives by hand. */
  driver(broker: RedisBroker, lease = 30_000, maxCrashes = 3): Consumer {
    return new Consumer(this.env(broker), { lease, maxCrashes });
  }

  env(broker: RedisBroker): ContractEnv {
    return {
      broker,
      queue: this.queue,
      now: Date.now,
      advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      dispose: async () => {},
    };
  }

  /** A consumer that runs task `t`. */
  async consume(
    broker: RedisBroker,
    run: Run,
    options: Partial<TaskOptions> = {},
  ): Promise<{ consumer: TaskConsumer; events: ConsumerEvent[] }> {
    const settings = resolveTask({ queue: this.queue, ...options }, 't');
    const events: ConsumerEvent[] = [];
    const consumer = new TaskConsumer(
      settings.queue,
      broker,
      settings.consumer,
      new Map([['t', { settings, run: (args: readonly never[]) => run(...args) }]]),
      (event) => void events.push(event),
    );
    this.onEnd(() => consumer.stop(0));
    await consumer.start();
    return { consumer, events };
  }

  /** The producer's face of task `t`. */
  task(broker: RedisBroker, options: Partial<TaskOptions> = {}): TaskHandle<unknown[], unknown> {
    const settings = resolveTask({ queue: this.queue, ...options }, 't');
    return new TaskHandle<unknown[], unknown>(TaskQueue.of(broker, settings.queue), settings);
  }

  /** Every id that is somewhere in the queue, sorted: ready, suspects, delayed, on loan, being recovered. */
  async stored(): Promise<string[]> {
    const { raw, keys } = this;
    const loans = await raw.keys(`${keys.base}active:*`);
    const recovering = await raw.keys(`${keys.base}recovering:*`);
    const lists = await Promise.all([
      raw.lrange(keys.ready, 0, -1),
      raw.lrange(keys.suspects, 0, -1),
      raw.zrange(keys.delayed, '0', '-1'),
      ...[...loans, ...recovering].map((key) => raw.smembers(key)),
    ]);
    return idsOfEntries(lists.flat()).toSorted();
  }

  /** The ids of what is ready, oldest first. */
  async ready(): Promise<string[]> {
    return idsOfEntries(await this.raw.lrange(this.keys.ready, 0, -1));
  }

  /** Resolves when everything is settled: what is left is dead. */
  async drained(raw = this.raw): Promise<void> {
    await until(async () => {
      const { ready, delayed, onLoan } = await counts(raw, this.keys);
      return ready + delayed + onLoan === 0;
    }, PATIENCE);
  }

  /** As another client of the wire protocol would, or a hostile one. */
  async put(id: string, envelope: string): Promise<void> {
    await this.raw.hset(this.keys.messages, id, envelope);
    await this.raw.rpush(this.keys.ready, id);
  }
}

/** One server for a test file, and a fresh lab for each test. */
export function useLab(args?: string[]): () => Lab {
  let server: RedisServer;
  let raw: Redis;
  let lab: Lab | undefined;
  let labs = 0;
  beforeAll(async () => {
    server = await startRedis(args);
    raw = new Redis(server.url);
    raw.on('error', () => {});
  });
  beforeEach(() => {
    lab = new Lab(server, raw, `lab-${labs++}`);
  });
  afterEach(() => lab?.end());
  afterAll(async () => {
    raw?.disconnect();
    await server?.stop();
  });
  return () => {
    if (!lab) throw new Error('only within a test');
    return lab;
  };
}
