import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { fileURLToPath } from 'node:url';
import { RedisBroker } from '../../lib/broker/redis/index.js';
import { QueueKeys } from '../../lib/broker/redis/keys.js';
import { resolveTask, TaskHandle, TaskQueue } from '../../lib/queue/index.js';
import { idsOfEntries } from '../broker/entries.js';
import { type RedisServer, startRedis } from '../redis-server.js';
import { until } from '../signals.js';
import { compile } from './compile.js';
import { Fleet } from './fleet.js';

const QUEUE = 'kill';
const NAMES = ['a', 'b', 'c'];
const PATIENCE = 60_000;
const keys = new QueueKeys('nb', QUEUE);

let compiled: Awaited<ReturnType<typeof compile>>;
/** Runs after each test, the latest first. */
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  compiled = await compile(fileURLToPath(new URL('./consumer-process.ts', import.meta.url)));
}, 60_000);

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

afterAll(() => compiled?.remove());

interface Scene {
  readonly server: RedisServer;
  readonly redis: Redis;
  readonly broker: RedisBroker;
  readonly task: TaskHandle<unknown[], unknown>;
  readonly fleet: Fleet;
}

/** A server, a producer, and consumers to start. */
async function setUp(lease: number, serverArgs?: string[], poison = false): Promise<Scene> {
  const server = await startRedis(serverArgs);
  closers.push(() => server.stop());
  const redis = new Redis(server.url);
  redis.on('error', () => {});
  closers.push(() => redis.disconnect());
  const broker = new RedisBroker({ redis: server.url });
  closers.push(() => broker.close());
  await broker.open();
  const fleet = new Fleet(compiled.entry, {
    url: server.url,
    queue: QUEUE,
    lease,
    maxConcurrency: 50,
    duration: 300,
    poison,
  });
  closers.push(() => fleet.close());
  const task = new TaskHandle<unknown[], unknown>(
    TaskQueue.of(broker, QUEUE),
    resolveTask({ queue: QUEUE }, 't'),
  );
  return { server, redis, broker, task, fleet };
}

async function left({ broker }: Scene): Promise<number> {
  const { ready, delayed, onLoan } = await broker.counts(QUEUE);
  return ready + delayed + onLoan;
}

/** Time is what these tests are about. */
async function elapsed(ms: number): Promise<void> {
  const end = performance.now() + ms;
  await until(() => performance.now() >= end, ms + PATIENCE);
}

function countExtra(runs: ReadonlyMap<string, number>): number {
  return [...runs.values()].reduce((sum, count) => sum + count - 1, 0);
}

/** What live consumers held when they were taken for dead, on a machine too busy for their lease. */
function heldWhenLost(fleet: Fleet): number {
  return fleet.heard('lease-lost').reduce((sum, { running }) => sum + running, 0);
}

async function expectNothingOnLoan({ redis, broker }: Scene): Promise<void> {
  expect(await broker.counts(QUEUE)).toMatchObject({ ready: 0, delayed: 0, onLoan: 0 });
  expect(await redis.keys(keys.active('*'))).toEqual([]);
  expect(await redis.keys(`${keys.base}recovering:*`)).toEqual([]);
  expect(await redis.exists(keys.recovering, keys.consumers)).toBe(0);
}

/** For whoever reads the output of a test run. */
function say(figures: Record<string, number>): void {
  process.stdout.write(`    ${JSON.stringify(figures)}\n`);
}

describe('consumers killed', () => {
  it('one every second: every message runs, none is left on loan, and no more runs than was on loan', async () => {
    const scene = await setUp(2_000);
    const { redis, broker, task, fleet } = scene;
    const total = 10_000;
    const ids = (await task.submitMany(Array.from({ length: total }, (_, i) => [i]))).map(({ id }) => id);
    for (const name of NAMES) fleet.start(name);
    await until(() => fleet.isUp && fleet.runs().size > 0, PATIENCE);

    const loans: number[] = [];
    const end = performance.now() + 150_000;
    for (let kills = 0; (await left(scene)) > 0 && performance.now() < end; kills++) {
      const next = performance.now() + 1_000;
      const name = NAMES[kills % NAMES.length]!;
      const loan = await fleet.kill(name, redis, keys);
      // Only kills that come while messages remain count.
      if ((await left(scene)) > 0) loans.push(loan);
      fleet.start(name);
      await until(async () => performance.now() >= next || (await left(scene)) === 0, PATIENCE);
      await until(() => fleet.isUp, PATIENCE);
    }
    await until(async () => (await left(scene)) === 0, PATIENCE);

    const runs = fleet.runs();
    const [extra, onLoan] = [countExtra(runs), loans.reduce((sum, loan) => sum + loan, 0)];
    const { dead } = await broker.counts(QUEUE);
    say({
      kills: loans.length,
      onLoanAtKills: onLoan,
      extraRuns: extra,
      dead,
      lostLeases: fleet.heard('lease-lost').length,
    });
    expect(loans.length).toBeGreaterThanOrEqual(10);
    expect([...runs.keys()].toSorted()).toEqual(ids.toSorted());
    expect(onLoan).toBeGreaterThan(0);
    expect(extra).toBeGreaterThan(0);
    expect(extra).toBeLessThanOrEqual(onLoan + heldWhenLost(fleet));
    await expectNothingOnLoan(scene);
    expect(await redis.hlen(keys.messages)).toBe(dead);
  }, 240_000);

  it('the server, again and again: consumers resume by themselves, and nothing acknowledged is lost', async () => {
    const scene = await setUp(2_000, ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']);
    const { server, redis, broker, task, fleet } = scene;
    for (const name of NAMES) fleet.start(name);
    await until(() => fleet.isUp, PATIENCE);

    const acknowledged: string[] = [];
    const submitting = new AbortController();
    let unknown = 0;
    const producer = (async () => {
      while (!submitting.signal.aborted) {
        await task.submitMany(Array.from({ length: 40 }, (_, i) => [i])).then(
          (sent) => acknowledged.push(...sent.map(({ id }) => id)),
          () => unknown++,
        );
        await elapsed(60);
      }
    })();
    closers.push(() => submitting.abort());

    const kills = 5;
    let amid = 0;
    for (let kill = 0; kill < kills; kill++) {
      const before = fleet.runs().size;
      await until(() => fleet.runs().size >= before + 400, PATIENCE);
      if ((await left(scene)) > 0) amid++;
      await server.kill();
      await elapsed(kill * 300);
      await server.restart();
    }
    const before = fleet.runs().size;
    await until(() => fleet.runs().size >= before + 200, PATIENCE);
    submitting.abort();
    await producer;
    await until(async () => (await left(scene)) === 0, PATIENCE);

    const runs = fleet.runs();
    const extra = countExtra(runs);
    const { dead } = await broker.counts(QUEUE);
    const lostLeases = fleet.heard('lease-lost').length;
    say({ kills, acknowledged: acknowledged.length, unknown, extraRuns: extra, dead, lostLeases });
    expect(amid).toBe(kills);
    expect(acknowledged.filter((id) => !runs.has(id))).toEqual([]);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(extra).toBeLessThanOrEqual(heldWhenLost(fleet));
    expect(dead).toBe(0);
    await expectNothingOnLoan(scene);
    expect(await redis.hlen(keys.messages)).toBe(0);
  }, 180_000);
});

describe('a message that kills the idle consumer that it wakes', () => {
  it('is dead after maxCrashes, each of its runs on record as a crash', async () => {
    const scene = await setUp(500, undefined, true);
    const { redis, broker, task, fleet } = scene;
    const isIdle = async () => (await redis.info('clients')).includes('blocked_clients:1');
    const isStarted = (run: number) => (fleet.runs().get(sent.id) ?? 0) >= run;
    fleet.start('one');
    await until(() => fleet.isUp, PATIENCE);
    await until(isIdle, PATIENCE);
    const sent = await task.submit(0);
    for (let run = 1; run <= 3; run++) {
      await until(() => isStarted(run), PATIENCE);
      fleet.start('one');
    }
    await until(async () => (await broker.counts(QUEUE)).dead === 1, PATIENCE);
    expect(fleet.runs()).toEqual(new Map([[sent.id, 3]]));
    const [dead] = await broker.listDead(QUEUE, 0, 1);
    expect(dead?.record).toMatchObject({ reason: 'crashed', crashes: 3 });
    await expectNothingOnLoan(scene);
  }, 60_000);
});

describe('a consumer stopped for longer than its lease', () => {
  it('settles nothing that was given away, and works again', async () => {
    const scene = await setUp(1_000);
    const { redis, broker, task, fleet } = scene;
    const settled = new Map<string, number>();
    const listener = new Redis(scene.server.url);
    closers.push(() => listener.disconnect());
    listener.on('message', (_, message: string) => {
      const id = message.slice(0, 22);
      settled.set(id, (settled.get(id) ?? 0) + 1);
    });
    await listener.subscribe(keys.results);

    fleet.start('stopped');
    await until(() => fleet.isUp, PATIENCE);
    const sent = await task.with({ result: 600_000 }).submitMany(Array.from({ length: 400 }, (_, i) => [i]));
    await until(() => fleet.runs().size >= 20, PATIENCE);
    const zombie = fleet.consumerOf('stopped');
    fleet.signal('stopped', 'SIGSTOP');
    // What it sent before is with the server when this is answered.
    await until(async () => (await redis.ping()) === 'PONG', PATIENCE);
    fleet.start('other');
    const givenAway = idsOfEntries(await redis.smembers(keys.active(zombie)));
    expect(givenAway.length).toBeGreaterThan(0);
    await until(async () => (await left(scene)) === 0, PATIENCE);
    expect(fleet.heard('lease-lost')).toEqual([]);

    fleet.signal('stopped', 'SIGCONT');
    await until(() => fleet.heard('lease-lost').length > 0, PATIENCE);
    await until(() => fleet.consumerOf('stopped') !== zombie, PATIENCE);
    // Whatever it still has to say comes before what it does next.
    await fleet.kill('other', redis, keys);
    const later = await task.with({ result: 600_000 }).submitMany(Array.from({ length: 60 }, (_, i) => [i]));
    for (const each of later) expect(await each.result(PATIENCE)).toBe('stopped');

    const results = new Map<string, unknown>();
    for (const each of sent) results.set(each.id, await each.result(PATIENCE));
    say({ givenAway: givenAway.length, extraRuns: countExtra(fleet.runs()) });
    expect(givenAway.filter((id) => results.get(id) !== 'other')).toEqual([]);
    expect([...settled.values()].filter((count) => count !== 1)).toEqual([]);
    expect(settled.size).toBe(460);
    expect(fleet.heard('lease-lost')).toMatchObject([{ name: 'stopped' }]);
    // It had begun some of them, and its outcomes came too late.
    expect(countExtra(fleet.runs())).toBeGreaterThan(0);
    expect(countExtra(fleet.runs())).toBeLessThanOrEqual(givenAway.length);
    expect(await broker.counts(QUEUE)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
  }, 120_000);
});
