import { describe, expect, it } from '@jest/globals';
import { BrokerClosedError } from '../../lib/queue/errors.js';
import { addMessages, Consumer, type MakeEnv, message, useEnv } from './contract-kit.js';

/** A broker that was closed. */
export function closing(make: MakeEnv): void {
  describe('closing', () => {
    const env = useEnv(make);

    it('refuses every later call by a rejection', async () => {
      const { broker, queue } = env();
      const consumer = new Consumer(env());
      await broker.close();
      const never = new AbortController().signal;
      const calls: Promise<unknown>[] = [
        broker.add(queue, [message()]),
        broker.counts(queue),
        broker.clear(queue),
        broker.listDead(queue, 0, 1),
        broker.storeResults(queue, [{ id: message().id, ttl: 1_000, result: '1' }]),
        broker.waitForResult(queue, message().id, never),
        consumer.claim(1),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(BrokerClosedError) });
      }
    });

    it('ends the waiting for a result', async () => {
      const { broker, queue } = env();
      const waiting = broker.waitForResult(queue, message().id, new AbortController().signal);
      const outcome = waiting.catch((error: unknown) => error);
      await env().advance(20);
      await broker.close();
      expect(await outcome).toBeInstanceOf(BrokerClosedError);
    });

    it('wakes nobody any more, and lets consumers go', async () => {
      const consumer = new Consumer(env());
      consumer.lease.arm(10);
      await env().broker.close();
      await env().advance(50);
      consumer.lease.arm(10);
      await env().advance(50);
      expect(consumer.woken).toBe(0);
      consumer.lease.disarm();
      await consumer.lease.close();
    });

    it('may be closed twice', async () => {
      await env().broker.close();
      await expect(env().broker.close()).resolves.toBeUndefined();
    });

    it('lets one consumer go without harm to others', async () => {
      await addMessages(env(), 1);
      const [closed, other] = [new Consumer(env()), new Consumer(env())];
      await closed.lease.close();
      expect((await other.claim(1)).ids.length).toBe(1);
    });
  });
}
