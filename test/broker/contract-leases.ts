import { describe, expect, it } from '@jest/globals';
import {
  addMessages,
  BRIEF,
  Consumer,
  type ContractEnv,
  idsOf,
  loseConsumer,
  type MakeEnv,
  PATIENT,
  useEnv,
} from './contract-kit.js';

const CRASHED_ONCE = { attempts: 0, crashes: 1, refusals: 0 };

/** For a consumer that has more to do before it is silent. */
const SHORT = { lease: 400, maxCrashes: 3 };

/** Who keeps its loans, who loses them, and where they go. */
export function leases(make: MakeEnv): void {
  describe('leases', () => {
    const env = useEnv(make);
    recovery(env);
    lostLeases(env);
  });
}

function recovery(env: () => ContractEnv): void {
  it('leaves the loans of a consumer alone whose lease goes on', async () => {
    await addMessages(env(), 1);
    const holder = await loseConsumer(env(), 1, PATIENT);
    expect((await new Consumer(env()).claim(1)).ids).toEqual([]);
    expect((await holder.claim(0)).lost).toBe(false);
  });

  it('keeps a lease for as long as it is renewed', async () => {
    const [id] = idsOf(await addMessages(env(), 1));
    const holder = await loseConsumer(env(), 1, SHORT);
    const other = new Consumer(env());
    const start = await env().now();
    for (let now = start; now < start + 3 * SHORT.lease; now = await env().now()) {
      const renewed = await env().now();
      expect((await holder.claim(0)).lost).toBe(false);
      await env().advance(50);
      const claim = await other.claim(1);
      // On a machine so loaded that the renewal itself came too late, nothing can be said.
      if ((await env().now()) >= renewed + SHORT.lease) return;
      expect(claim.ids).toEqual([]);
    }
    expect(await env().broker.counts(env().queue)).toMatchObject({ onLoan: 1 });
    expect((await holder.claim(0, { done: [id!] })).lost).toBe(false);
  });

  it('gives the loans of a silent consumer to another: at the front, in order, with one crash more', async () => {
    const added = idsOf(await addMessages(env(), 5));
    await loseConsumer(env(), 3);
    await env().advance(BRIEF.lease + 50);
    const claim = await new Consumer(env()).claim(10);
    expect(claim.ids).toEqual(added);
    expect([...claim.histories]).toEqual(added.slice(0, 3).map((id) => [id, CRASHED_ONCE]));
    expect(claim.buried).toEqual([]);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 5, dead: 0 });
  });

  it('keeps attempts and refusals when it counts a crash', async () => {
    const [id] = idsOf(await addMessages(env(), 1));
    const consumer = new Consumer(env());
    await consumer.claim(1);
    await consumer.claim(0, {
      delayed: [{ id: id!, delay: 0, history: { attempts: 2, crashes: 0, refusals: 5 } }],
    });
    await loseConsumer(env(), 1);
    await env().advance(BRIEF.lease + 50);
    const claim = await consumer.claim(1);
    expect([...claim.histories]).toEqual([[id, { attempts: 2, crashes: 1, refusals: 5 }]]);
  });

  it('recovers the loans of several consumers', async () => {
    const added = idsOf(await addMessages(env(), 6));
    for (let i = 0; i < 3; i++) await loseConsumer(env(), 2);
    await env().advance(BRIEF.lease + 50);
    expect((await new Consumer(env()).gather(6)).toSorted()).toEqual(added);
  });

  it('recovers all of a large loan', async () => {
    const added = idsOf(await addMessages(env(), 2_500));
    // Its claims take a while, and nothing else may recover them meanwhile.
    await loseConsumer(env(), 2_500, SHORT);
    await env().advance(SHORT.lease + 50);
    const other = new Consumer(env());
    expect((await other.gather(2_500)).toSorted()).toEqual(added);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 2_500, dead: 0 });
  });
}

function lostLeases(env: () => ContractEnv): void {
  it('refuses everything that a consumer sends after its lease was given away', async () => {
    const added = idsOf(await addMessages(env(), 5));
    const zombie = await loseConsumer(env(), 5);
    await env().advance(BRIEF.lease + 50);
    const owner = new Consumer(env());
    expect(await owner.gather(5)).toEqual(added);
    await addMessages(env(), 1);
    const late = await zombie.claim(10, {
      done: [added[0]!],
      released: [added[1]!],
      delayed: [{ id: added[2]!, delay: 0, history: CRASHED_ONCE }],
      dead: [{ id: added[3]!, record: '{"reason":"failed"}' }],
    });
    expect([late.lost, late.ids]).toEqual([true, []]);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 1, delayed: 0, onLoan: 5, dead: 0 });
    expect((await owner.claim(0, { done: added })).lost).toBe(false);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 1, delayed: 0, onLoan: 0, dead: 0 });
  });

  it('does not store the results that come with refused settlements', async () => {
    const [id] = idsOf(await addMessages(env(), 1));
    const zombie = await loseConsumer(env(), 1);
    await env().advance(BRIEF.lease + 50);
    const owner = new Consumer(env());
    await owner.gather(1);
    const late = { id: id!, ttl: 60_000, result: '"late"' };
    expect((await zombie.claim(0, { done: [id!], results: [late] })).lost).toBe(true);
    await owner.claim(0, { done: [id!], results: [{ ...late, result: '"right"' }] });
    const signal = AbortSignal.timeout(10_000);
    expect(await env().broker.waitForResult(env().queue, id!, signal)).toBe('"right"');
  });

  it('lets a consumer start anew under a new identity', async () => {
    const added = idsOf(await addMessages(env(), 2));
    const zombie = await loseConsumer(env(), 1);
    await env().advance(BRIEF.lease + 50);
    const owner = new Consumer(env());
    expect(await owner.gather(1)).toEqual(added.slice(0, 1));
    expect((await zombie.claim(1)).lost).toBe(true);
    zombie.lease.renewIdentity();
    const anew = await zombie.claim(5);
    expect([anew.lost, anew.ids]).toEqual([false, added.slice(1)]);
    expect((await owner.claim(0)).lost).toBe(false);
  });

  it('asks no lease of a consumer that holds nothing, however long it is silent', async () => {
    const added = idsOf(await addMessages(env(), 2));
    const idle = new Consumer(env(), BRIEF);
    await idle.claim(1);
    await idle.claim(0, { done: added.slice(0, 1) });
    await env().advance(3 * BRIEF.lease);
    await new Consumer(env()).claim(0);
    const claim = await idle.claim(1);
    expect([claim.lost, claim.ids]).toEqual([false, added.slice(1)]);
  });

  it('lets a late consumer go on as long as nobody was given its loans', async () => {
    const added = idsOf(await addMessages(env(), 2));
    const late = await loseConsumer(env(), 2, SHORT);
    await env().advance(SHORT.lease - 100);
    // Heard less than half a lease ago, so nothing is extended.
    const other = await new Consumer(env(), SHORT).claim(1);
    await env().advance(150);
    const claim = await late.claim(0, { done: added.slice(0, 1) });
    const again = await late.claim(1, { released: added.slice(1) });
    // On a machine so loaded that the other came late too, it was given them.
    const expected = other.ids.length > 0 ? [true, true, []] : [false, false, added.slice(1)];
    expect([claim.lost, claim.lost || again.lost, claim.lost ? [] : again.ids]).toEqual(expected);
    expect(again.histories.size).toBe(0);
  });

  it('takes late settlements as long as nobody was given the loans', async () => {
    const added = idsOf(await addMessages(env(), 2));
    const late = await loseConsumer(env(), 2);
    await env().advance(2 * BRIEF.lease);
    expect((await late.claim(0, { done: added })).lost).toBe(false);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
  });
}
