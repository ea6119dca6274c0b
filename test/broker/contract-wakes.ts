import { describe, expect, it } from '@jest/globals';
import {
  addMessages,
  claimWhenWoken,
  Consumer,
  type ContractEnv,
  idsOf,
  loseConsumer,
  type MakeEnv,
  until,
  useEnv,
} from './contract-kit.js';

/** Who is told, and when, that there may be something to claim. */
export function wakes(make: MakeEnv): void {
  describe('waking', () => {
    const env = useEnv(make);
    causes(env);
    restraint(env);
    sharing(env);
  });
}

function causes(env: () => ContractEnv): void {
  it('wakes for what is added', async () => {
    const consumer = new Consumer(env());
    consumer.lease.arm();
    const added = idsOf(await addMessages(env(), 3));
    await consumer.wake();
    expect((await consumer.claim(10)).ids).toEqual(added);
  });

  it('wakes for what is ready already', async () => {
    const added = idsOf(await addMessages(env(), 1));
    const consumer = new Consumer(env());
    consumer.lease.arm();
    await consumer.wake();
    expect((await consumer.claim(10)).ids).toEqual(added);
  });

  it('never wakes within the call that arms', async () => {
    await addMessages(env(), 1);
    const consumer = new Consumer(env());
    consumer.lease.arm();
    expect(consumer.woken).toBe(0);
    await consumer.wake();
  });

  it('wakes for what another consumer releases', async () => {
    const added = idsOf(await addMessages(env(), 2));
    const holder = new Consumer(env());
    await holder.claim(2);
    const waiting = claimWhenWoken(new Consumer(env()));
    await holder.claim(0, { released: added });
    expect(await waiting).toEqual(added);
  });

  it('wakes when a delayed message falls due, and no message runs early', async () => {
    const added = idsOf(await addMessages(env(), 1));
    const holder = new Consumer(env());
    await holder.claim(1);
    const waiting = claimWhenWoken(new Consumer(env()));
    const settled = await env().now();
    const history = { attempts: 1, crashes: 0, refusals: 0 };
    await holder.claim(0, { delayed: [{ id: added[0]!, delay: 150, history }] });
    expect(await waiting).toEqual(added);
    expect(await env().now()).toBeGreaterThanOrEqual(settled + 150);
  });

  it('wakes when the lease of another consumer ends', async () => {
    const added = idsOf(await addMessages(env(), 2));
    await loseConsumer(env(), 2);
    expect(await claimWhenWoken(new Consumer(env()))).toEqual(added);
  });

  it('wakes at the latest when asked to, even if there is nothing', async () => {
    const consumer = new Consumer(env());
    const armed = await env().now();
    consumer.lease.arm(60);
    await consumer.wake();
    expect(await env().now()).toBeGreaterThanOrEqual(armed);
    expect((await consumer.claim(1)).ids).toEqual([]);
  });
}

function restraint(env: () => ContractEnv): void {
  it('wakes once for each time it was asked to', async () => {
    const consumer = new Consumer(env());
    consumer.lease.arm();
    await addMessages(env(), 1);
    await consumer.wake();
    await addMessages(env(), 1);
    await env().advance(50);
    expect(consumer.woken).toBe(1);
    consumer.lease.arm();
    await consumer.wake();
    expect(consumer.woken).toBe(2);
  });

  it('does not wake a consumer that never asked', async () => {
    const silent = new Consumer(env());
    const control = new Consumer(env());
    control.lease.arm();
    await addMessages(env(), 1);
    await control.wake();
    expect(silent.woken).toBe(0);
  });

  it('does not wake a consumer that took its request back, and wakes another instead', async () => {
    const full = new Consumer(env());
    const other = new Consumer(env());
    full.lease.arm();
    other.lease.arm();
    full.lease.disarm();
    await addMessages(env(), 1);
    await other.wake();
    expect(full.woken).toBe(0);
  });

  it('passes a wake on when the consumer takes its request back at the last moment', async () => {
    const full = new Consumer(env());
    const other = new Consumer(env());
    full.lease.arm(60_000);
    other.lease.arm(60_000);
    const adding = addMessages(env(), 1);
    full.lease.disarm();
    await adding;
    await other.wake();
    expect(full.woken).toBe(0);
  });

  it('does not wake a closed consumer', async () => {
    const closed = new Consumer(env());
    const other = new Consumer(env());
    closed.lease.arm(10);
    other.lease.arm();
    await closed.lease.close();
    await addMessages(env(), 1);
    await other.wake();
    await env().advance(50);
    expect(closed.woken).toBe(0);
  });

  it('does not wake for another queue', async () => {
    const consumer = new Consumer(env());
    const other = new Consumer(env(), undefined, `${env().queue}-other`);
    consumer.lease.arm();
    other.lease.arm();
    await addMessages(env(), 1, `${env().queue}-other`);
    await other.wake();
    expect(consumer.woken).toBe(0);
  });
}

function sharing(env: () => ContractEnv): void {
  it('wakes another when the one that it woke has no room after all', async () => {
    const consumers = [new Consumer(env()), new Consumer(env())];
    for (const { lease } of consumers) lease.arm();
    await addMessages(env(), 1);
    await until(env(), 'one is woken', () => consumers.some(({ woken }) => woken > 0));
    consumers.find(({ woken }) => woken > 0)?.lease.disarm();
    await until(env(), 'both were woken', () => consumers.every(({ woken }) => woken > 0));
    expect(consumers.map(({ woken }) => woken)).toEqual([1, 1]);
  });

  it('wakes the next consumer when a claim leaves more behind', async () => {
    const consumers = [new Consumer(env()), new Consumer(env()), new Consumer(env())];
    for (const { lease } of consumers) lease.arm();
    const added = idsOf(await addMessages(env(), 6));
    const granted: string[] = [];
    const claimed = new Set<Consumer>();
    await until(env(), 'each consumer was woken and claimed', async () => {
      for (const consumer of consumers) {
        if (consumer.woken === 0 || claimed.has(consumer)) continue;
        claimed.add(consumer);
        granted.push(...(await consumer.claim(2)).ids);
      }
      return claimed.size === consumers.length;
    });
    expect(granted).toEqual(added);
  });

  it('lets idle consumers work beside a full one', async () => {
    const full = new Consumer(env());
    const first = idsOf(await addMessages(env(), 2));
    await full.claim(2);
    full.lease.disarm();
    const idle = [new Consumer(env()), new Consumer(env())];
    const waiting = idle.map(claimWhenWoken);
    const second = idsOf(await addMessages(env(), 20));
    const granted = await Promise.all(waiting);
    expect(granted.map(({ length }) => length)).toEqual([10, 10]);
    expect(granted.flat().toSorted()).toEqual(second);
    expect(full.woken).toBe(0);
    expect((await full.claim(0, { done: first })).lost).toBe(false);
  });
}
