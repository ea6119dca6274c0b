import { describe, expect, it } from '@jest/globals';
import { type DeadReason, MAX_BATCH, type StoredEnvelope } from '../../lib/queue/broker.js';
import {
  addMessages,
  Consumer,
  type ContractEnv,
  idsOf,
  type MakeEnv,
  until,
  useEnv,
} from './contract-kit.js';

const FAILED_ONCE = { attempts: 1, crashes: 0, refusals: 0 };
const FAILED = '{"reason":"failed","attempts":5,"error":{"name":"TypeError","message":"no \\"x\\""}}';

/** Counting, clearing, the dead, and queues side by side. */
export function storage(make: MakeEnv): void {
  describe('storage', () => {
    const env = useEnv(make);
    clearing(env);
    theDead(env);

    it('counts what is ready, delayed, on loan and dead', async () => {
      const added = idsOf(await addMessages(env(), 10));
      const consumer = new Consumer(env());
      await consumer.claim(6);
      await consumer.claim(0, {
        done: [added[0]!],
        delayed: [{ id: added[1]!, delay: 60_000, history: FAILED_ONCE }],
        dead: [added[2]!, added[3]!].map((id) => ({ id, record: FAILED })),
      });
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 4, delayed: 1, onLoan: 2, dead: 2 });
    });

    it('keeps queues apart', async () => {
      const other = `${env().queue}-other`;
      const mine = idsOf(await addMessages(env(), 2));
      const theirs = idsOf(await addMessages(env(), 3, other));
      const consumer = new Consumer(env(), undefined, other);
      expect((await consumer.claim(10)).ids).toEqual(theirs);
      await consumer.claim(0, { dead: [{ id: theirs[0]!, record: FAILED }] });
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 2, delayed: 0, onLoan: 0, dead: 0 });
      expect(await env().broker.counts(other)).toEqual({ ready: 0, delayed: 0, onLoan: 2, dead: 1 });
      expect(idsOf(await env().broker.clear(env().queue)).toSorted()).toEqual(mine);
      expect(await env().broker.clear(other)).toEqual([]);
      expect(await env().broker.listDead(env().queue, 0, 10)).toEqual([]);
    });
  });
}

async function clearAll(env: ContractEnv): Promise<StoredEnvelope[]> {
  const removed: StoredEnvelope[] = [];
  for (;;) {
    const chunk = await env.broker.clear(env.queue);
    if (chunk.length === 0) return removed;
    expect(chunk.length).toBeLessThanOrEqual(MAX_BATCH);
    removed.push(...chunk);
  }
}

function clearing(env: () => ContractEnv): void {
  it('clears an empty queue', async () => {
    expect(await env().broker.clear(env().queue)).toEqual([]);
  });

  it('clears in chunks what is ready or delayed, and answers the stored texts', async () => {
    const added = await addMessages(env(), MAX_BATCH * 2 + 300);
    const [onLoan, dead, delayed] = [added.slice(0, 2), added.slice(2, 4), added.slice(4, 10)];
    const consumer = new Consumer(env());
    await consumer.claim(10);
    await consumer.claim(0, {
      dead: idsOf(dead).map((id) => ({ id, record: FAILED })),
      delayed: idsOf(delayed).map((id) => ({ id, delay: 50, history: FAILED_ONCE })),
    });
    const removed = await clearAll(env());
    expect(removed.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(added.slice(4));
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 2, dead: 2 });
    expect(idsOf(await env().broker.listDead(env().queue, 0, 10))).toEqual(idsOf(dead));
    await env().advance(100);
    expect((await consumer.claim(10)).ids).toEqual([]);
    expect((await consumer.claim(0, { done: idsOf(onLoan) })).lost).toBe(false);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 2 });
  });

  it('clears histories too, and suspects', async () => {
    const added = await addMessages(env(), 2);
    const id = added[0]!.id;
    const consumer = new Consumer(env());
    await consumer.claim(1);
    await consumer.claim(0, {
      delayed: [{ id, delay: 0, history: { attempts: 4, crashes: 2, refusals: 0 } }],
    });
    await env().advance(20);
    await consumer.claim(0);
    expect((await clearAll(env())).length).toBe(2);
    await env().broker.add(env().queue, added);
    const claim = await consumer.claim(2);
    expect([claim.ids, claim.alone, claim.histories.size]).toEqual([idsOf(added), false, 0]);
  });

  it('takes messages again after it was cleared', async () => {
    await addMessages(env(), 3);
    await clearAll(env());
    const added = idsOf(await addMessages(env(), 2));
    expect((await new Consumer(env()).claim(10)).ids).toEqual(added);
  });
}

const REASONS: readonly DeadReason[] = ['failed', 'crashed', 'malformed', 'invalid', 'unknown-task'];

function theDead(env: () => ContractEnv): void {
  it.each(REASONS)('keeps what died as %s, with its record as it was written', async (reason) => {
    const [added] = await addMessages(env(), 1);
    const consumer = new Consumer(env());
    await consumer.claim(1);
    const record = { reason, attempts: 1, error: { name: 'Error', message: '[0].a: wrong; "😀"' } };
    await consumer.claim(0, { dead: [{ id: added!.id, record: JSON.stringify(record) }] });
    expect(await env().broker.listDead(env().queue, 0, 10)).toMatchObject([{ ...added, record }]);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 1 });
  });

  it('lists the dead with reason, text and time, oldest first, in pages', async () => {
    const added = await addMessages(env(), 3);
    const consumer = new Consumer(env());
    await consumer.claim(3);
    const before = await env().now();
    for (const { id } of added) {
      await consumer.claim(0, { dead: [{ id, record: FAILED }] });
      await env().advance(5);
    }
    const all = await env().broker.listDead(env().queue, 0, 10);
    expect(all).toMatchObject(added.map((each) => ({ ...each, record: JSON.parse(FAILED) })));
    for (const { at } of all) {
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(await env().now());
    }
    expect(await env().broker.listDead(env().queue, 1, 1)).toEqual(all.slice(1, 2));
    expect(await env().broker.listDead(env().queue, 2, 10)).toEqual(all.slice(2));
    expect(await env().broker.listDead(env().queue, 3, 10)).toEqual([]);
  });

  it('never grants the dead again', async () => {
    const [id] = idsOf(await addMessages(env(), 1));
    const consumer = new Consumer(env());
    await consumer.claim(1);
    expect((await consumer.claim(1, { dead: [{ id: id!, record: FAILED }] })).ids).toEqual([]);
    await env().advance(50);
    expect((await consumer.claim(1)).ids).toEqual([]);
  });

  it('keeps ten thousand of them: drops the oldest and says how many', async () => {
    const added = idsOf(await addMessages(env(), 10_500));
    const consumer = new Consumer(env());
    const settled: string[] = [];
    let dropped = 0;
    await until(env(), 'all are dead', async () => {
      const dead = [...consumer.held].map((id) => ({ id, record: FAILED }));
      const claim = await consumer.claim(MAX_BATCH, { dead });
      settled.push(...idsOf(dead));
      dropped += claim.droppedDead;
      return settled.length === added.length;
    });
    expect(dropped).toBe(500);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 10_000 });
    expect(idsOf(await env().broker.listDead(env().queue, 0, 2))).toEqual(added.slice(500, 502));
    expect(idsOf(await env().broker.listDead(env().queue, 9_999, 2))).toEqual(added.slice(-1));
  });
}
