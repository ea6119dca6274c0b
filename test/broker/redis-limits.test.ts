import { describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { createServer, type AddressInfo } from 'node:net';
import { RedisBroker } from '../../lib/broker/redis/index.js';
import type { Broker, NewMessage } from '../../lib/queue/broker.js';
import {
  BrokerClosedError,
  BrokerRefusedError,
  BrokerUnreachableError,
  BrokerUnsupportedError,
  SubmitUnknownError,
  TaskFailedError,
} from '../../lib/queue/errors.js';
import { freePort, startRedis } from '../redis-server.js';
import { deferred, until } from '../signals.js';
import { idsOf, message, messages } from './contract-kit.js';
import { PATIENCE, useLab } from './redis-kit.js';

const lab = useLab();

/** Leaves no memory for what is new, until the test ends. */
async function exhaustMemory(): Promise<void> {
  lab().onEnd(restoreMemory);
  await lab().raw.config('SET', 'maxmemory-policy', 'noeviction');
  await lab().raw.config('SET', 'maxmemory', '1');
}

async function restoreMemory(): Promise<void> {
  await lab().raw.config('SET', 'maxmemory', '0');
}

describe('out of memory', () => {
  it('submits are refused and store nothing; when there is memory again they work', async () => {
    const { raw, keys } = lab();
    const task = lab().task(await lab().broker());
    const first = await task.submit(1);
    await exhaustMemory();
    for (let i = 0; i < 3; i++) {
      await expect(task.submit(2)).rejects.toBeInstanceOf(BrokerRefusedError);
      await expect(task.submitMany([[3], [4]])).rejects.toMatchObject({ code: 'NB_BROKER_REFUSED' });
    }
    await restoreMemory();
    expect(await raw.hkeys(keys.messages)).toEqual([first.id]);
    const second = await task.submit(5);
    expect(await lab().ready()).toEqual([first.id, second.id]);
  });

  it('draining goes on to the end: runs, retries, deaths, results, recovery', async () => {
    const { raw, keys } = lab();
    const broker = await lab().broker();
    const task = lab().task(broker).with({ result: 60_000 });
    const sent = await task.submitMany(Array.from({ length: 300 }, (_, i) => [i]));
    // Some are on loan to a consumer that is dead.
    await raw.sadd(keys.active('dead'), (await raw.lpop(keys.ready))!);
    await raw.zadd(keys.consumers, Date.now() - 1, 'dead');
    await exhaustMemory();

    const runs = new Map<number, number>();
    const { events } = await lab().consume(
      await lab().broker(),
      (n: number) => {
        const run = (runs.get(n) ?? 0) + 1;
        runs.set(n, run);
        if (n % 100 === 7 || (n % 10 === 3 && run < 3)) throw new Error('again');
        return n;
      },
      { retry: { maxAttempts: 3, delay: 50, jitter: 'none' } },
    );
    await until(() => runs.size === 300, PATIENCE);
    await lab().drained();
    expect(await broker.counts(lab().queue)).toMatchObject({ dead: 3 });
    expect(events.filter(({ type }) => type === 'broker-failing')).toEqual([]);
    expect(await sent[299]!.result(PATIENCE)).toBe(299);
    expect(await sent[3]!.result(PATIENCE)).toBe(3);
    await expect(sent[7]!.result(PATIENCE)).rejects.toBeInstanceOf(TaskFailedError);
    await expect(task.submit(0)).rejects.toBeInstanceOf(BrokerRefusedError);
  });

  it('an idle consumer takes over what a dead one had', async () => {
    const { raw, keys } = lab();
    const task = lab().task(await lab().broker());
    await task.submit(7);
    const id = await raw.lpop(keys.ready);
    await raw.del(keys.wake);
    const ran: number[] = [];
    await lab().consume(await lab().broker(), (n: number) => void ran.push(n));
    await until(async () => (await raw.info('clients')).includes('blocked_clients:1'), PATIENCE);
    await raw.sadd(keys.active('dead'), id!);
    await raw.zadd(keys.consumers, Date.now() + 100, 'dead');
    await exhaustMemory();
    await until(() => ran.length === 1, PATIENCE);
    expect(ran).toEqual([7]);
  });

  it('what is given back is not lost', async () => {
    const broker = await lab().broker();
    const added = messages(20);
    await broker.add(lab().queue, added);
    const driver = lab().driver(broker);
    const { ids } = await driver.claim(10);
    await exhaustMemory();
    await driver.claim(0, { released: [...ids] });
    expect(await broker.counts(lab().queue)).toMatchObject({ ready: 20, onLoan: 0 });
    expect((await driver.claim(20)).ids).toEqual(idsOf(added));
    await driver.claim(0, { done: [...driver.held] });
    expect(await lab().raw.hlen(lab().keys.messages)).toBe(0);
  });

  it('a second queue of the process is consumed all the same', async () => {
    const broker = await lab().broker();
    const runs: string[] = [];
    const queues = [`${lab().queue}-a`, `${lab().queue}-b`];
    await lab().consume(broker, () => void runs.push('a'), { queue: queues[0]! });
    await until(async () => (await lab().raw.info('clients')).includes('blocked_clients:1'), PATIENCE);
    await lab().task(broker, { queue: queues[1]! }).submit(1);
    await exhaustMemory();
    await lab().consume(broker, () => void runs.push('b'), { queue: queues[1]! });
    await until(() => runs.length === 1, PATIENCE);
    expect(runs).toEqual(['b']);
  });
});

/** How many clients wait in a BLPOP. */
async function blocked(): Promise<number> {
  return Number(/blocked_clients:(\d+)/.exec(await lab().raw.info('clients'))?.[1]);
}

describe('an idle consumer beside', () => {
  it('a full one, that was the first to wait for a token, is woken at once', async () => {
    const full = lab().driver(await lab().broker());
    full.lease.arm();
    await until(async () => (await blocked()) === 1, PATIENCE);
    const idle = lab().driver(await lab().broker());
    idle.lease.arm();
    await until(async () => (await blocked()) === 2, PATIENCE);
    full.lease.disarm();
    const start = performance.now();
    await lab()
      .task(await lab().broker())
      .submit(1);
    await until(() => idle.woken === 1, PATIENCE);
    // Well below the two seconds after which it would look by itself.
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(full.woken).toBe(0);
  });

  it('a full one gets all new work, and promptly', async () => {
    const task = lab().task(await lab().broker());
    const gate = deferred();
    lab().onEnd(gate.resolve);
    const ran: string[] = [];
    const options = { maxConcurrency: 1, readAhead: 0 };
    const full = await lab().consume(
      await lab().broker(),
      async () => {
        ran.push('full');
        await gate.promise;
      },
      options,
    );
    await task.submit(0);
    await until(() => full.consumer.stats().running === 1, PATIENCE);
    await lab().consume(await lab().broker(), () => void ran.push('idle'), options);
    const start = performance.now();
    for (let i = 1; i <= 10; i++) {
      await task.submit(i);
      await until(() => ran.length === i + 1, PATIENCE);
    }
    // One at a time: were each to wait for a look, this would take twenty seconds.
    expect(performance.now() - start).toBeLessThan(4_000);
    expect(ran.slice(1)).toEqual(Array.from({ length: 10 }, () => 'idle'));
  });

  it('a frozen one, that took the token, gets the work within the longest wait', async () => {
    const frozen = new Redis(lab().server.url);
    lab().onEnd(() => frozen.disconnect());
    const took = frozen.blpop(lab().keys.wake, 0);
    await until(async () => (await blocked()) === 1, PATIENCE);
    let ranAt = 0;
    await lab().consume(await lab().broker(), () => void (ranAt = performance.now()));
    await until(async () => (await blocked()) === 2, PATIENCE);
    const start = performance.now();
    await lab()
      .task(await lab().broker())
      .submit(1);
    await took;
    await until(() => ranAt > 0, PATIENCE);
    expect(ranAt - start).toBeLessThan(3_000);
  });
});

describe('connections', () => {
  /** Without the test's own. */
  async function connections(): Promise<number> {
    const own = await lab().raw.client('ID');
    const all = ((await lab().raw.client('LIST')) as string).trim().split('\n');
    return all.filter((line) => !line.startsWith(`id=${own} `)).length;
  }

  it('are two for any number of queues, three while a result is awaited, and two again later', async () => {
    await until(async () => (await connections()) === 0, PATIENCE);
    const broker = await lab().broker();
    const gate = deferred();
    const runs = new Set<string>();
    const names = Array.from({ length: 20 }, (_, i) => `${lab().queue}-${i}`);
    for (const queue of names) {
      await lab().consume(
        broker,
        async (wait: boolean) => {
          runs.add(queue);
          if (wait) await gate.promise;
          return queue;
        },
        { queue },
      );
    }
    for (const queue of names) await lab().task(broker, { queue }).submit(false);
    await until(() => runs.size === 20, PATIENCE);
    expect(await connections()).toBe(2);

    const results = names.map((queue) => lab().task(broker, { queue }).run(true));
    await until(async () => (await connections()) === 3, PATIENCE);
    gate.resolve();
    expect(await Promise.all(results)).toEqual(names);
    await until(async () => (await connections()) === 2, PATIENCE);

    expect(await lab().task(broker, { queue: names[0]! }).run(false)).toBe(names[0]);
    await broker.close();
    await until(async () => (await connections()) === 0, PATIENCE);
  }, 40_000);

  it('carry at most one command a second when five queues are idle', async () => {
    const broker = await lab().broker();
    let runs = 0;
    for (let i = 0; i < 5; i++) {
      const queue = `${lab().queue}-${i}`;
      await lab().consume(broker, () => void runs++, { queue });
      await lab().task(broker, { queue }).submit(1);
    }
    await until(() => runs === 5, PATIENCE);
    // Idle: ioredis' monitor fails when a command comes with the answer that starts it.
    for (let i = 0; i < 5; i++) {
      await until(async () => (await broker.counts(`${lab().queue}-${i}`)).onLoan === 0, PATIENCE);
    }
    const monitor = await lab().raw.monitor();
    lab().onEnd(() => monitor.disconnect());
    const seen: { command: string; at: number }[] = [];
    monitor.on('monitor', (time: string, args: string[], source: string) => {
      if (source !== 'lua') seen.push({ command: args[0] ?? '', at: Number(time) });
    });
    // From the first look to the fifth.
    const looks = (): typeof seen => seen.filter(({ command }) => command === 'blpop');
    await until(() => looks().length === 5, 30_000);
    const [first, last] = [looks()[0]!.at, looks()[4]!.at];
    const between = seen.filter(({ at }) => at >= first && at < last);
    expect(last - first).toBeGreaterThan(6);
    expect(between.length).toBeLessThanOrEqual(last - first);
  }, 40_000);
});

describe('a broker that is closed while it reconnects', () => {
  it('says so at once to all whom Redis has not answered', async () => {
    const proxy = await lab().proxy();
    let errors = 0;
    const broker = await lab().broker({ redis: proxy.url, onError: () => errors++ });
    proxy.refuse(true);
    proxy.reset();
    // Between two attempts: there is no socket then whose end could tell ioredis.
    await until(() => errors >= 2, PATIENCE);
    const submit = broker.add(lab().queue, messages(1));
    const count = broker.counts(lab().queue);
    await broker.close();
    await expect(submit).rejects.toThrow(SubmitUnknownError);
    await expect(count).rejects.toThrow(BrokerClosedError);
  });
});

describe('a delayed message', () => {
  it('runs again when it is due, and not before', async () => {
    const broker = await lab().broker();
    const starts: number[] = [];
    await lab().consume(
      broker,
      () => {
        starts.push(performance.now());
        if (starts.length < 4) throw new Error('again');
      },
      { retry: { backoff: 'fixed', delay: 300, jitter: 'none' } },
    );
    await lab().task(broker).submit(1);
    await until(() => starts.length === 4, PATIENCE);
    for (let i = 1; i < 4; i++) {
      const delay = starts[i]! - starts[i - 1]!;
      expect(delay).toBeGreaterThanOrEqual(295);
      expect(delay).toBeLessThan(1_200);
    }
  });

  it('is started on time by another consumer when the one that delayed it is gone', async () => {
    const dying = await lab().broker();
    const driver = lab().driver(dying);
    const ranAt: number[] = [];
    await lab().consume(await lab().broker(), () => void ranAt.push(Date.now()));
    await until(async () => (await blocked()) === 1, PATIENCE);
    const [id] = idsOf(messages(1));
    await lab().raw.hset(lab().keys.messages, id!, JSON.stringify({ v: 1, id, task: 't', args: [] }));
    await lab().raw.rpush(lab().keys.ready, id!);
    await driver.claim(1);
    // An earlier message has a later time.
    await lab().raw.zadd(lab().keys.delayed, Date.now() + 3_600_000, 'later');
    const delay = 500;
    const before = Date.now();
    await driver.claim(0, {
      delayed: [{ id: id!, delay, history: { attempts: 1, crashes: 0, refusals: 0 } }],
    });
    await dying.close();
    await until(() => ranAt.length === 1, PATIENCE);
    expect(ranAt[0]! - before).toBeGreaterThanOrEqual(delay - 5);
    expect(ranAt[0]! - before).toBeLessThan(delay + 900);
  });
});

describe('a claim', () => {
  it('is bounded by bytes, also when short messages come before long ones', async () => {
    const broker = await lab().broker();
    for (let i = 0; i < 20; i++) await broker.add(lab().queue, messages(1));
    const long = 'x'.repeat(1_000_000);
    for (let i = 0; i < 40; i++) await broker.add(lab().queue, [message([long])]);
    // 4 MiB, and what is read at a time.
    expect((await lab().driver(broker).claim(1_000)).size).toBeLessThan(25_000_000);
  });
});

describe('clearQueue', () => {
  it('counts what is no id as one message, whatever its name says', async () => {
    await lab().put('abcdefghijklmnopqrstuv57abcdefgh', '{}');
    await lab().put('abcdefghijklmnopqrstuv00abcdefgh', '{}');
    expect(
      await lab()
        .task(await lab().broker())
        .clearQueue(),
    ).toBe(2);
  });
});

describe('a large submitMany', () => {
  it('travels in calls that are bounded by bytes, too', async () => {
    const broker = await lab().broker();
    const calls: number[] = [];
    const watched = Object.assign(Object.create(broker) as Broker, {
      add: (queue: string, batch: readonly NewMessage[]) => {
        calls.push(batch.reduce((sum, { envelope }) => sum + envelope.length, 0));
        return broker.add(queue, batch);
      },
    });
    const text = 'x'.repeat(200_000);
    const task = lab().task(watched as RedisBroker);
    const sent = await task.submitMany(Array.from({ length: 60 }, () => [text]));
    expect(Math.max(...calls)).toBeLessThan(2_000_000);
    expect(await lab().ready()).toEqual(idsOf(sent));
  });
});

describe('a server that can not be used', () => {
  it.each([
    ['options', () => ({ host: '127.0.0.1', keyPrefix: 'app:' })],
    ['a URL', () => `${lab().server.url}?keyPrefix=app:`],
    ['an instance', () => new Redis({ lazyConnect: true, keyPrefix: 'app:' })],
  ])('keyPrefix in %s is refused', (_, redis) => {
    const make = (): RedisBroker => new RedisBroker({ redis: redis() });
    expect(make).toThrow(BrokerUnsupportedError);
    expect(make).toThrow(/'keyPrefix' "app:".*'prefix'/);
  });

  it.each(['5.0.9', '6.0.16'])('Redis %s is refused', async (version) => {
    const port = await fakeRedis(version);
    const opening = new RedisBroker({ redis: `redis://:s3cret@127.0.0.1:${port}/0` }).open();
    await expect(opening).rejects.toBeInstanceOf(BrokerUnsupportedError);
    await expect(opening).rejects.toThrow(
      `127.0.0.1:${port} is version ${version.split('.').slice(0, 2).join('.')}`,
    );
    await expect(opening).rejects.not.toThrow(/s3cret/);
  });

  it.each(['6.2.0', '8.0.1', '10.1.0'])('Redis %s is accepted', async (version) => {
    const broker = new RedisBroker({ redis: { port: await fakeRedis(version) } });
    lab().onEnd(() => broker.close());
    await expect(broker.open()).resolves.toBeUndefined();
  });

  it('that is not there fails within the time limit, naming host and port, no password', async () => {
    const port = await freePort();
    const heard: Error[] = [];
    const redis = `redis://n0body:s3cret@127.0.0.1:${port}/0`;
    const broker = new RedisBroker({ redis, connectTimeout: 300, onError: (error) => heard.push(error) });
    lab().onEnd(() => broker.close());
    const error = await broker.open().then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toBeInstanceOf(BrokerUnreachableError);
    expect(error?.message).toContain(`127.0.0.1:${port}`);
    expect(error?.message).toContain("broker: 'memory'");
    for (const each of [error, error?.cause, ...heard]) {
      expect(`${String(each)} ${JSON.stringify(each)} ${(each as Error)?.stack}`).not.toMatch(
        /s3cret|n0body/,
      );
    }
  });

  it('that comes up later is reached by a later call', async () => {
    const server = await startRedis();
    lab().onEnd(() => server.stop());
    await server.kill();
    const broker = new RedisBroker({ redis: server.url, connectTimeout: 300 });
    lab().onEnd(() => broker.close());
    const task = lab().task(broker);
    await expect(task.submit(1)).rejects.toBeInstanceOf(BrokerUnreachableError);
    await server.restart();
    await task.submit(2);
    expect(await task.getQueueSize()).toBe(1);
  });

  it('that refuses the password says so, without the password', async () => {
    const server = await startRedis();
    lab().onEnd(() => server.stop());
    const admin = new Redis(server.url);
    lab().onEnd(() => admin.disconnect());
    await admin.config('SET', 'requirepass', 'right');
    const redis = `redis://:s3cret@127.0.0.1:${server.port}/0`;
    const opening = new RedisBroker({ redis, connectTimeout: 1_000 }).open();
    await expect(opening).rejects.toBeInstanceOf(BrokerUnreachableError);
    await expect(opening).rejects.toThrow(/WRONGPASS/);
    await expect(opening).rejects.not.toThrow(/s3cret/);
  });
});

/** Speaks just enough RESP to be asked for its version. */
async function fakeRedis(version: string): Promise<number> {
  const info = `# Server\r\nredis_version:${version}\r\nloading:0\r\n`;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      for (const command of data.toString().toLowerCase().split('\r\n*')) {
        if (command.includes('\r\ninfo\r\n')) socket.write(`$${info.length}\r\n${info}\r\n`);
        else if (command.includes('\r\nhello\r\n')) socket.write('-ERR unknown command `HELLO`\r\n');
        else if (command.includes('\r\ntime\r\n')) socket.write('*2\r\n$1\r\n1\r\n$1\r\n1\r\n');
        else socket.write('+OK\r\n');
      }
    });
  });
  lab().onEnd(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a cluster', () => {
  it('serves several queues, each with its own slot', async () => {
    const server = await startRedis([
      '--cluster-enabled',
      'yes',
      '--cluster-announce-ip',
      '127.0.0.1',
      '--save',
      '',
    ]);
    lab().onEnd(() => server.stop());
    const admin = new Redis(server.url);
    lab().onEnd(() => admin.disconnect());
    await admin.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot));
    await until(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'), PATIENCE);
    const cluster = new Cluster([{ host: '127.0.0.1', port: server.port }], { lazyConnect: true });
    lab().onEnd(() => cluster.disconnect());
    const errors: Error[] = [];
    const broker = new RedisBroker({ redis: cluster, onError: (error) => errors.push(error) });
    lab().onEnd(() => broker.close());
    const runs: string[] = [];
    const names = ['a', 'b', 'c'];
    for (const queue of names) {
      await lab().consume(
        broker,
        (n: number) => {
          runs.push(`${queue}${n}`);
          return n;
        },
        { queue },
      );
    }
    for (let n = 1; n <= 3; n++) {
      // Each waits until all are idle again.
      for (const queue of names) await lab().task(broker, { queue }).submit(n);
      await until(() => runs.length === 3 * n, PATIENCE);
    }
    expect(await lab().task(broker, { queue: 'b' }).run(7)).toBe(7);
    expect(errors).toEqual([]);
  });
});
