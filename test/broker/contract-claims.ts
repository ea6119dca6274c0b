import { describe, expect, it } from '@jest/globals';
import { MAX_BATCH } from '../../lib/queue/broker.js';
import { addMessages, Consumer, idsOf, type MakeEnv, message, useEnv } from './contract-kit.js';

/** What a claim grants, when nothing went wrong before. */
export function claims(make: MakeEnv): void {
  describe('claiming', () => {
    const env = useEnv(make);

    it('grants nothing of an empty queue', async () => {
      const claim = await new Consumer(env()).claim(10);
      expect(claim).toMatchObject({
        lost: false,
        ids: [],
        envelopes: [],
        size: 0,
        alone: false,
        suspects: false,
      });
      expect(claim).toMatchObject({ more: false, dueIn: undefined, buried: [], droppedDead: 0 });
      expect(claim.histories.size).toBe(0);
    });

    it('grants in the order of adding, within a batch and across batches', async () => {
      const first = await addMessages(env(), 3);
      const second = await addMessages(env(), 2);
      const claim = await new Consumer(env()).claim(10);
      expect(claim.ids).toEqual(idsOf([...first, ...second]));
      expect(claim.envelopes).toEqual([...first, ...second].map(({ envelope }) => JSON.parse(envelope)));
      const size = [...first, ...second].reduce((sum, { envelope }) => sum + envelope.length, 0);
      // What separates them on the way may be counted too.
      expect(claim.size).toBeGreaterThanOrEqual(size);
      expect(claim.size).toBeLessThanOrEqual(size + 2 * claim.ids.length);
    });

    it('grants no more than wanted, and says whether more is ready', async () => {
      const added = idsOf(await addMessages(env(), 5));
      const consumer = new Consumer(env());
      const first = await consumer.claim(3);
      expect([first.ids, first.more]).toEqual([added.slice(0, 3), true]);
      const second = await consumer.claim(2);
      expect([second.ids, second.more]).toEqual([added.slice(3), false]);
    });

    it('grants nothing when nothing is wanted', async () => {
      await addMessages(env(), 1);
      const claim = await new Consumer(env()).claim(0);
      expect([claim.ids, claim.more]).toEqual([[], true]);
      expect(await env().broker.counts(env().queue)).toMatchObject({ ready: 1, onLoan: 0 });
    });

    it('grants a full batch, and no more than a batch', async () => {
      const added = idsOf(await addMessages(env(), MAX_BATCH + 5));
      const consumer = new Consumer(env());
      const first = await consumer.claim(MAX_BATCH + 5);
      expect(first.ids).toEqual(added.slice(0, MAX_BATCH));
      expect((await consumer.claim(MAX_BATCH)).ids).toEqual(added.slice(MAX_BATCH));
    });

    it('grants a message to one consumer only', async () => {
      const added = idsOf(await addMessages(env(), 6));
      const consumers = [new Consumer(env()), new Consumer(env()), new Consumer(env())];
      const claimed = await Promise.all(consumers.map((consumer) => consumer.claim(2)));
      expect(claimed.flatMap(({ ids }) => ids).toSorted()).toEqual(added);
    });

    it('grants large messages over several claims when they are too many for one', async () => {
      const large = Array.from({ length: 8 }, () => message(['x'.repeat(1024 * 1024)]));
      for (const each of large) await env().broker.add(env().queue, [each]);
      const consumer = new Consumer(env());
      const first = await consumer.claim(8);
      expect(first.ids.length).toBeGreaterThan(0);
      expect(first.more || first.ids.length === 8).toBe(true);
      const rest = first.ids.length < 8 ? await consumer.gather(8 - first.ids.length) : [];
      expect([...first.ids, ...rest]).toEqual(idsOf(large));
    });

    it('takes an empty batch', async () => {
      await env().broker.add(env().queue, []);
      expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
    });
  });
}
