import { describe, expect, it } from '@jest/globals';
import { MAX_BATCH } from '../../lib/queue/broker.js';
import { addMessages, Consumer, idsOf, type MakeEnv, useEnv } from './contract-kit.js';

const FAILED_ONCE = { attempts: 1, crashes: 0, refusals: 0 };

/** How a delivery ends. */
export function settlements(make: MakeEnv): void {
  describe('settling', () => {
    const env = useEnv(make);

    it('removes what is done', async () => {
      const added = idsOf(await addMessages(env(), 3));
      const consumer = new Consumer(env());
      await consumer.claim(3);
      await consumer.claim(0, { done: added.slice(0, 2) });
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 1, dead: 0 });
      await consumer.claim(0, { done: added.slice(2) });
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
    });

    it('settles a full batch in one call', async () => {
      const added = idsOf(await addMessages(env(), MAX_BATCH));
      const consumer = new Consumer(env());
      await consumer.gather(MAX_BATCH);
      await consumer.claim(0, { done: added });
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
    });

    it('takes one settlement a delivery: a second one changes nothing', async () => {
      const added = idsOf(await addMessages(env(), 2));
      const consumer = new Consumer(env());
      await consumer.claim(2);
      await consumer.claim(0, { done: added.slice(0, 1) });
      await consumer.claim(0, { done: added.slice(0, 1) });
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 1, dead: 0 });
    });

    it('puts what is released back to the front, in the order given, without a history', async () => {
      const added = idsOf(await addMessages(env(), 5));
      const consumer = new Consumer(env());
      await consumer.claim(3);
      const claim = await consumer.claim(0, { released: [added[1]!, added[2]!] });
      expect(claim.more).toBe(true);
      const other = await new Consumer(env()).claim(10);
      expect(other.ids).toEqual([added[1], added[2], added[3], added[4]]);
      expect(other.histories.size).toBe(0);
    });

    it('grants what is released in the same call', async () => {
      const added = idsOf(await addMessages(env(), 3));
      const consumer = new Consumer(env());
      await consumer.claim(2);
      expect((await consumer.claim(1, { released: added.slice(0, 2) })).ids).toEqual(added.slice(0, 1));
      expect(await env().broker.counts(env().queue)).toMatchObject({ ready: 2, onLoan: 1 });
    });

    it('keeps what is delayed until it is due, then grants it with its history', async () => {
      const [id] = idsOf(await addMessages(env(), 1));
      const consumer = new Consumer(env());
      await consumer.claim(1);
      const settled = await env().now();
      const history = { attempts: 2, crashes: 0, refusals: 1 };
      const claim = await consumer.claim(1, { delayed: [{ id: id!, delay: 300, history }] });
      expect(claim.dueIn).toBeGreaterThan(0);
      expect(claim.dueIn).toBeLessThanOrEqual(300);
      expect(await env().broker.counts(env().queue)).toMatchObject({ ready: 0, delayed: 1, onLoan: 0 });
      expect(await consumer.gather(1)).toEqual([id]);
      expect(await env().now()).toBeGreaterThanOrEqual(settled + 300);
      expect(await env().broker.counts(env().queue)).toMatchObject({ ready: 0, delayed: 0, onLoan: 1 });
      const again = await consumer.claim(1, { released: [id!] });
      expect([...again.histories]).toEqual([[id, history]]);
    });

    it('grants what falls due in the order of due times and ids, behind what is ready', async () => {
      const added = idsOf(await addMessages(env(), 4));
      const consumer = new Consumer(env());
      await consumer.claim(4);
      const delays = [60, 20, 40, 20];
      const delayed = added.map((id, i) => ({ id, delay: delays[i]!, history: FAILED_ONCE }));
      await consumer.claim(0, { delayed });
      const [ready] = idsOf(await addMessages(env(), 1));
      await env().advance(100);
      const claim = await consumer.claim(10);
      expect(claim.ids).toEqual([ready, added[1], added[3], added[2], added[0]]);
      expect([...claim.histories.keys()].toSorted()).toEqual(added);
    });

    it('grants more due messages than fit into a batch', async () => {
      const added = idsOf(await addMessages(env(), MAX_BATCH + 200));
      const consumer = new Consumer(env());
      await consumer.gather(added.length);
      const delayed = added.map((id) => ({ id, delay: 10, history: FAILED_ONCE }));
      await consumer.claim(0, { delayed: delayed.slice(0, MAX_BATCH) });
      await consumer.claim(0, { delayed: delayed.slice(MAX_BATCH) });
      await env().advance(50);
      expect((await consumer.gather(added.length)).toSorted()).toEqual(added);
    });

    it('says when the next message is due, whoever delayed it', async () => {
      const added = idsOf(await addMessages(env(), 2));
      const consumer = new Consumer(env());
      await consumer.claim(2);
      const delayed = added.map((id, i) => ({ id, delay: 60_000 - 30_000 * i, history: FAILED_ONCE }));
      await consumer.claim(0, { delayed });
      const { dueIn } = await new Consumer(env()).claim(1);
      expect(dueIn).toBeGreaterThan(10_000);
      expect(dueIn).toBeLessThanOrEqual(30_000);
    });

    it('forgets the history of what is done', async () => {
      const [added] = await addMessages(env(), 1);
      const { id } = added!;
      const consumer = new Consumer(env());
      await consumer.claim(1);
      await consumer.claim(0, { delayed: [{ id, delay: 0, history: FAILED_ONCE }] });
      await consumer.gather(1);
      await consumer.claim(0, { done: [id] });
      await env().broker.add(env().queue, [added!]);
      const claim = await consumer.claim(1);
      expect([claim.ids, claim.histories.size]).toEqual([[id], 0]);
    });

    it('applies all kinds of settlements, and grants, in one call', async () => {
      const added = idsOf(await addMessages(env(), 5));
      const consumer = new Consumer(env());
      await consumer.claim(4);
      const claim = await consumer.claim(1, {
        done: [added[0]!],
        released: [added[1]!],
        delayed: [{ id: added[2]!, delay: 60_000, history: FAILED_ONCE }],
        dead: [{ id: added[3]!, record: '{"reason":"failed","attempts":1}' }],
        results: [{ id: added[0]!, ttl: 60_000, result: '1' }],
      });
      expect(claim.ids).toEqual([added[1]]);
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 1, delayed: 1, onLoan: 1, dead: 1 });
      const signal = AbortSignal.timeout(10_000);
      expect(await env().broker.waitForResult(env().queue, added[0]!, signal)).toBe('1');
    });
  });
}
