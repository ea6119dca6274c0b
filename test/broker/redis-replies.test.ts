import { describe, expect, it } from '@jest/globals';
import { Producer } from '../../lib/broker/redis/producer.js';
import type { Client } from '../../lib/broker/redis/script.js';
import { claim as claimScript, type ClaimCall } from '../../lib/broker/redis/claim.js';
import type { QueueKeys } from '../../lib/broker/redis/keys.js';
import { LoanBook } from '../../lib/broker/redis/loan-book.js';
import * as scripts from '../../lib/broker/redis/scripts.js';
import { NO_SETTLEMENTS, type Batch, type Claim, type Settlements } from '../../lib/queue/broker.js';
import { SubmitUnknownError } from '../../lib/queue/errors.js';
import { until } from '../signals.js';
import { idsOf, messages } from './contract-kit.js';
import { PATIENCE, useLab } from './redis-kit.js';

const DAY = 86_400_000;
const lab = useLab();

/** A part of every claim, and of every submit, of the queue. */
const claimText = (): string => lab().keys.call('');
const submitText = (): string => lab().keys.producers;

describe('a lost reply of a claim', () => {
  it('is asked for again, and grants the same messages', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const added = messages(10);
    await broker.add(lab().queue, added);
    const driver = lab().driver(broker);
    await driver.claim(0);
    const accepted = proxy.accepted;

    const lost = proxy.loseReply(claimText());
    const claim = await driver.claim(5);
    await lost;

    expect(proxy.accepted).toBe(accepted + 1);
    expect(claim.ids).toEqual(idsOf(added.slice(0, 5)));
    expect(claim.envelopes).toEqual(added.slice(0, 5).map(({ envelope }) => JSON.parse(envelope) as unknown));
    expect(await broker.counts(lab().queue)).toMatchObject({ ready: 5, onLoan: 5 });
    const rest = await driver.claim(10, { done: [...driver.held] });
    expect(rest.ids).toEqual(idsOf(added.slice(5)));
    await driver.claim(0, { done: [...driver.held] });
    expect(await lab().raw.hlen(lab().keys.messages)).toBe(0);
    expect(await lab().stored()).toEqual([]);
  });

  it('applies settlements once', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const added = messages(6);
    await broker.add(lab().queue, added);
    const driver = lab().driver(broker);
    const [done, released, delayed, dead] = (await driver.claim(4)).ids as [string, string, string, string];

    const lost = proxy.loseReply(claimText());
    const claim = await driver.claim(0, {
      done: [done],
      released: [released],
      delayed: [{ id: delayed, delay: 60_000, history: { attempts: 1, crashes: 0, refusals: 0 } }],
      dead: [{ id: dead, record: '{"reason":"failed"}' }],
    });
    await lost;

    expect(claim.lost).toBe(false);
    expect(await lab().ready()).toEqual([released, ...idsOf(added.slice(4))]);
    expect(await broker.counts(lab().queue)).toEqual({ ready: 3, delayed: 1, onLoan: 0, dead: 1 });
    expect((await driver.claim(10)).ids).toEqual([released, ...idsOf(added.slice(4))]);
  });

  it('with settlements and grants together neither settles nor grants twice', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const added = idsOf(messages(9));
    await broker.add(
      lab().queue,
      added.map((id) => ({ id, envelope: JSON.stringify({ v: 1, id, task: 't', args: [] }) })),
    );
    const driver = lab().driver(broker);
    const first = await driver.claim(3);
    const lost = proxy.loseReply(claimText());
    // What it releases is granted again by the same call.
    const second = await driver.claim(4, { done: first.ids.slice(0, 2), released: first.ids.slice(2) });
    await lost;
    expect(second.ids).toEqual(added.slice(2, 6));
    expect(await lab().stored()).toEqual(added.slice(2).toSorted());
    expect(await lab().raw.scard((await lab().raw.keys(lab().keys.active('*')))[0]!)).toBe(4);
  });

  it('says again that a message must run alone', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const added = messages(2);
    await broker.add(lab().queue, added);
    await lab().raw.hset(lab().keys.histories, added[0]!.id, '0 2 0');
    await lab().raw.rpush(lab().keys.suspects, (await lab().raw.lpop(lab().keys.ready))!);
    const driver = lab().driver(broker);
    const lost = proxy.loseReply(claimText());
    const claim = await driver.claim(5);
    await lost;
    expect([claim.ids, claim.alone, claim.more]).toEqual([[added[0]!.id], true, true]);
    expect(claim.histories.get(added[0]!.id)).toEqual({ attempts: 0, crashes: 2, refusals: 0 });
  });

  it('reports the lease as lost when it was given away before the repeat', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const other = lab().driver(await lab().broker());
    await broker.add(lab().queue, messages(4));
    const driver = lab().driver(broker, 200);
    const { ids } = await driver.claim(2);
    proxy.refuse(true);
    proxy.reset();
    const claiming = driver.claim(2, { done: [...ids] });
    await until(async () => (await other.claim(10)).ids.includes(ids[0]!), PATIENCE);
    proxy.refuse(false);
    const claim = await claiming;
    expect([claim.lost, claim.ids]).toEqual([true, []]);
    expect(other.held.size).toBe(4);
  });

  it('that arrives at the server after its repeat, and after a later call, strands nothing', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const driver = lab().driver(broker);
    const added = messages(4);
    await broker.add(lab().queue, added.slice(0, 2));
    const { ids } = await driver.claim(1);

    const held = proxy.hold(claimText());
    const settling = driver.claim(0, { released: [...ids] });
    await held.caught;
    held.resetClient();
    await settling;
    await driver.claim(2);
    await held.release();
    await driver.claim(0, { done: [...driver.held] });
    await broker.counts(lab().queue);

    expect(await lab().stored()).toEqual([]);
    expect(await lab().ready()).toEqual([]);
  });
});

/** One call of the script, read at once. */
async function claimOnce(
  client: Client,
  keys: QueueKeys,
  call: Omit<ClaimCall, 'loans' | 'adopts'>,
): Promise<Claim & Batch> {
  const loans = new LoanBook().settle(call.settlements);
  const claim = await claimScript(client, keys, { ...call, adopts: undefined, loans });
  return { ...claim, ...(await claim.read()) };
}

describe('a repeated script call', () => {
  const call = (sequence: number, want: number, settlements: Partial<Settlements> = {}, holds = true) => ({
    consumer: 'consumer',
    sequence,
    lease: 30_000,
    maxCrashes: 3,
    want,
    answered: holds ? sequence - 1 : 0,
    settlements: { ...NO_SETTLEMENTS, ...settlements },
  });

  it('of a claim with the same number grants the same, and a later number more', async () => {
    const { raw, keys } = lab();
    const added = messages(6);
    await (await lab().broker()).add(lab().queue, added);
    const replies = await Promise.all([
      claimOnce(raw, keys, call(1, 2, {}, false)),
      claimOnce(raw, keys, call(1, 2, {}, false)),
      claimOnce(raw, keys, call(1, 2, {}, false)),
    ]);
    for (const { ids } of replies) expect(ids).toEqual(idsOf(added.slice(0, 2)));
    expect((await claimOnce(raw, keys, call(2, 2))).ids).toEqual(idsOf(added.slice(2, 4)));
    expect(await raw.scard(keys.active('consumer'))).toBe(4);
  });

  it('of a claim with an earlier number does nothing at all', async () => {
    const { raw, keys } = lab();
    const added = messages(6);
    await (await lab().broker()).add(lab().queue, added);
    const [one, two] = (await claimOnce(raw, keys, call(1, 2, {}, false))).ids as [string, string];
    await claimOnce(raw, keys, call(2, 0, { released: [one] }));
    await claimOnce(raw, keys, call(3, 0, { done: [two] }));
    const before = await lab().stored();
    for (const stale of [call(1, 2, {}, false), call(2, 5, { released: [one] })]) {
      expect((await claimOnce(raw, keys, stale)).ids).toEqual([]);
    }
    expect(await lab().stored()).toEqual(before);
    expect(await raw.exists(keys.active('consumer'))).toBe(0);
  });

  it('of a claim that neither settled nor granted does nothing after a later one', async () => {
    const { raw, keys } = lab();
    // An idle consumer looks, twice; then there is work, and its first look arrives once more.
    for (const sequence of [1, 2]) await claimOnce(raw, keys, call(sequence, 5, {}, false));
    await (await lab().broker()).add(lab().queue, messages(2));
    expect((await claimOnce(raw, keys, call(1, 5, {}, false))).ids).toEqual([]);
    expect(await raw.llen(keys.ready)).toBe(2);
  });

  it('of a submit that overtook another waits for it, unless that was answered', async () => {
    const { raw, keys } = lab();
    const deadline = Date.now() + DAY;
    const [one, two, four] = [messages(1), messages(1), messages(1)];
    const add = (sequence: number, answered: number, batch: typeof one) =>
      scripts.add(raw, keys, { producer: 'p', sequence, answered, deadline }, batch);
    expect((await add(2, 0, two)).status).toBe('early');
    expect(await raw.exists(keys.ready)).toBe(0);
    expect((await add(1, 0, one)).status).toBe('stored');
    expect((await add(2, 0, two)).status).toBe('stored');
    // The third was refused: its number is spent all the same.
    expect((await add(4, 2, four)).status).toBe('early');
    expect((await add(4, 3, four)).status).toBe('stored');
    expect((await add(3, 2, messages(1))).status).toBe('repeat');
    expect(await lab().ready()).toEqual(idsOf([...one, ...two, ...four]));
  });

  it('of a submit with the same or an earlier number stores nothing', async () => {
    const { raw, keys } = lab();
    const deadline = Date.now() + DAY;
    const batch = messages(3);
    const add = (sequence: number) =>
      scripts.add(raw, keys, { producer: 'p', sequence, answered: 0, deadline }, batch);
    expect((await add(1)).status).toBe('stored');
    expect((await add(1)).status).toBe('repeat');
    expect(await lab().ready()).toEqual(idsOf(batch));
    await raw.del(keys.ready);
    expect(
      (await scripts.add(raw, keys, { producer: 'p', sequence: 2, answered: 1, deadline }, messages(1)))
        .status,
    ).toBe('stored');
    expect((await add(1)).status).toBe('repeat');
    expect(await raw.llen(keys.ready)).toBe(1);
  });

  it('of a submit after its deadline is refused', async () => {
    const { raw, keys } = lab();
    const producer = { producer: 'p', sequence: 1, answered: 0, deadline: Date.now() - 10_000 };
    expect((await scripts.add(raw, keys, producer, messages(1))).status).toBe('expired');
    expect(await raw.exists(keys.messages, keys.ready, keys.producers)).toBe(0);
  });
});

describe('a lost reply of a submit', () => {
  it('stores a single message once', async () => {
    const proxy = await lab().proxy();
    const task = lab().task(await lab().broker({ redis: proxy.url }));
    const ids = [(await task.submit(0)).id];
    for (let i = 1; i <= 5; i++) {
      const lost = proxy.loseReply(submitText());
      ids.push((await task.submit(i)).id);
      await lost;
    }
    expect(await lab().ready()).toEqual(ids);
    expect((await lab().raw.hkeys(lab().keys.messages)).toSorted()).toEqual(ids.toSorted());
  });

  it('stores a batch once, and in order', async () => {
    const proxy = await lab().proxy();
    const task = lab().task(await lab().broker({ redis: proxy.url }));
    await task.submit('first');
    await lab().raw.del(lab().keys.ready);
    const lost = proxy.loseReply(submitText());
    const sent = await task.submitMany(Array.from({ length: 1_200 }, (_, i) => [i]));
    await lost;
    expect(await lab().ready()).toEqual(idsOf(sent));
  });

  it('stores once what concurrent callers submitted, and tells each', async () => {
    const proxy = await lab().proxy();
    const task = lab().task(await lab().broker({ redis: proxy.url }));
    await task.submit('first');
    const lost = proxy.loseReply(submitText());
    const sent = await Promise.all(Array.from({ length: 100 }, (_, i) => task.submit(i)));
    await lost;
    expect((await lab().ready()).slice(1).toSorted()).toEqual(idsOf(sent).toSorted());
  });

  it('stores once what arrives late, after its repeat and after later submits', async () => {
    const proxy = await lab().proxy();
    const task = lab().task(await lab().broker({ redis: proxy.url }));
    await task.submit('first');
    const held = proxy.hold(submitText());
    const second = task.submit('second');
    await held.caught;
    held.resetClient();
    await second;
    await task.submit('third');
    await held.release();
    await task.submit('fourth');
    expect(await lab().raw.llen(lab().keys.ready)).toBe(4);
  });
});

describe('producers', () => {
  /** A producer to which the server says that it is two days earlier. */
  async function behindTheTimes(): Promise<Producer> {
    const { raw } = lab();
    const client = {
      time: () => Promise.resolve([String(Math.floor((Date.now() - 2 * DAY) / 1_000)), '0']),
      evalsha: raw.evalsha.bind(raw),
      eval: raw.eval.bind(raw),
    };
    return Producer.create(client as unknown as Client);
  }

  it('reject with SubmitUnknownError what reaches the server past its deadline, and store nothing', async () => {
    const { raw, keys } = lab();
    const adding = (await behindTheTimes()).add(keys, messages(3));
    await expect(adding).rejects.toBeInstanceOf(SubmitUnknownError);
    await expect(adding).rejects.toMatchObject({ code: 'NB_SUBMIT_UNKNOWN' });
    expect(await raw.exists(keys.messages, keys.ready, keys.producers)).toBe(0);
  });

  it('learn the server’s time from that, as after a night in which the machine was suspended', async () => {
    const { keys } = lab();
    const producer = await behindTheTimes();
    await expect(producer.add(keys, messages(1))).rejects.toBeInstanceOf(SubmitUnknownError);
    await producer.add(keys, messages(1));
    expect(await lab().ready()).toHaveLength(1);
  });

  it('are forgotten when not heard for a day, and not before', async () => {
    const { raw, keys } = lab();
    const now = Date.now();
    // Enough that the hash is scanned in pages.
    for (let i = 0; i < 600; i++) await raw.hset(keys.producers, `old-${i}`, `7 ${now - DAY - 60_000}`);
    await raw.hset(keys.producers, 'recent', `7 ${now - DAY + 3_600_000}`);
    let joined = 0;
    await until(async () => {
      const call = { producer: `new-${joined++}`, sequence: 1, answered: 0, deadline: now + DAY };
      await scripts.add(raw, keys, call, messages(1));
      return !(await raw.hkeys(keys.producers)).some((name) => name.startsWith('old-'));
    }, PATIENCE);
    expect(joined).toBeLessThan(200);
    expect((await raw.hkeys(keys.producers)).length).toBe(joined + 2);
    const recent = { producer: 'recent', sequence: 7, answered: 6, deadline: now + DAY };
    expect((await scripts.add(raw, keys, recent, messages(1))).status).toBe('repeat');
  });
});

describe('connections', () => {
  it('that break all the time cost nothing: every message runs once, and nothing is stranded', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const task = lab().task(await lab().broker());
    const runs = new Map<unknown, number>();
    let broken = 0;
    await lab().consume(broker, (n: number) => {
      runs.set(n, (runs.get(n) ?? 0) + 1);
      // Amid the work, at points of their own.
      if (runs.size % 150 === 149 && broken < 10) setImmediate(() => (broken++, proxy.reset()));
    });
    await task.submitMany(Array.from({ length: 2_000 }, (_, i) => [i]));
    await until(() => runs.size === 2_000, PATIENCE);
    await lab().drained();
    expect(broken).toBeGreaterThanOrEqual(5);
    expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
    expect(await lab().raw.hlen(lab().keys.messages)).toBe(0);
  });

  it('that fall silent are given up, and the work goes on', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const task = lab().task(await lab().broker());
    const runs: unknown[] = [];
    const { consumer, events } = await lab().consume(broker, async (n: number) => {
      runs.push(n);
      if (n === 0) await until(() => runs.length > 1, 30_000);
    });
    await task.submit(0);
    await until(() => consumer.stats().running === 1, PATIENCE);
    proxy.blackHole();
    await task.submitMany([[1], [2], [3]]);
    await until(() => runs.length === 4, 30_000);
    await lab().drained();
    expect(new Set(runs)).toEqual(new Set([0, 1, 2, 3]));
    expect(events).toEqual([]);
  }, 60_000);

  it('that are slow keep their leases', async () => {
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const other = await lab().broker();
    const task = lab().task(other);
    const runs = new Map<number, number>();
    proxy.delay(300);
    const run = async (n: number): Promise<void> => {
      runs.set(n, (runs.get(n) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    };
    const { events } = await lab().consume(broker, run, { lease: 2_000, maxConcurrency: 10 });
    await task.submitMany(Array.from({ length: 10 }, (_, i) => [i]));
    await until(() => runs.size === 10, PATIENCE);
    // Another one that would take what is given away.
    await lab().consume(other, run, { lease: 2_000, maxConcurrency: 10 });
    await lab().drained();
    expect([...runs.values()]).toEqual(Array.from({ length: 10 }, () => 1));
    expect(events).toEqual([]);
  }, 40_000);
});

describe('a server that forgets its scripts', () => {
  it('is taught them again, in the midst of work', async () => {
    const { raw } = lab();
    const task = lab().task(await lab().broker());
    const runs = new Map<unknown, number>();
    await lab().consume(await lab().broker(), async (n: number) => {
      runs.set(n, (runs.get(n) ?? 0) + 1);
      if (n % 20 === 0) await raw.script('FLUSH');
    });
    for (let i = 0; i < 400; i += 40) {
      await raw.script('FLUSH');
      await task.submitMany(Array.from({ length: 40 }, (_, n) => [i + n]));
    }
    await until(() => runs.size === 400, PATIENCE);
    await lab().drained();
    expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
    await raw.script('FLUSH');
    expect(await task.getQueueSize()).toBe(0);
    expect(await task.clearQueue()).toBe(0);
  });
});

describe('a waiter for a result', () => {
  it('does not miss what is stored while it subscribes again', async () => {
    const { raw, keys, queue } = lab();
    const proxy = await lab().proxy();
    const broker = await lab().broker({ redis: proxy.url });
    const id = idsOf(messages(1))[0]!;
    const waiting = broker.waitForResult(queue, id, AbortSignal.timeout(PATIENCE));
    await until(async () => (await raw.pubsub('NUMSUB', keys.results))[1] === 1, PATIENCE);
    const held = proxy.hold('subscribe');
    await raw.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await held.caught;
    // What it read on reconnecting it has read by now: calls of one connection stay in order.
    await broker.counts(queue);
    await (await lab().broker()).storeResults(queue, [{ id, ttl: 60_000, result: '"here"' }]);
    await held.release();
    expect(await waiting).toBe('"here"');
  });
});
