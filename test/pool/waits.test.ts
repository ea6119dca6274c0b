import { afterEach, describe, expect, test } from '@jest/globals';
import assert from 'node:assert/strict';
import { NbAioPool, PoolFullError } from '../../lib/pool/index.js';
import { mayBeTied, openWaits } from '../../lib/pool/waits.js';
import { deferred, microtasks, turn } from './signals.js';

afterEach(() => assert.deepEqual([openWaits.size, mayBeTied()], [0, false]));

const pool = (maxQueueSize = 0): NbAioPool => new NbAioPool({ maxConcurrency: 1, maxQueueSize });

/** Takes the pool's slot until the returned gate is opened. */
async function hold(taken: NbAioPool) {
  const gate = deferred();
  return { open: () => gate.resolve(), future: await taken.submit(() => gate.promise) };
}

/** A task of `a` waits for `also` and for a child in `b`, whose task waits for a child in `a`. */
async function circle(also: (b: NbAioPool) => Promise<unknown>) {
  const [a, b] = [pool(), pool()];
  const begin = deferred();
  const first = a.run(() => begin.promise.then(() => Promise.all([also(b), b.run(() => 'b')])));
  const second = b.run(() => begin.promise.then(() => a.run(() => 'a')));
  begin.resolve();
  await turn();
  expect([a.stats(), b.stats()]).toMatchObject([
    { lending: 0, blocked: 1 },
    { lending: 0, blocked: 1 },
  ]);
  return Promise.all([first, second]);
}

describe('of several things that a task waits for one goes away, and the rest is a circle', () => {
  test('a task that is not its child ends', async () => {
    const held = await hold(pool());
    const all = circle(() => held.future.result());
    await turn(3);
    held.open();
    expect(await all).toEqual([[undefined, 'b'], 'a']);
  });

  test('a task that is not its child is cancelled, and goes on', async () => {
    const held = await hold(pool());
    const all = circle(() => held.future.result().catch(() => 'cancelled'));
    await turn(3);
    held.future.cancel();
    expect(await all).toEqual([['cancelled', 'b'], 'a']);
    held.open();
  });

  test.each([
    ['cancel()', (_: NbAioPool, cancel: () => unknown) => cancel()],
    ['a shutdown', (c: NbAioPool) => void c.shutdown({ wait: false })],
  ])('a task that waits for a slot is cancelled by %s', async (_, end) => {
    const c = pool(1);
    const held = await hold(c);
    const waiting = await c.submit(() => 1);
    const all = circle(() => waiting.result().catch(() => 'cancelled'));
    await turn(3);
    end(c, () => waiting.cancel());
    expect(await all).toEqual([['cancelled', 'b'], 'a']);
    held.open();
    await c.onIdle();
  });

  test('a blocked child is aborted', async () => {
    const c = pool();
    const held = await hold(c);
    const { signal, abort } = aborting();
    const all = circle(() => c.run(() => 1, { signal }).catch(() => 'aborted'));
    await turn(3);
    abort();
    expect(await all).toEqual([['aborted', 'b'], 'a']);
    held.open();
    await c.onIdle();
  });

  test('a blocked submit is admitted to the queue', async () => {
    const c = pool(1);
    const held = await hold(c);
    const queued = await c.submit(() => 'queued');
    const all = circle(() => c.submit(() => 1).then(() => 'admitted'));
    await turn(3);
    queued.cancel();
    expect(await all).toEqual([['admitted', 'b'], 'a']);
    held.open();
    await c.onIdle();
  });

  test('room has come', async () => {
    const c = pool();
    const held = await hold(c);
    const all = circle(() => c.onRoom());
    await turn(3);
    held.open();
    expect(await all).toEqual([[undefined, 'b'], 'a']);
  });

  test('room is near, and until it has come no slot is lent to a stranger', async () => {
    const [a, b, c] = [pool(), pool(), pool()];
    const held = await hold(c);
    const begin = deferred();
    const before = c.onRoom();
    const first = a.run(() => begin.promise.then(() => Promise.all([c.onRoom(), b.run(() => 'b')])));
    const second = b.run(() =>
      begin.promise.then(() => Promise.all([held.future.result(), a.run(() => turn().then(() => 'a'))])),
    );
    begin.resolve();
    await turn(3);
    held.open();
    await before;
    await microtasks(9);
    expect([a.stats().lending, b.stats().lending]).toEqual([0, 0]);
    expect(await Promise.all([first, second])).toEqual([
      [undefined, 'b'],
      [undefined, 'a'],
    ]);
  });

  test('a task whose first step was put off is cancelled before it', async () => {
    const c = pool(1);
    const held = await hold(c);
    const waiting = await c.submit(() => 'never');
    const all = circle(() => waiting.result().catch(() => 'cancelled'));
    await turn(3);
    // What starts within 50 other starts starts in a microtask.
    const wide = new NbAioPool({ maxConcurrency: 100 });
    const nest = (depth: number): void => {
      if (depth > 0) return void wide.trySubmit(() => nest(depth - 1));
      c.maxConcurrency = 2;
      expect(waiting.state).toBe('running');
      waiting.cancel();
    };
    nest(50);
    expect(await all).toEqual([['cancelled', 'b'], 'a']);
    held.open();
    await c.onIdle();
  });
});

describe('of several things that a task waits for one goes away, and the rest is room that cannot come', () => {
  test('a task that is not its child ends', async () => {
    const a = pool();
    const held = await hold(pool());
    const waiting = a.run(() => Promise.all([held.future.result(), a.onRoom()]));
    await turn();
    held.open();
    await expect(waiting).rejects.toBeInstanceOf(PoolFullError);
  });

  test('a blocked child is aborted', async () => {
    const [a, b] = [pool(), pool()];
    const held = await hold(b);
    const { signal, abort } = aborting();
    const waiting = a.run(async () => {
      b.run(() => 1, { signal }).catch(() => undefined);
      await a.onRoom();
    });
    await turn();
    abort();
    await expect(waiting).rejects.toBeInstanceOf(PoolFullError);
    held.open();
    await b.onIdle();
  });

  test('room has come, and beside it another task’s room is near, which is in no circle', async () => {
    const [a, b, c] = [pool(), new NbAioPool({ maxConcurrency: 2, maxQueueSize: 0 }), pool()];
    const [full, gate] = [deferred(), deferred()];
    const waiting = a.run(async () => {
      const child = b.run(() => full.promise.then(() => a.onRoom()));
      await full.promise;
      await Promise.all([child, b.onRoom()]);
    });
    const beside = c.run(async () => {
      const child = b.run(() => gate.promise);
      full.resolve();
      await turn();
      await Promise.all([child, b.onRoom()]);
      return 'beside';
    });
    await turn(4);
    gate.resolve();
    await expect(waiting).rejects.toBeInstanceOf(PoolFullError);
    expect(await beside).toBe('beside');
  });
});

test('room that comes while circles are untied is no hope for a circle that only waits beside it', async () => {
  const [a, b, c, d] = [pool(), pool(), pool(), pool()];
  // So many that a first look from outside does not come round.
  const ring = Array.from({ length: 10 }, () => pool());
  const begin = deferred();
  const within = (each: NbAioPool, work: () => Promise<unknown>): Promise<unknown> =>
    each.run(() => begin.promise.then(work)).catch((error: Error) => error.constructor.name);
  const widen = (): number => (c.maxConcurrency = 2);
  const untied = [within(a, () => b.run(widen)), within(b, () => a.run(widen))];
  const beside = within(c, () => ring[0]!.onRoom());
  const others = ring.slice(1).map((next, i) => within(ring[i]!, () => next.onRoom()));
  const near = [c.onRoom(), within(d, () => c.onRoom())];
  const last = within(ring.at(-1)!, () => ring[0]!.onRoom());
  begin.resolve();
  expect(await Promise.all([...untied, ...near])).toEqual([2, 2, undefined, undefined]);
  expect(await Promise.all([...others, last])).toEqual(ring.map(() => 'PoolFullError'));
  expect(await beside).toBeUndefined();
});

function aborting(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
