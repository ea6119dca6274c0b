import { describe, expect, it } from '@jest/globals';
import { addMessages, Consumer, idsOf, type MakeEnv, message, until, useEnv } from './contract-kit.js';

const KEPT = 60_000;

/** Results: stored, waited for, gone. */
export function results(make: MakeEnv): void {
  describe('results', () => {
    const env = useEnv(make);
    const wait = (id: string, signal = AbortSignal.timeout(15_000), queue = env().queue): Promise<string> =>
      env().broker.waitForResult(queue, id, signal);

    it('answers what was stored before, as often as asked', async () => {
      const { id } = message();
      await env().broker.storeResults(env().queue, [{ id, ttl: KEPT, result: '{"v":"😀\u2028"}' }]);
      expect(await wait(id)).toBe('{"v":"😀\u2028"}');
      expect(await wait(id)).toBe('{"v":"😀\u2028"}');
    });

    it('answers everybody who waits when it is stored', async () => {
      const { id } = message();
      const waiting = [wait(id), wait(id), wait(id)];
      await env().advance(30);
      await env().broker.storeResults(env().queue, [{ id, ttl: KEPT, result: '1' }]);
      expect(await Promise.all(waiting)).toEqual(['1', '1', '1']);
    });

    it('never misses a result that is stored while somebody begins to wait', async () => {
      const ids = Array.from({ length: 20 }, () => message().id);
      const waiting: Promise<string>[] = [];
      for (const id of ids) {
        waiting.push(wait(id));
        await env().broker.storeResults(env().queue, [{ id, ttl: KEPT, result: id }]);
      }
      expect(await Promise.all(waiting)).toEqual(ids);
    });

    it('stores those of a claim, with its settlements', async () => {
      const [id] = idsOf(await addMessages(env(), 1));
      const consumer = new Consumer(env());
      await consumer.claim(1);
      const waiting = wait(id!);
      await consumer.claim(0, { done: [id!], results: [{ id: id!, ttl: KEPT, result: 'null' }] });
      expect(await waiting).toBe('null');
    });

    it('answers each with its own', async () => {
      const [a, b] = [message().id, message().id];
      const waiting = Promise.all([wait(b), wait(a)]);
      const stored = [a, b].map((id) => ({ id, ttl: KEPT, result: `of ${id}` }));
      await env().broker.storeResults(env().queue, stored);
      expect(await waiting).toEqual([`of ${b}`, `of ${a}`]);
    });

    it('keeps it for its time to live, not longer', async () => {
      const { id } = message();
      await env().broker.storeResults(env().queue, [{ id, ttl: 100, result: '1' }]);
      await env().advance(250);
      const abort = new AbortController();
      const late = wait(id, abort.signal).catch((error: unknown) => error);
      await env().advance(100);
      abort.abort(new Error('not any more'));
      expect(await late).toEqual(new Error('not any more'));
    });

    it('answers a later result of the same id', async () => {
      const { id } = message();
      await env().broker.storeResults(env().queue, [{ id, ttl: 50, result: '1' }]);
      await env().broker.storeResults(env().queue, [{ id, ttl: KEPT, result: '2' }]);
      await env().advance(150);
      expect(await wait(id)).toBe('2');
    });

    it('stops waiting when the signal aborts, with its reason, and leaves others waiting', async () => {
      const { id } = message();
      const abort = new AbortController();
      const reason = new Error('enough');
      const impatient = wait(id, abort.signal).catch((error: unknown) => error);
      const patient = wait(id);
      await env().advance(20);
      abort.abort(reason);
      expect(await impatient).toBe(reason);
      await env().broker.storeResults(env().queue, [{ id, ttl: KEPT, result: '1' }]);
      expect(await patient).toBe('1');
    });

    it('does not begin to wait under an aborted signal', async () => {
      const reason = new Error('before');
      await expect(wait(message().id, AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('keeps those of another queue apart', async () => {
      const { id } = message();
      const waiting = wait(id);
      let answered = false;
      const noted = waiting.then(() => (answered = true));
      const other = `${env().queue}-other`;
      await env().broker.storeResults(other, [{ id, ttl: KEPT, result: 'theirs' }]);
      expect(await wait(id, undefined, other)).toBe('theirs');
      expect(answered).toBe(false);
      await env().broker.storeResults(env().queue, [{ id, ttl: KEPT, result: 'mine' }]);
      await until(env(), 'it is answered', () => answered);
      await noted;
      expect(await waiting).toBe('mine');
    });
  });
}
