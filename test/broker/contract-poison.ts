import { describe, expect, it } from '@jest/globals';
import { MAX_BATCH } from '../../lib/queue/broker.js';
import {
  addMessages,
  BRIEF,
  Consumer,
  type ContractEnv,
  idsOf,
  loseConsumer,
  type MakeEnv,
  message,
  until,
  useEnv,
} from './contract-kit.js';

const LAST_CHANCE = { attempts: 0, crashes: 2, refusals: 0 };

/** Messages that take their consumers down. */
export function poison(make: MakeEnv): void {
  describe('poison', () => {
    const env = useEnv(make);
    suspects(env);
    burials(env);
  });
}

/** Makes suspects: each of their two consumers fell silent. What is added later stays innocent. */
async function addSuspects(env: ContractEnv, count: number): Promise<string[]> {
  const added = idsOf(await addMessages(env, count));
  for (let i = 0; i < 2; i++) {
    await loseConsumer(env, count);
    await env.advance(BRIEF.lease + 50);
  }
  return added;
}

function suspects(env: () => ContractEnv): void {
  it('grants a suspect alone, before what is ready', async () => {
    const [suspect] = await addSuspects(env(), 1);
    const innocent = idsOf(await addMessages(env(), 2));
    const consumer = new Consumer(env());
    const claim = await consumer.claim(10);
    expect([claim.ids, claim.alone, claim.more]).toEqual([[suspect], true, true]);
    expect([...claim.histories]).toEqual([[suspect, LAST_CHANCE]]);
    const next = await consumer.claim(10, { done: [suspect!] });
    expect([next.ids, next.alone, next.suspects, next.histories.size]).toEqual([innocent, false, false, 0]);
  });

  it('grants nothing to a consumer that holds something while a suspect waits', async () => {
    const [innocent] = idsOf(await addMessages(env(), 1));
    const busy = new Consumer(env());
    await busy.claim(1);
    const [suspect] = await addSuspects(env(), 1);
    await addMessages(env(), 1);
    const refused = await busy.claim(10);
    expect([refused.ids, refused.suspects, refused.alone, refused.more]).toEqual([[], true, false, true]);
    expect(await env().broker.counts(env().queue)).toMatchObject({ ready: 2, onLoan: 1 });
    const emptyHanded = await busy.claim(10, { done: [innocent!] });
    expect([emptyHanded.ids, emptyHanded.alone]).toEqual([[suspect], true]);
  });

  it('grants one suspect after the other, in order', async () => {
    const added = await addSuspects(env(), 4);
    const ran = await new Consumer(env()).runAlone(4);
    expect(ran.flatMap(({ ids }) => ids)).toEqual(added);
    expect(ran.every(({ alone, ids }) => alone && ids.length === 1)).toBe(true);
  });

  it('keeps granting a suspect alone after it was given back', async () => {
    const [suspect] = await addSuspects(env(), 1);
    await addMessages(env(), 1);
    const consumer = new Consumer(env());
    await consumer.claim(1);
    const claim = await consumer.claim(10, { released: [suspect!] });
    expect([claim.ids, claim.alone]).toEqual([[suspect], true]);
  });

  it('keeps granting a suspect alone when it is tried again', async () => {
    const [suspect] = await addSuspects(env(), 1);
    const consumer = new Consumer(env());
    await consumer.claim(1);
    const history = { ...LAST_CHANCE, attempts: 1 };
    await consumer.claim(0, { delayed: [{ id: suspect!, delay: 10, history }] });
    await env().advance(50);
    await addMessages(env(), 1);
    const claim = await consumer.claim(10);
    expect([claim.ids, claim.alone, [...claim.histories]]).toEqual([[suspect], true, [[suspect, history]]]);
  });
}

function burials(env: () => ContractEnv): void {
  it('buries what crashed too often, says so, and leaves the innocent alone', async () => {
    const innocent = idsOf(await addMessages(env(), 2));
    const busy = new Consumer(env());
    await busy.gather(2);
    const [suspect] = await addSuspects(env(), 1);
    await loseConsumer(env(), 1);
    await env().advance(BRIEF.lease + 50);
    const before = await env().now();
    const claim = await new Consumer(env()).claim(10);
    expect([claim.ids, idsOf(claim.buried)]).toEqual([[], [suspect]]);
    expect(await env().broker.counts(env().queue)).toEqual({ ready: 0, delayed: 0, onLoan: 2, dead: 1 });
    const [dead] = await env().broker.listDead(env().queue, 0, 10);
    expect(dead).toMatchObject({ ...claim.buried[0]!, record: { reason: 'crashed', crashes: 3 } });
    expect(dead?.at).toBeGreaterThanOrEqual(before);
    const settled = await busy.claim(10, { done: innocent });
    expect([settled.lost, settled.ids, settled.buried]).toEqual([false, [], []]);
  });

  it('reports the stored text of what it buried, whatever that is', async () => {
    const stored = ['{"v":1,"args":[3', '4],"text":"\u2028 😀 \\u0000"} '].map((envelope) => ({
      ...message(),
      envelope,
    }));
    await env().broker.add(env().queue, stored);
    await loseConsumer(env(), 2, { ...BRIEF, maxCrashes: 1 });
    await env().advance(BRIEF.lease + 50);
    const claim = await new Consumer(env(), { lease: 30_000, maxCrashes: 1 }).claim(10);
    expect(claim.buried.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(stored);
  });

  it('buries at the first crash when only one is allowed, with nothing granted alone', async () => {
    const strict = { lease: 30_000, maxCrashes: 1 };
    const added = idsOf(await addMessages(env(), 4));
    await loseConsumer(env(), 2, { ...BRIEF, maxCrashes: 1 });
    await env().advance(BRIEF.lease + 50);
    const consumer = new Consumer(env(), strict);
    const claim = await consumer.claim(10);
    expect([claim.ids, claim.alone]).toEqual([added.slice(2), false]);
    expect(idsOf(claim.buried).toSorted()).toEqual(added.slice(0, 2));
    const again = await consumer.claim(10, { released: claim.ids.slice() });
    expect([again.ids, again.alone]).toEqual([added.slice(2), false]);
  });

  it('buries all of a large loan over several claims', async () => {
    const strict = { lease: 30_000, maxCrashes: 1 };
    const added = idsOf(await addMessages(env(), MAX_BATCH + 500));
    await loseConsumer(env(), added.length, { lease: 400, maxCrashes: 1 });
    await env().advance(450);
    const consumer = new Consumer(env(), strict);
    const buried: string[] = [];
    await until(env(), 'all are buried', async () => {
      buried.push(...idsOf((await consumer.claim(1)).buried));
      return buried.length >= added.length;
    });
    expect(buried.toSorted()).toEqual(added);
    expect(await env().broker.counts(env().queue)).toEqual({
      ready: 0,
      delayed: 0,
      onLoan: 0,
      dead: added.length,
    });
  });
}
