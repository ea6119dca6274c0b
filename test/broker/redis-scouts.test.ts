import { describe, expect, it } from '@jest/globals';
import type { RedisBroker } from '../../lib/broker/redis/index.js';
import { giveBack, scout } from '../../lib/broker/redis/scout.js';
import { AioTaskContext, LeaseLostError } from '../../lib/queue/index.js';
import { NO_SETTLEMENTS } from '../../lib/queue/broker.js';
import { SubmitGroup } from '../../lib/queue/submit-group.js';
import { deferred, until } from '../signals.js';
import { type Consumer, idsOf, message, messages } from './contract-kit.js';
import { PATIENCE, useLab } from './redis-kit.js';

const lab = useLab();
const LEASE = 30_000;

async function store(count: number): Promise<string[]> {
  const batch = messages(count);
  await (await lab().broker()).add(lab().queue, batch);
  return idsOf(batch);
}

/** What a process leaves behind whose scout takes a message, and which is frozen. */
async function leaveScout(hold = 300): Promise<string | undefined> {
  return (await scout(lab().raw, lab().keys, 'frozen', LEASE, hold)).span;
}

async function driver(): Promise<Consumer> {
  return lab().driver(await lab().broker());
}

/** How many commands the server was sent of a kind. */
async function calls(command: string): Promise<number> {
  const stats = await lab().raw.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

async function blocked(): Promise<number> {
  return Number(/blocked_clients:(\d+)/.exec(await lab().raw.info('clients'))?.[1]);
}

/** An armed consumer with a claim that has not reached the server yet. */
async function claimOnItsWay() {
  const proxy = await lab().proxy();
  const consumer = lab().driver(await lab().broker({ redis: proxy.url }));
  consumer.lease.arm();
  await until(async () => (await blocked()) === 1, PATIENCE);
  const held = proxy.hold(lab().keys.call(''));
  const answer = consumer.lease.claim(5, false, NO_SETTLEMENTS);
  await held.caught;
  return { consumer, held, answer };
}

describe('a scout', () => {
  it('brings a message with the wake, and the next claim adopts it', async () => {
    const { raw, keys, queue } = lab();
    const broker = await lab().broker();
    const consumer = await driver();
    consumer.lease.arm();
    await until(async () => (await blocked()) === 1, PATIENCE);
    const ids = await store(3);
    await consumer.wake();
    await until(() => consumer.held.size === 1, PATIENCE);
    expect([...consumer.held]).toEqual(ids.slice(0, 1));
    expect(await broker.counts(queue)).toMatchObject({ ready: 2, onLoan: 1 });
    expect(await raw.zrange(keys.consumers, '0', '-1')).toEqual([expect.stringMatching(/\+$/)]);
    expect((await consumer.claim(2)).ids).toEqual(ids.slice(0, 2));
    expect(await raw.zrange(keys.consumers, '0', '-1')).toEqual([expect.not.stringMatching(/\+$/)]);
    expect((await consumer.claim(0, { done: ids.slice(0, 2) })).lost).toBe(false);
    expect(await broker.counts(queue)).toEqual({ ready: 1, delayed: 0, onLoan: 0, dead: 0 });
  });

  it('of a frozen process costs others no more than its time, and the message no crash', async () => {
    const ids = await store(1);
    expect(await leaveScout()).toBeDefined();
    const other = await driver();
    const start = performance.now();
    const claim = await other.claim(1);
    expect(claim.ids).toEqual([]);
    expect(claim.dueIn).toBeLessThanOrEqual(300);
    other.lease.arm(claim.dueIn);
    await other.wake();
    let granted = await other.claim(1);
    await until(async () => {
      if (granted.ids.length === 0) granted = await other.claim(1);
      return granted.ids.length > 0;
    }, PATIENCE);
    expect(granted.ids).toEqual(ids);
    expect(granted.histories.get(ids[0]!)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  it('that took a part of a page gives that back to the front', async () => {
    const group = new SubmitGroup();
    for (let i = 0; i < 5; i++) {
      const { id, envelope } = message([i], group.nextId());
      group.add(id, envelope);
    }
    await (await lab().broker()).add(lab().queue, group.messages);
    expect(await leaveScout()).toBe(`${group.messages[0]!.id}0105`);
    await giveBack(lab().raw, lab().keys, 'frozen');
    await giveBack(lab().raw, lab().keys, 'frozen');
    expect(await (await lab().broker()).counts(lab().queue)).toMatchObject({ ready: 5, onLoan: 0 });
    expect(await lab().ready()).toEqual(idsOf(group.messages));
    expect(await lab().raw.llen(lab().keys.wake)).toBe(1);
  });

  it('that is asked again, after a lost reply, takes nothing more', async () => {
    const ids = await store(2);
    expect(await leaveScout()).toBe(`${ids[0]}0101`);
    expect(await leaveScout()).toBe(`${ids[0]}0101`);
    expect(await lab().ready()).toEqual(ids.slice(1));
  });

  it('takes no suspect, and nothing while a recovery is due: it says that a claim is', async () => {
    const { raw, keys } = lab();
    const [suspect] = await store(1);
    await raw.lpop(keys.ready);
    await raw.rpush(keys.suspects, suspect!);
    expect(await scout(raw, keys, 'c', LEASE, 300)).toMatchObject({ span: undefined, work: true });
    await raw.del(keys.suspects);
    await store(1);
    await raw.zadd(keys.consumers, Date.now() - 1, 'dead');
    expect(await scout(raw, keys, 'c', LEASE, 300)).toMatchObject({ span: undefined, work: true });
  });

  it('knows the history of what it takes', async () => {
    const { raw, keys } = lab();
    const [id] = await store(1);
    await raw.hset(keys.histories, id!, '2 1 0');
    const found = await scout(raw, keys, 'c', LEASE, 300);
    expect((await found.read()).histories.get(id!)).toEqual({ attempts: 2, crashes: 1, refusals: 0 });
  });

  it('keeps suspects from its consumer: what was brought may run already', async () => {
    const { raw, keys } = lab();
    const { consumer, held, answer: first } = await claimOnItsWay();
    await store(1);
    await until(() => consumer.held.size === 1, PATIENCE);
    const [suspect] = messages(1);
    await raw.hset(keys.messages, suspect!.id, suspect!.envelope);
    await raw.hset(keys.histories, suspect!.id, '0 2 0');
    await raw.rpush(keys.suspects, suspect!.id);
    await held.release();
    expect(await first).toMatchObject({ alone: false, suspects: true, count: 0 });
  });

  it('that was never heard again gets no second lease after an outage', async () => {
    const { raw, keys } = lab();
    const ids = await store(1);
    expect(await leaveScout(1)).toBeDefined();
    await raw.hset(keys.meta, 'heard', Date.now() - LEASE);
    expect(await (await driver()).gather(1)).toEqual(ids);
    expect(Object.keys(await raw.hgetall(keys.meta))).toEqual(['heard']);
  });

  it('that takes the last message of a queue sets the count right', async () => {
    const { raw, keys } = lab();
    await store(1);
    await raw.hset(keys.meta, 'surplus', 7);
    expect(await leaveScout()).toBeDefined();
    expect(await raw.hget(keys.meta, 'surplus')).toBeNull();
  });
});

/** A consumer with a message that its scout brought. */
async function broughtTo(broker: RedisBroker): Promise<{ consumer: Consumer; id: string; name: string }> {
  const { raw, keys } = lab();
  const consumer = lab().driver(broker);
  consumer.lease.arm();
  await until(async () => (await blocked()) === 1, PATIENCE);
  const [id] = await store(1);
  await until(() => consumer.held.size === 1, PATIENCE);
  const names = await raw.zrange(keys.consumers, '0', '-1');
  const name = names.find((each) => each.endsWith('+'))!.slice(0, -1);
  return { consumer, id: id!, name };
}

/** Lets the scout's time be over, and another consumer take what it had. */
async function giveAway(name: string): Promise<Consumer> {
  await giveBack(lab().raw, lab().keys, name);
  const other = await driver();
  expect((await other.claim(1)).ids).toHaveLength(1);
  return other;
}

describe('what a scout brought, and others have by now,', () => {
  it('is said to be gone; the rest is as ever', async () => {
    const { raw, keys, queue } = lab();
    const broker = await lab().broker();
    const { consumer, id, name } = await broughtTo(broker);
    const other = await giveAway(name);
    const more = await store(1);
    expect(await consumer.claim(2)).toMatchObject({ lost: false, ids: [id, ...more] });
    expect([consumer.gone, [...consumer.held]]).toEqual([[id], more]);
    expect((await consumer.claim(0, { done: more })).lost).toBe(false);
    expect(await broker.counts(queue)).toMatchObject({ ready: 0, onLoan: 1 });
    expect(await raw.hkeys(keys.messages)).toEqual([id]);
    await other.claim(0, { done: [id] });
    expect(await raw.hlen(keys.messages)).toBe(0);
  });

  it.each([true, false])('is said to be gone again when the reply was lost; gone: %s', async (isGone) => {
    const { keys } = lab();
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const { consumer, id, name } = await broughtTo(broker);
    if (isGone) await giveAway(name);
    const lost = proxy.loseReply(keys.call(''));
    await consumer.claim(1);
    await lost;
    expect(consumer.gone).toEqual(isGone ? [id] : []);
    expect(await lab().raw.smembers(keys.active(name))).toEqual(isGone ? [] : [id]);
  });

  it('is not taken for what a later scout took', async () => {
    const { raw, keys } = lab();
    const { consumer, id, name } = await broughtTo(await lab().broker());
    await giveAway(name);
    const [later] = await store(1);
    // From a connection given up as dead.
    await scout(raw, keys, name, LEASE, 1);
    await consumer.claim(0);
    expect(consumer.gone).toEqual([id]);
    expect(await raw.smembers(keys.active(name))).toEqual([]);
    expect(await (await driver()).gather(1)).toEqual([later]);
  });

  it('is aborted, dropped, and reported; a delivery of it that the same claim grants is a new one', async () => {
    const { raw, keys, queue } = lab();
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const gates = [deferred(), deferred()];
    const signals: (AbortSignal | undefined)[] = [];
    const { consumer, events } = await lab().consume(broker, async () => {
      signals.push(AioTaskContext.current()?.signal);
      await gates[signals.length - 1]?.promise;
    });
    await until(async () => (await blocked()) === 1, PATIENCE);
    const held = proxy.hold(keys.call(''));
    await lab()
      .task(await lab().broker())
      .submit(0);
    await held.caught;
    await until(() => signals.length === 1, PATIENCE);
    const [name] = await raw.zrange(keys.consumers, '0', '-1');
    await giveBack(raw, keys, name!.slice(0, -1));
    await held.release();
    await until(() => signals.length === 2, PATIENCE);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, false]);
    expect(signals[0]?.reason).toBeInstanceOf(LeaseLostError);
    expect(events.map(({ type }) => type)).toEqual(['lease-lost']);
    gates[0]!.resolve();
    await until(() => consumer.stats().running === 1, PATIENCE);
    expect(await (await lab().broker()).counts(queue)).toMatchObject({ onLoan: 1 });
    gates[1]!.resolve();
    await lab().drained();
    expect(consumer.stats()).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe('a consumer with a scout', () => {
  it('runs a message without asking for it, and asks for the rest', async () => {
    const ran: number[] = [];
    const { consumer } = await lab().consume(await lab().broker(), (n: number) => void ran.push(n));
    await until(async () => (await blocked()) === 1, PATIENCE);
    await lab()
      .task(await lab().broker())
      .submitMany([[1], [2], [3]]);
    await until(() => ran.length === 3, PATIENCE);
    expect(ran).toEqual([1, 2, 3]);
    await lab().drained();
    expect(consumer.stats()).toMatchObject({ running: 0, waiting: 0 });
    expect(await lab().raw.hlen(lab().keys.messages)).toBe(0);
    expect(await lab().raw.hlen(lab().keys.histories)).toBe(0);
  });

  it('that is full gives back at once what its scout took', async () => {
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
    await until(async () => (await blocked()) === 1, PATIENCE);
    const task = lab().task(await lab().broker());
    // A scout took the first; the second is in time for the next one, if there is any.
    await task.submit(1);
    await until(() => full.consumer.stats().running === 1, PATIENCE);
    await task.submit(2);
    await lab().consume(await lab().broker(), () => void ran.push('idle'), options);
    await until(() => ran.length === 2, PATIENCE);
    expect(ran).toEqual(['full', 'idle']);
  });

  it('that pauses takes nothing any more, once it says so', async () => {
    const broker = await lab().broker();
    const producer = await lab().broker();
    const { consumer } = await lab().consume(broker, () => {});
    for (let i = 0; i < 20; i++) {
      await until(async () => (await blocked()) === 1, PATIENCE);
      await consumer.pause();
      await lab().task(producer).submit(i);
      expect(await producer.counts(lab().queue)).toMatchObject({ ready: 1, onLoan: 0 });
      consumer.resume();
      await lab().drained();
    }
  });

  it('pauses within its time limit when the server does not answer', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const { consumer } = await lab().consume(broker, () => {});
    await until(async () => (await blocked()) === 1, PATIENCE);
    proxy.blackHole();
    const start = performance.now();
    await consumer.pause();
    expect(performance.now() - start).toBeGreaterThan(1_900);
    expect(consumer.stats()).toMatchObject({ paused: true, waiting: 0 });
  });

  it('gives back at once what it hears of too late, and claims it', async () => {
    const proxy = await lab().proxy();
    const idle = await lab().broker({ redis: proxy.url });
    const producer = await lab().broker();
    let ran = false;
    await lab().consume(idle, () => void (ran = true));
    await until(async () => (await blocked()) === 1, PATIENCE);
    // Nobody is told of the message, so the scout finds it when the wait ends, and its answer takes its time.
    const { id, envelope } = message();
    await lab().put(id, envelope);
    proxy.delay(150);
    await until(async () => (await producer.counts(lab().queue)).onLoan === 1, PATIENCE);
    const start = performance.now();
    await until(() => ran, PATIENCE);
    // Without that it would wait for as long as a scout may hold it: 2.4 s.
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('leaves nothing behind when it stops', async () => {
    const { raw, keys } = lab();
    const broker = await lab().broker();
    for (let i = 0; i < 20; i++) {
      const { consumer } = await lab().consume(broker, () => {});
      await until(async () => (await blocked()) === 1, PATIENCE);
      // A message that comes while it stops is run, or given back: not held.
      const sent = lab()
        .task(await lab().broker())
        .submit(i);
      await Promise.all([consumer.stop(1_000), sent]);
      expect(await raw.zcard(keys.consumers)).toBe(0);
      expect(await blocked()).toBe(0);
    }
    expect(await raw.keys(`${keys.base}active:*`)).toEqual([]);
    for (const key of await raw.keys(`${keys.base}call:*`))
      expect(await raw.pttl(key)).toBeLessThanOrEqual(60_000);
    expect(await raw.hlen(keys.histories)).toBe(0);
  }, 60_000);

  it('is idle at the price of one command a second', async () => {
    await lab().consume(await lab().broker(), () => {});
    await until(async () => (await blocked()) === 1, PATIENCE);
    const before = [await calls('blpop'), await calls('evalsha')];
    const start = performance.now();
    await until(async () => (await calls('blpop')) >= before[0]! + 3, PATIENCE);
    const seconds = (performance.now() - start) / 1_000;
    const made = (await calls('blpop')) - before[0]! + (await calls('evalsha')) - before[1]!;
    // Counted from the middle of a wait, so one pair of commands more may be in it.
    expect(made).toBeLessThanOrEqual(seconds + 2);
  }, 20_000);

  it('survives lost replies, and a connection that breaks behind its back', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const task = lab().task(await lab().broker());
    const runs = new Map<number, number>();
    await lab().consume(broker, (n: number) => void runs.set(n, (runs.get(n) ?? 0) + 1));
    for (let i = 0; i < 10; i++) {
      await until(async () => (await blocked()) === 1, PATIENCE);
      const lost = i % 2 === 0 ? proxy.loseReply(lab().keys.wake) : undefined;
      await task.submit(i);
      if (!lost) setImmediate(() => proxy.reset());
      await until(() => runs.size === i + 1, PATIENCE);
      await lost;
    }
    await lab().drained();
    expect([...runs.values()]).toEqual(Array.from({ length: 10 }, () => 1));
    expect(await lab().raw.hlen(lab().keys.messages)).toBe(0);
    expect(await (await lab().broker()).counts(lab().queue)).toMatchObject({ dead: 0 });
  }, 60_000);
});

describe('what comes while a claim is under way', () => {
  it('and is recovered and granted by that claim, is run once', async () => {
    const { raw, keys } = lab();
    const { consumer, held, answer: first } = await claimOnItsWay();
    const [id] = await store(1);
    await until(() => consumer.held.size === 1, PATIENCE);
    const [name] = await raw.zrange(keys.consumers, '0', '-1');
    await raw.zadd(keys.consumers, 1, name!);
    await held.release();
    const claim = await first;
    expect([claim.gone, (await claim.read()).ids]).toEqual([[id], [id]]);
    expect((await consumer.lease.claim(0, true, NO_SETTLEMENTS)).gone).toBeUndefined();
    expect(await raw.smembers(keys.active(name!.slice(0, -1)))).toEqual([id]);
  });

  it('is adopted by the next one, not by that', async () => {
    const { raw, keys, queue } = lab();
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const consumer = lab().driver(broker);
    consumer.lease.arm();
    await until(async () => (await blocked()) === 1, PATIENCE);
    // A claim that is on its way for a while; what the scout takes meanwhile comes first.
    const held = proxy.hold(keys.call(''));
    const first = consumer.claim(0);
    await held.caught;
    const [id] = await store(1);
    await until(() => consumer.held.size === 1, PATIENCE);
    await held.release();
    await first;
    expect((await raw.zrange(keys.consumers, '0', '-1'))[0]).toMatch(/\+$/);
    expect((await consumer.claim(0)).lost).toBe(false);
    expect((await raw.zrange(keys.consumers, '0', '-1'))[0]).not.toMatch(/\+$/);
    await consumer.claim(0, { done: [id!] });
    expect(await broker.counts(queue)).toMatchObject({ ready: 0, onLoan: 0 });
  });
});
