import { describe, expect, it } from '@jest/globals';
import { NO_SETTLEMENTS } from '../../lib/queue/broker.js';
import { SubmitGroup } from '../../lib/queue/submit-group.js';
import { deferred, until } from '../signals.js';
import type { TcpProxy } from '../tcp-proxy.js';
import { type Consumer, idsOf, message, messages, PATIENT } from './contract-kit.js';
import { PATIENCE, useLab } from './redis-kit.js';

// What one page has in common must survive what happens to one of its messages, whatever a server refuses, forgets, or
// hears late.

const lab = useLab();

/** Stores messages that are on one page. */
async function storePage(count: number): Promise<string[]> {
  const group = new SubmitGroup();
  for (let i = 0; i < count; i++) {
    const { id, envelope } = message([i], group.nextId());
    group.add(id, envelope);
  }
  await (await lab().broker()).add(lab().queue, group.messages);
  return idsOf(group.messages);
}

async function driver(proxy?: TcpProxy, lease?: number): Promise<Consumer> {
  return lab().driver(await lab().broker(proxy ? { redis: proxy.url } : {}), lease);
}

/** Runs to the end whatever is left, also what nobody is heard of any more; answers the ids. */
async function drain(): Promise<string[]> {
  const { raw, keys, queue } = lab();
  const broker = await lab().broker();
  for (const name of await raw.zrange(keys.consumers, '0', '-1')) await raw.zadd(keys.consumers, 1, name);
  const healthy = lab().driver(broker);
  const ran: string[] = [];
  await until(async () => {
    ran.push(...(await healthy.claim(1_000, { done: [...healthy.held] })).ids);
    const { ready, onLoan } = await broker.counts(queue);
    return ready + onLoan === 0;
  }, PATIENCE);
  expect(await raw.hlen(keys.messages)).toBe(0);
  expect(await raw.hlen(keys.parted)).toBe(0);
  return ran;
}

describe('a claim whose reply was lost, and whose repeat is refused', () => {
  const obstacles: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      'out of memory',
      () => lab().raw.config('SET', 'maxmemory', '1'),
      () => lab().raw.config('SET', 'maxmemory', '0'),
    ],
    [
      'a server that became a replica',
      () => lab().raw.replicaof('127.0.0.1', '1'),
      () => lab().raw.replicaof('NO', 'ONE'),
    ],
  ];

  it.each(obstacles)('is the same call when it is made again: %s', async (_, refuse, serve) => {
    const proxy = await lab().proxy();
    const ids = await storePage(10);
    const consumer = await driver(proxy);
    const first = (await consumer.claim(4)).ids;
    lab().onEnd(serve);
    const lost = proxy.loseReply(lab().keys.call(''));
    const claiming = consumer.claim(3, { done: first }).catch((error: unknown) => error);
    await lost;
    await refuse();
    const answer = await claiming;
    await serve();
    const { ids: second } =
      answer instanceof Error ? await consumer.claim(3, { done: first }) : (answer as { ids: string[] });
    expect(second).toEqual(ids.slice(4, 7));
    await consumer.claim(0, { done: second });
    expect(await drain()).toEqual(ids.slice(7));
  });

  it('loses nothing of a consumer, which goes on when there is memory again', async () => {
    const { raw, keys } = lab();
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const task = lab().task(await lab().broker());
    const ran = new Map<number, number>();
    await task.submitMany(Array.from({ length: 500 }, (_, i) => [i]));
    const gate = deferred();
    lab().onEnd(() => raw.config('SET', 'maxmemory', '0'));
    const { events } = await lab().consume(broker, async (n: number) => {
      ran.set(n, (ran.get(n) ?? 0) + 1);
      if (n === 20) await gate.promise;
    });
    await until(() => ran.has(20), PATIENCE);
    for (let i = 0; i < 5; i++) {
      const lost = proxy.loseReply(keys.call(''));
      gate.resolve();
      await lost;
      await raw.config('SET', 'maxmemory', i % 2 === 0 ? '1' : '0');
      await task.submit(1_000 + i).catch(() => {});
    }
    await raw.config('SET', 'maxmemory', '0');
    await until(() => ran.size >= 500, PATIENCE);
    await lab().drained();
    expect(new Set(ran.values())).toEqual(new Set([1]));
    expect(events.filter(({ type }) => type === 'lease-lost')).toEqual([]);
    expect(await raw.hlen(keys.messages)).toBe(0);
  });
});

describe('a claim that arrives after its consumer was recovered', () => {
  /** The consumer holds the first message; its claim lags as well; another one has recovered that message. */
  async function overtaken(): Promise<{ late: Consumer; other: Consumer; release: () => Promise<void> }> {
    const { raw, keys } = lab();
    const proxy = await lab().proxy();
    const late = await driver(proxy, 300);
    const held = proxy.hold(keys.call(''));
    const claiming = late.claim(1);
    await held.caught;
    held.resetClient();
    const { ids } = await claiming;
    const other = await driver();
    await until(async () => {
      await other.claim(0);
      return (await raw.zcard(keys.consumers)) === 0;
    }, PATIENCE);
    expect((await other.claim(1)).ids).toEqual(ids);
    return { late, other, release: () => held.release() };
  }

  it('gives it no lease by which it would settle what is another’s', async () => {
    const ids = await storePage(4);
    const { late, other, release } = await overtaken();
    await release();
    expect((await late.claim(0, { done: [ids[0]!] })).lost).toBe(true);
    const third = (await other.claim(1, { done: [...other.held] })).ids;
    await other.claim(0, { done: third });
    expect([ids[0], ...third, ...(await drain())]).toEqual(ids);
  });

  it('or after it was closed, grants nothing', async () => {
    const { raw, keys } = lab();
    await storePage(2);
    const proxy = await lab().proxy();
    const closed = await driver(proxy);
    const held = proxy.hold(keys.call(''));
    const claiming = closed.claim(1);
    await held.caught;
    held.resetClient();
    await claiming;
    await closed.claim(0, { done: [...closed.held] });
    await closed.lease.close();
    await held.release();
    expect(await raw.zcard(keys.consumers)).toBe(0);
    expect(await lab().ready()).toHaveLength(1);
  });
});

describe('a server that has forgotten its last moment (a failover, a crash with everysec)', () => {
  /** Answers how the server goes back to what it is now. */
  async function remember(): Promise<() => Promise<void>> {
    const { raw, keys } = lab();
    const names = await raw.keys(`${keys.base}*`);
    const before = await Promise.all(names.map((name) => raw.dumpBuffer(name)));
    return async () => {
      await raw.del(await raw.keys(`${keys.base}*`));
      for (const [i, name] of names.entries()) await raw.restore(name, 0, before[i]!);
    };
  }

  it('keeps nothing on loan to a consumer that knows nothing of it', async () => {
    const { keys, raw } = lab();
    const one = await driver();
    const [id] = await storePage(1);
    await one.claim(1);
    const goBack = await remember();
    await one.claim(0, { done: [id!] });
    await goBack();
    expect((await one.claim(1)).lost).toBe(true);
    // Its lease ends by itself.
    expect(await raw.zcard(keys.consumers)).toBe(1);
    expect(await drain()).toEqual([id]);
  });

  it('keeps nothing on loan to a consumer whose scout brought it the same once more', async () => {
    const { keys, raw, queue } = lab();
    const brought = deferred();
    const broker = await lab().broker();
    const lease = broker.lease(queue, PATIENT, (found) => {
      if (found) brought.resolve();
    });
    const ids = await storePage(3);
    expect((await lease.claim(3, false, NO_SETTLEMENTS)).count).toBe(3);
    const [name] = await raw.zrange(keys.consumers, '0', '-1');
    await raw.zadd(keys.consumers, 'XX', 1, name!);
    const goBack = await remember();
    // Another one recovers it, and it does not know yet.
    await (await driver()).claim(0);
    lease.arm();
    await brought.promise;
    await goBack();
    expect((await lease.claim(0, true, NO_SETTLEMENTS)).lost).toBe(true);
    expect(await drain()).toEqual(ids);
  });

  it('loses no message that was stored long before', async () => {
    const { queue } = lab();
    const broker = await lab().broker();
    await broker.add(queue, messages(1));
    const one = lab().driver(broker);
    await one.claim(1);
    const ids = await storePage(4);
    const goBack = await remember();
    expect((await one.claim(2)).ids).toEqual(ids.slice(0, 2));
    await goBack();

    const two = await driver();
    const ran = (await two.claim(3)).ids;
    expect((await one.claim(0, { done: ids.slice(0, 2) })).lost).toBe(true);
    await two.claim(0, { done: [...two.held] });
    expect([...ran, ...(await drain())]).toEqual(expect.arrayContaining(ids));
  });
});
