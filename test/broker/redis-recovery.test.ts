import { describe, expect, it } from '@jest/globals';
import type { ConsumerEvent } from '../../lib/queue/consumer/events.js';
import { AioTaskContext } from '../../lib/queue/consumer/delivery.js';
import { BrokerRefusedError, LeaseLostError, TaskFailedError } from '../../lib/queue/errors.js';
import { newMessageId } from '../../lib/queue/message-id.js';
import { deferred, until } from '../signals.js';
import { startRedis } from '../redis-server.js';
import { type Consumer, idsOf, message, messages } from './contract-kit.js';
import { PATIENCE, useLab } from './redis-kit.js';

const LEASE = 30_000;
const ONE_CRASH = { attempts: 0, crashes: 1, refusals: 0 };
const lab = useLab();

/** Stores messages, and answers their ids. */
async function store(count: number): Promise<string[]> {
  const batch = messages(count);
  const broker = await lab().broker();
  for (let i = 0; i < count; i += 1_000) await broker.add(lab().queue, batch.slice(i, i + 1_000));
  return idsOf(batch);
}

/** What a consumer leaves behind that died with `ids` on loan, and whose lease ended just now. */
async function leaveLoan(ids: readonly string[], consumer = 'dead'): Promise<void> {
  const { raw, keys } = lab();
  await raw.zadd(keys.consumers, Date.now() - 1, consumer);
  for (const id of ids) await raw.lrem(keys.ready, 1, id);
  if (ids.length > 0) await raw.sadd(keys.active(consumer), ...ids);
  await raw.hset(keys.meta, 'heard', Date.now());
}

/** The same, after a recovery took it out of `consumers`, and before it gave anything back. */
async function leaveRecovering(ids: readonly string[], consumer = 'dead'): Promise<void> {
  const { raw, keys } = lab();
  await raw.zadd(keys.recovering, Date.now(), consumer);
  for (const id of ids) await raw.lrem(keys.ready, 1, id);
  if (ids.length > 0) await raw.sadd(`${keys.base}recovering:${consumer}`, ...ids);
}

/** Claims with several consumers in turn until so many are granted; answers the ids in order. */
async function claimInTurn(drivers: readonly Consumer[], count: number): Promise<string[]> {
  const ids: string[] = [];
  let turn = 0;
  await until(async () => {
    ids.push(...(await drivers[turn++ % drivers.length]!.claim(count)).ids);
    return ids.length >= count;
  }, PATIENCE);
  return ids;
}

/** What the histories of `ids` say, and how often each. */
async function crashes(ids: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const entry of await lab().raw.hmget(lab().keys.histories, ...ids)) {
    counts[entry ?? 'none'] = (counts[entry ?? 'none'] ?? 0) + 1;
  }
  return counts;
}

describe('a recovery that is cut', () => {
  it('after the first step of a large loan is finished by whoever claims next, in order', async () => {
    const ids = await store(1_700);
    await leaveLoan(ids);
    const first = lab().driver(await lab().broker());
    expect((await first.claim(1)).ids).toEqual([]);
    expect(await lab().raw.scard(`${lab().keys.base}recovering:dead`)).toBe(1_200);
    // The first one is never heard again.
    const drivers = [lab().driver(await lab().broker()), lab().driver(await lab().broker())];
    expect(await claimInTurn(drivers, 1_000)).toEqual(ids.slice(0, 1_000));
    expect(await claimInTurn(drivers, 700)).toEqual(ids.slice(1_000));
    expect(await crashes(ids)).toEqual({ '0 1 0': 1_700 });
    expect(await lab().raw.exists(lab().keys.recovering, `${lab().keys.base}recovering:dead`)).toBe(0);
  });

  it('after it took the consumer out, and before it gave anything back, is finished', async () => {
    const ids = await store(8);
    await leaveRecovering(ids.slice(0, 5));
    const claim = await lab()
      .driver(await lab().broker())
      .claim(10);
    expect(claim.ids).toEqual(ids);
    expect([...claim.histories]).toEqual(ids.slice(0, 5).map((id) => [id, ONE_CRASH]));
  });

  it('half-way counts each crash once', async () => {
    const ids = await store(6);
    await lab().raw.hset(lab().keys.histories, ids[2]!, '0 1 0');
    await leaveRecovering(ids.slice(0, 2));
    const claim = await lab()
      .driver(await lab().broker())
      .claim(10);
    expect(claim.ids).toEqual(ids);
    expect(await crashes(ids)).toEqual({ '0 1 0': 3, none: 3 });
  });

  it('with nothing left to give back, or less than nothing, stops nobody', async () => {
    const ids = await store(3);
    for (const name of ['a', 'b', 'c']) await leaveRecovering([], name);
    const driver = lab().driver(await lab().broker());
    expect(await claimInTurn([driver], 3)).toEqual(ids);
    expect(await lab().raw.exists(lab().keys.recovering)).toBe(0);
  });

  it('of a consumer without loans stops nobody', async () => {
    const ids = await store(3);
    await leaveLoan([]);
    expect(await claimInTurn([lab().driver(await lab().broker())], 3)).toEqual(ids);
    expect(await lab().raw.zscore(lab().keys.consumers, 'dead')).toBe(null);
  });

  it('loses nothing when the same consumer must be recovered again', async () => {
    const ids = await store(6);
    await leaveRecovering(ids.slice(3));
    await leaveLoan(ids.slice(0, 3));
    const driver = lab().driver(await lab().broker());
    expect((await claimInTurn([driver], 6)).toSorted()).toEqual(ids);
    expect(await crashes(ids)).toEqual({ '0 1 0': 6 });
  });

  it('of several consumers at once gives back everything, each crash counted once', async () => {
    const ids = await store(1_500);
    for (let i = 0; i < 5; i++) await leaveLoan(ids.slice(i * 300, (i + 1) * 300), `dead-${i}`);
    const drivers = [lab().driver(await lab().broker()), lab().driver(await lab().broker())];
    expect((await claimInTurn(drivers, 1_500)).toSorted()).toEqual(ids);
    expect(await crashes(ids)).toEqual({ '0 1 0': 1_500 });
  });
});

describe('an id without an envelope', () => {
  it('is dropped, and its neighbours are granted', async () => {
    const ids = await store(6);
    await lab().raw.hdel(lab().keys.messages, ids[0]!, ids[3]!);
    const claim = await lab()
      .driver(await lab().broker())
      .claim(10);
    expect(claim.ids).toEqual([1, 2, 4, 5].map((i) => ids[i]));
    expect(await lab().stored()).toEqual([...claim.ids].toSorted());
  });

  it('is dropped also when it was on loan, and when thousands stand in a row', async () => {
    const ids = await store(3_000);
    await leaveLoan(ids.slice(0, 10));
    await lab().raw.hdel(lab().keys.messages, ...ids.slice(0, 2_999));
    const driver = lab().driver(await lab().broker());
    await until(async () => (await driver.claim(1_000)).ids.length > 0, PATIENCE);
    expect(await lab().stored()).toEqual(ids.slice(2_999));
  });
});

/** A sound envelope, with fields of another kind on top. */
function envelope(id: string, fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ v: 1, id, task: 't', args: ['foreign'], ...fields });
}

const id = newMessageId;
const withFields = (fields: Record<string, unknown>) => (): [string, string][] =>
  [id()].map((each) => [each, envelope(each, fields)]);
const withText = (text: (id: string) => string) => (): [string, string][] =>
  [id()].map((each) => [each, text(each)]);
const withId = (foreign: string) => (): [string, string][] => [[foreign, envelope(foreign)]];

/** Messages that can't be run, whatever stands beside them. */
const MALFORMED: Record<string, () => [string, string][]> = {
  'two halves that join into one': () => [
    [id(), '{"v":1,"args":[3'],
    [id(), '4]}'],
  ],
  'two halves with ids that join into one': () => {
    const [a, b] = [id(), id()];
    return [
      [a, `{"v":1,"id":"${a}","task":"t","args":[3`],
      [b, `4],"id":"${b}"}`],
    ];
  },
  'two halves that join into a sound one of the first': () => {
    const [a, b] = [id(), id()];
    return [
      [a, `{"v":1,"id":"${a}","task":"t","args":[3`],
      [b, '4]}'],
    ];
  },
  'one that contains two joined': () => {
    const [a, b] = [id(), id()];
    return [
      [a, `${envelope(a)},${envelope(b)}`],
      [b, ''],
    ];
  },
  'one that contains itself twice': withText((each) => `${envelope(each)},${envelope(each)}`),
  'one that closes the array and opens another': withText((each) => `${envelope(each)}],[${envelope(each)}`),
  nothing: withText(() => ''),
  'white space': withText(() => ' '),
  'a lone comma': withText(() => ','),
  'no JSON': withText(() => 'not json'),
  'an endless array': withText(() => '['.repeat(100_000)),
  null: withText(() => 'null'),
  'a number': withText(() => '1'),
  'an array': withText((each) => `["${each}"]`),
  "another message's envelope": withText(() => envelope(id())),
  'a prototype in the place of everything': withText((each) => `{"__proto__":${envelope(each)}}`),
  'a version that is a string': withFields({ v: '1' }),
  'a version that is no whole number': withFields({ v: 1.5 }),
  'no version': withFields({ v: undefined }),
  'a task that is a number': withFields({ task: 5 }),
  'a task that is an object': withFields({ task: { toString: 't' } }),
  'no task': withFields({ task: undefined }),
  'arguments that are an object': withFields({ args: { length: 1, 0: 'x' } }),
  'arguments that are a string': withFields({ args: 'abc' }),
  'no arguments': withFields({ args: undefined }),
  'a result that is a string': withFields({ result: '60000' }),
  'a negative result': withFields({ result: -1 }),
  'a result of zero': withFields({ result: 0 }),
  'a codec that is a number': withFields({ codec: 5 }),
  'an id that is too short': withId('short'),
  'an id that is too long': withId(`${id()}x`),
  'an id of two': withId(id() + id()),
  'an id of none': withId(''),
  '__proto__ as id': withId('__proto__'),
  'an id of 22 bytes that are 11 characters': withId('é'.repeat(11)),
  'an id of 22 characters that are more bytes': withId(`${id().slice(0, 21)}é`),
};

describe('a malformed message', () => {
  it.each(Object.keys(MALFORMED))('is dead with a reason, and its neighbours run: %s', async (name) => {
    const { raw } = lab();
    const broker = await lab().broker();
    const bad = MALFORMED[name]!();
    const [before, after] = [messages(2), messages(2)];
    await broker.add(lab().queue, before);
    for (const [each, text] of bad) await lab().put(each, text);
    await broker.add(lab().queue, after);
    const runs: unknown[] = [];
    const { events } = await lab().consume(await lab().broker(), (n: unknown) => void runs.push(n));
    await until(async () => (await broker.counts(lab().queue)).dead === bad.length, PATIENCE);
    await lab().drained();

    expect(runs).toEqual([0, 1, 0, 1]);
    const dead = await broker.listDead(lab().queue, 0, 10);
    expect(dead.map((each) => each.id).toSorted()).toEqual(bad.map(([each]) => each).toSorted());
    for (const { record, ...each } of dead) {
      expect(record.reason).toBe('malformed');
      expect(record.error?.message).toMatch(/\w/);
      // Kept as it was, for whoever looks.
      expect(each.envelope).toBe(bad.find(([badId]) => badId === each.id)![1]);
    }
    expect(events.every(({ type }) => type === 'task-dead')).toBe(true);
    expect(await raw.hlen(lab().keys.messages)).toBe(bad.length);
  });

  it('two halves at the end of a batch run neither, nor as one', async () => {
    const broker = await lab().broker();
    await broker.add(lab().queue, messages(2));
    for (const [each, text] of MALFORMED['two halves that join into a sound one of the first']!()) {
      await lab().put(each, text);
    }
    const runs: unknown[] = [];
    await lab().consume(await lab().broker(), (n: unknown) => void runs.push(n));
    await lab().drained();
    expect(runs).toEqual([0, 1]);
    expect(await broker.counts(lab().queue)).toMatchObject({ dead: 2 });
  });

  it('all kinds of them at once stop nothing', async () => {
    const broker = await lab().broker();
    const runs: unknown[] = [];
    let count = 0;
    for (const [i, make] of Object.values(MALFORMED).entries()) {
      for (const [each, text] of make()) {
        await lab().put(each, text);
        count++;
      }
      await broker.add(lab().queue, [message([i])]);
    }
    await lab().consume(await lab().broker(), (n: unknown) => void runs.push(n));
    await until(async () => (await broker.counts(lab().queue)).dead === count, PATIENCE);
    await lab().drained();
    expect(runs).toEqual(Object.keys(MALFORMED).map((_, i) => i));
  });

  it('__proto__ among fields and arguments changes no prototype', async () => {
    const broker = await lab().broker();
    const each = id();
    const text = `{"v":1,"id":"${each}","task":"t","__proto__":{"task":"x"},"args":[{"__proto__":{"polluted":1}}]}`;
    await lab().put(each, text);
    const runs: object[] = [];
    await lab().consume(broker, (value: object) => runs.push(value));
    await until(() => runs.length === 1, PATIENCE);
    expect(Object.getPrototypeOf(runs[0])).toBe(Object.prototype);
    expect(Object.keys(runs[0]!)).toEqual(['__proto__']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'task %s is unknown, not a property of something',
    async (task) => {
      const broker = await lab().broker();
      const each = id();
      await lab().put(each, envelope(each, { task }));
      const { events } = await lab().consume(broker, () => {}, { unknownTaskTimeout: 0 });
      await until(async () => (await broker.counts(lab().queue)).dead === 1, PATIENCE);
      expect((await broker.listDead(lab().queue, 0, 1))[0]?.record.reason).toBe('unknown-task');
      expect(events).toMatchObject([{ type: 'task-dead', task, reason: 'unknown-task' }]);
    },
  );

  it.each(['rubbish', '1 2', '-1 0 0', '1 1 1\n0 9 9 9', '99999999999999999999 0 0'])(
    'a history of %j counts for nothing, and the message is retried like any other',
    async (history) => {
      const broker = await lab().broker();
      const [bad, good] = await store(2);
      await lab().raw.hset(lab().keys.histories, bad!, history);
      const attempts: Record<string, number[]> = {};
      await lab().consume(
        broker,
        () => {
          const { id: running, attempt } = AioTaskContext.current()!;
          (attempts[running] ??= []).push(attempt);
          if (attempts[running].length < 3) throw new Error('again');
        },
        { retry: { delay: 10, jitter: 'none' } },
      );
      await lab().drained();
      expect(attempts).toEqual({ [bad!]: [1, 2, 3], [good!]: [1, 2, 3] });
    },
  );

  it.each([-1, 0, 1.5, 1e300])('a result kept for %d ms does not stop clearQueue', async (result) => {
    const broker = await lab().broker();
    const task = lab().task(broker);
    const kept = await task.with({ result: 60_000 }).submit(1);
    const bad = id();
    await lab().put(bad, envelope(bad, { result }));
    const last = await task.with({ result: 60_000 }).submit(2);
    expect(await task.clearQueue()).toBe(3);
    for (const sent of [kept, last]) {
      await expect(sent.result(PATIENCE)).rejects.toMatchObject({ code: 'NB_MESSAGE_CLEARED' });
    }
  });

  it('a task that throws what can not be described is dead like any other', async () => {
    const broker = await lab().broker();
    const hostile: unknown[] = [
      Object.create(null),
      {
        toString: () => {
          throw new Error('no');
        },
      },
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('no');
        },
      }),
      Object.assign(new Error('x'), { message: 5 }),
      Object.defineProperty(new Error('x'), 'stack', {
        get: () => {
          throw new Error('no');
        },
      }),
      Object.assign(new Error('x'), { name: { toString: null } }),
      undefined,
      Symbol('s'),
    ];
    await store(hostile.length);
    const { consumer } = await lab().consume(
      broker,
      (n: number) => {
        throw hostile[n];
      },
      { retry: { maxAttempts: 1 } },
    );
    await until(async () => (await broker.counts(lab().queue)).dead === hostile.length, PATIENCE);
    expect(consumer.stats().running).toBe(0);
    for (const { record } of await broker.listDead(lab().queue, 0, 100)) expect(record.reason).toBe('failed');
  });
});

/** Everything that is stored for the queue, to compare. */
async function snapshot(except: string): Promise<Record<string, string>> {
  const { raw, keys } = lab();
  const all: Record<string, string> = {};
  for (const key of (await raw.keys(`${keys.base}*`)).toSorted()) {
    if (key !== except) all[key] = (await raw.dumpBuffer(key))?.toString('base64') ?? '';
  }
  return all;
}

describe('a key of a wrong type', () => {
  const claimed = [
    'messages',
    'ready',
    'suspects',
    'delayed',
    'consumers',
    'recovering',
    'histories',
    'dead',
    'reasons',
    'meta',
    'wake',
  ] as const;

  it.each(claimed)(
    '%s: a claim is refused and applies nothing; when it is put right, work goes on',
    async (name) => {
      const { raw, keys } = lab();
      const broker = await lab().broker();
      const driver = lab().driver(broker);
      await store(8);
      const [done, released, delayed, dead] = (await driver.claim(5)).ids as [string, string, string, string];
      await driver.claim(0, { delayed: [{ id: delayed, delay: 1, history: ONE_CRASH }] });
      await leaveRecovering([(await raw.lindex(keys.ready, 1))!], 'x');
      const settlements = {
        done: [done],
        released: [released],
        dead: [{ id: dead, record: '{"reason":"failed"}' }],
      };

      const key = keys[name];
      const aside = `${keys.base}aside`;
      const existed = (await raw.exists(key)) === 1;
      if (existed) await raw.rename(key, aside);
      await raw.set(key, 'wrong');
      const before = await snapshot(key);
      await expect(driver.claim(5, settlements)).rejects.toBeInstanceOf(BrokerRefusedError);
      expect(await snapshot(key)).toEqual(before);

      await raw.del(key);
      if (existed) await raw.rename(aside, key);
      // The same call, so also for as many.
      const { lost, ids } = await driver.claim(0, settlements);
      expect(lost).toBe(false);
      expect(await broker.counts(lab().queue)).toMatchObject({ dead: 1 });
      expect(await claimInTurn([driver], 5 - ids.length)).toHaveLength(5 - ids.length);
    },
  );

  it.each(['messages', 'ready', 'wake', 'producers'] as const)(
    '%s: a submit is refused and stores nothing',
    async (name) => {
      const { raw, keys } = lab();
      const task = lab().task(await lab().broker());
      await raw.set(keys[name], 'wrong');
      await expect(task.submit(1)).rejects.toBeInstanceOf(BrokerRefusedError);
      expect(await raw.keys(`${keys.base}*`)).toEqual([keys[name]]);
      await raw.del(keys[name]);
      const sent = await task.submit(2);
      expect(await lab().ready()).toEqual([sent.id]);
    },
  );

  it('a consumer says so once, and goes on when it is put right', async () => {
    const { raw, keys } = lab();
    const broker = await lab().broker();
    const runs: unknown[] = [];
    await raw.set(keys.delayed, 'wrong');
    await store(3);
    const { events } = await lab().consume(broker, (n: unknown) => void runs.push(n));
    await until(() => events.length > 0, PATIENCE);
    await raw.del(keys.delayed);
    await until(() => runs.length === 3, PATIENCE);
    await until(() => events.length === 2, PATIENCE);
    expect(events.map(({ type }) => type)).toEqual(['broker-failing', 'broker-recovered']);
  });
});

/** Waits until so much time has passed: time is what these tests are about. */
const elapsed = (ms: number): Promise<void> => {
  const end = performance.now() + ms;
  return until(() => performance.now() >= end, ms + PATIENCE);
};

describe('an outage', () => {
  it.each(['frozen', 'killed'])(
    'of a server that is %s for longer than the lease: nobody loses it',
    async (how) => {
      const lease = 2_000;
      const server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']);
      lab().onEnd(() => server.stop());
      const brokers = [await lab().broker({ redis: server.url }), await lab().broker({ redis: server.url })];
      const runs = new Map<number, number>();
      const gate = deferred();
      const run = async (n: number): Promise<void> => {
        runs.set(n, (runs.get(n) ?? 0) + 1);
        await gate.promise;
      };
      const all: ConsumerEvent[][] = [];
      for (const broker of brokers) {
        all.push((await lab().consume(broker, run, { lease, maxConcurrency: 5, readAhead: 0 })).events);
      }
      await lab()
        .task(brokers[0]!)
        .submitMany(Array.from({ length: 10 }, (_, i) => [i]));
      await until(() => runs.size === 10, PATIENCE);

      if (how === 'frozen') server.signal('SIGSTOP');
      else await server.kill();
      await elapsed(1.5 * lease);
      if (how === 'frozen') server.signal('SIGCONT');
      else await server.restart();
      await brokers[0]!.counts(lab().queue);
      await elapsed(1.5 * lease);
      gate.resolve();
      await until(async () => (await brokers[1]!.counts(lab().queue)).onLoan === 0, PATIENCE);

      expect(all.flat().filter(({ type }) => type === 'lease-lost')).toEqual([]);
      expect([...runs.values()]).toEqual(Array.from({ length: 10 }, () => 1));
      expect(await brokers[0]!.counts(lab().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
    },
    40_000,
  );

  /** A consumer whose lease ends in `left` ms, on a queue where nobody was heard for `silence` ms. */
  async function leaveSilent(consumers: string[], left: number, silence: number): Promise<void> {
    const { raw, keys } = lab();
    for (const consumer of consumers) {
      await raw.zadd(keys.consumers, Date.now() + left, consumer);
      await raw.sadd(keys.active(consumer), id());
    }
    await raw.hset(keys.meta, 'heard', Date.now() - silence);
  }

  const onLease = (name: string): Promise<string | null> => lab().raw.zscore(lab().keys.consumers, name);

  it('extends the leases that ended, and those that would end before their consumers are back', async () => {
    await leaveSilent(['ended'], -1, LEASE);
    await leaveSilent(['ending'], 200, LEASE);
    const driver = lab().driver(await lab().broker(), LEASE);
    await driver.claim(1);
    for (const name of ['ended', 'ending']) {
      expect(Number(await onLease(name)) - Date.now()).toBeGreaterThan(LEASE / 2);
    }
  });

  it('extends them also when an idle consumer looks first', async () => {
    const { raw, keys, queue } = lab();
    const driver = lab().driver(await lab().broker(), 2_000);
    await leaveSilent(['ending'], 900, 2_000);
    driver.lease.arm();
    // It is told to claim, as the queue was not looked at for half a lease.
    await until(() => driver.woken > 0, PATIENCE);
    await driver.claim(1);
    expect(Number(await onLease('ending')) - Date.now()).toBeGreaterThan(1_000);
    expect(await raw.exists(keys.recovering)).toBe(0);
    expect(queue).toMatch(/^lab/);
  });

  it('extends the leases of any number of consumers', async () => {
    const names = Array.from({ length: 350 }, (_, i) => `away-${i}`);
    // A scout is not extended, and costs none of them theirs.
    await leaveSilent(['scout+'], -100, LEASE);
    await leaveSilent(names, -1, LEASE);
    const driver = lab().driver(await lab().broker(), LEASE);
    for (let i = 0; i < 4; i++) await driver.claim(0);
    expect(await lab().raw.zcard(lab().keys.consumers)).toBe(350);
    expect(await lab().raw.zrange(lab().keys.recovering, '0', '-1')).toEqual(
      expect.not.arrayContaining(names),
    );
  });

  it('a lease of many days is remembered for as long', async () => {
    const { raw, keys } = lab();
    await store(1);
    const week = 7 * 86_400_000;
    await lab()
      .driver(await lab().broker(), week)
      .claim(1);
    const [call] = await raw.keys(keys.call('*'));
    expect(await raw.pttl(call!)).toBeGreaterThan(week - 60_000);
  });

  it('extends a lease once: the loans of the dead come back though claims are rare', async () => {
    const { raw, keys } = lab();
    const [first] = await store(1);
    await leaveLoan([first!]);
    const driver = lab().driver(await lab().broker(), LEASE);
    const claimLate = async (): Promise<readonly string[]> => {
      // As if the last claim had been long ago.
      await raw.hset(keys.meta, 'heard', Date.now() - LEASE);
      await raw.zadd(keys.consumers, 'XX', Date.now() - 1, 'dead');
      return (await driver.claim(1)).ids;
    };
    expect(await claimLate()).toEqual([]);
    expect(Number(await onLease('dead'))).toBeGreaterThan(Date.now());
    expect(await claimLate()).toEqual([first]);
    expect(await raw.hgetall(keys.meta)).not.toHaveProperty('extended:dead');
  });

  it('extends again after the consumer was heard', async () => {
    const { raw, keys } = lab();
    await store(2);
    const [one, other] = [
      lab().driver(await lab().broker(), LEASE),
      lab().driver(await lab().broker(), LEASE),
    ];
    await one.claim(1);
    const name = (await raw.zrange(keys.consumers, '0', '-1'))[0]!;
    for (let i = 0; i < 3; i++) {
      await raw.hset(keys.meta, 'heard', Date.now() - LEASE);
      await raw.zadd(keys.consumers, 'XX', Date.now() - 1, name);
      await other.claim(0);
      expect(Number(await onLease(name))).toBeGreaterThan(Date.now());
      expect((await one.claim(0)).lost).toBe(false);
    }
  });

  it('recovers at once while others are heard', async () => {
    const ids = await store(2);
    const driver = lab().driver(await lab().broker(), LEASE);
    await driver.claim(0);
    await leaveLoan(ids);
    expect((await driver.claim(2)).ids).toEqual(ids);
  });
});

/** Consumers that die while they hold what `kills` names, as often as it takes; answers what each was granted. */
async function runWithDeaths(
  lease: number,
  kills: (id: string) => boolean,
  total: number,
): Promise<string[][]> {
  const grants: string[][] = [];
  let settled = 0;
  let driver = lab().driver(await lab().broker(), lease);
  const end = performance.now() + 2 * PATIENCE;
  while (settled < total && performance.now() < end) {
    const { ids, buried } = await driver.claim(4);
    settled += buried.length;
    if (ids.length > 0) grants.push([...ids]);
    if (ids.some(kills)) {
      // Its process is gone, and another starts.
      driver = lab().driver(await lab().broker(), lease);
    } else if (ids.length > 0) {
      settled += ids.length;
      await driver.claim(0, { done: [...ids] });
    }
  }
  return grants;
}

describe('a poison message', () => {
  it('is granted alone before it would die, and is buried; the innocent all run', async () => {
    const ids = await store(12);
    const poison = ids[5]!;
    const grants = await runWithDeaths(300, (each) => each === poison, 12);
    const fatal = grants.filter((grant) => grant.includes(poison));
    expect(fatal).toHaveLength(3);
    expect(fatal[2]).toEqual([poison]);
    const settled = new Set(grants.filter((grant) => !grant.includes(poison)).flat());
    expect([...settled].toSorted()).toEqual(ids.filter((each) => each !== poison));
    const broker = await lab().broker();
    expect(await broker.counts(lab().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 1 });
    const dead = await broker.listDead(lab().queue, 0, 10);
    expect(dead).toMatchObject([{ id: poison, record: { reason: 'crashed', crashes: 3 } }]);
    expect(await lab().raw.hlen(lab().keys.histories)).toBe(0);
  }, 60_000);

  it('fails whoever waits for its result', async () => {
    const broker = await lab().broker();
    const sent = await lab().task(broker).with({ result: 60_000 }).submit('poison');
    const waiting = sent.result(PATIENCE);
    for (let i = 0; i < 3; i++) {
      const victim = await lab().broker();
      const driver = lab().driver(victim, 200);
      await until(async () => (await driver.claim(1)).ids.length === 1, PATIENCE);
      await victim.close();
    }
    const { events } = await lab().consume(await lab().broker(), () => {});
    await expect(waiting).rejects.toBeInstanceOf(TaskFailedError);
    await expect(waiting).rejects.toThrow(/crashed/);
    expect(events).toMatchObject([{ type: 'task-dead', task: 't', id: sent.id, reason: 'crashed' }]);
  }, 60_000);

  it('runs with nothing beside it and nothing read ahead', async () => {
    const { raw, keys } = lab();
    const broker = await lab().broker();
    const [suspect] = await store(1);
    await raw.lpop(keys.ready);
    await raw.rpush(keys.suspects, suspect!);
    await raw.hset(keys.histories, suspect!, '0 2 0');
    await lab()
      .task(broker)
      .submitMany(Array.from({ length: 100 }, (_, i) => [i]));
    const gate = deferred();
    const begun: string[] = [];
    const beside: unknown[] = [];
    const { consumer } = await lab().consume(
      broker,
      async () => {
        const { id: running } = AioTaskContext.current()!;
        begun.push(running);
        if (running !== suspect) return;
        await gate.promise;
        beside.push(begun.length, consumer.stats());
      },
      { lease: 1_000 },
    );
    await until(() => begun.length > 0, PATIENCE);
    // Its lease is renewed meanwhile, and tokens come.
    const renewed = await raw.zscore(keys.consumers, (await raw.zrange(keys.consumers, '0', '-1'))[0]!);
    await lab().task(broker).submit('more');
    await until(
      async () => (await raw.zrange(keys.consumers, '0', '0', 'WITHSCORES'))[1] !== renewed,
      PATIENCE,
    );
    expect(await raw.scard((await raw.keys(keys.active('*')))[0]!)).toBe(1);
    gate.resolve();
    await until(() => begun.length === 102, PATIENCE);
    expect(begun[0]).toBe(suspect);
    expect(beside).toEqual([1, { running: 1, waiting: 0, maxConcurrency: 50, paused: false }]);
  });
});

describe('a zombie', () => {
  it('sees its signals aborted, its outcomes dropped, says so once, and works again', async () => {
    const lease = 1_000;
    const proxy = await lab().proxy();
    const cut = await lab().broker({ redis: proxy.url });
    const broker = await lab().broker();
    const task = lab().task(broker);
    const gate = deferred();
    const signals: AbortSignal[] = [];
    const late: number[] = [];
    const { events } = await lab().consume(
      cut,
      async (n: number) => {
        if (n >= 3) {
          late.push(n);
          return;
        }
        signals.push(AioTaskContext.current()!.signal);
        await gate.promise;
        if (n === 1) throw new Error('too late');
      },
      { lease, maxConcurrency: 3, readAhead: 0 },
    );
    const kept = await task.with({ result: 60_000 }).submitMany([[0], [1], [2]]);
    await until(() => signals.length === 3, PATIENCE);

    proxy.refuse(true);
    proxy.reset();
    const again: number[] = [];
    const other = await lab().consume(
      broker,
      (n: number) => {
        again.push(n);
        return 'by the other';
      },
      { lease },
    );
    await until(() => again.length === 3, PATIENCE);
    await lab().drained();
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false, false]);
    proxy.refuse(false);
    await until(() => signals.every((signal) => signal.aborted), PATIENCE);
    gate.resolve();
    await other.consumer.stop(1_000);
    await task.submit(3);
    await until(() => late.length === 1, PATIENCE);

    for (const signal of signals) expect(signal.reason).toBeInstanceOf(LeaseLostError);
    expect(events).toEqual([{ type: 'lease-lost', queue: lab().queue, running: 3 }]);
    expect(other.events).toEqual([]);
    for (const sent of kept) expect(await sent.result(PATIENCE)).toBe('by the other');
    await lab().drained();
    expect(await broker.counts(lab().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
  }, 40_000);
});

describe('an idle consumer', () => {
  it('holds no lease, and leaves no key of loans', async () => {
    const { raw, keys } = lab();
    const broker = await lab().broker();
    let runs = 0;
    await lab().consume(broker, () => void runs++, { lease: 500 });
    const task = lab().task(broker);
    for (let i = 1; i <= 3; i++) {
      await task.submit(i);
      await until(async () => runs === i && (await raw.zcard(keys.consumers)) === 0, PATIENCE);
      expect(await raw.keys(keys.active('*'))).toEqual([]);
    }
    // Silent for longer than a lease, and not missed.
    await elapsed(1_000);
    await task.submit(4);
    await until(() => runs === 4, PATIENCE);
    expect(await raw.exists(keys.recovering, keys.histories)).toBe(0);
  });
});
