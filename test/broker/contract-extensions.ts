import { describe, expect, it } from '@jest/globals';
import { addMessages, Consumer, idsOf, loseConsumer, type MakeEnv, until, useEnv } from './contract-kit.js';

/** Both consumers have it: then half of it is short enough to be "not heard for half a lease". */
const SHORT = { lease: 400, maxCrashes: 3 };

/** When nobody was heard for half a lease, nobody could renew: Redis was away, or the one process was blocked. */
export function extensions(make: MakeEnv): void {
  describe('extensions', () => {
    const env = useEnv(make);
    it('extends the leases once when no consumer was heard for half a lease', async () => {
      const [id] = idsOf(await addMessages(env(), 1));
      const blocked = await loseConsumer(env(), 1, SHORT);
      const other = new Consumer(env(), SHORT);
      for (let round = 0; round < 2; round++) {
        await env().advance(SHORT.lease + 50);
        expect((await other.claim(1)).ids).toEqual([]);
        // Heard again, so the next time it may be extended again.
        expect((await blocked.claim(0)).lost).toBe(false);
      }
      expect((await blocked.claim(0, { done: [id!] })).lost).toBe(false);
    });

    it('extends a lease only once while its consumer stays silent', async () => {
      const [id] = idsOf(await addMessages(env(), 1));
      await loseConsumer(env(), 1, SHORT);
      const other = new Consumer(env(), SHORT);
      await env().advance(SHORT.lease + 50);
      expect((await other.claim(1)).ids).toEqual([]);
      await env().advance(SHORT.lease + 50);
      const claim = await other.claim(1);
      expect([claim.ids, [...claim.histories]]).toEqual([
        [id],
        [[id, { attempts: 0, crashes: 1, refusals: 0 }]],
      ]);
    });

    it('extends nothing while other consumers are heard', async () => {
      await addMessages(env(), 1);
      await loseConsumer(env(), 1, SHORT);
      const start = await env().now();
      const other = new Consumer(env(), SHORT);
      let longestSilence = 0;
      let before = start;
      await until(env(), 'the silent consumer is recovered', async () => {
        const heard = await env().now();
        const claim = await other.claim(1);
        longestSilence = Math.max(longestSilence, (await env().now()) - before);
        before = heard;
        return claim.ids.length === 1;
      });
      // Else a loaded machine was itself as good as away.
      const wasAway = longestSilence > SHORT.lease / 2;
      expect(wasAway || (await env().now()) - start < 2 * SHORT.lease).toBe(true);
    });
  });
}
