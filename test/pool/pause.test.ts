import { describe, expect, test } from '@jest/globals';
import { NbAioPool, PoolClosedError, PoolFullError, type PoolFuture } from '../../lib/pool/index.js';
import { observe, type Ending } from '../../lib/pool/observer.js';
import { openWaits } from '../../lib/pool/waits.js';
import { deferred, Gauge, isSettled, microtasks, turn } from './signals.js';

const idle = { running: 0, lending: 0, overdue: 0, waiting: 0, blocked: 0, paused: false };

describe('pause and resume', () => {
  test('nothing new starts, and accepting goes on until the queue is full', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 2 });
    const gate = deferred<string>();
    const running = pool.run(() => gate.promise);
    pool.pause();
    pool.pause();
    const order: number[] = [];
    const submits = [0, 1, 2].map((i) => pool.submit(() => void order.push(i)));
    await expect(pool.submit(() => 1, { block: false })).rejects.toThrow(PoolFullError);
    expect(pool.stats()).toMatchObject({ running: 1, waiting: 2, blocked: 1, paused: true });
    gate.resolve('goes on');
    expect(await running).toBe('goes on');
    await turn();
    expect(order).toEqual([]);
    expect(pool.stats()).toMatchObject({ running: 0, waiting: 2, blocked: 1 });
    pool.resume();
    pool.resume();
    await Promise.all(submits);
    await pool.onIdle();
    expect(order).toEqual([0, 1, 2]);
    expect(pool.stats()).toMatchObject(idle);
  });

  test('a task that awaits its child waits for the resume', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    const parent = pool.run(async () => {
      await gate.promise;
      return pool.run(() => 'child');
    });
    pool.pause();
    gate.resolve();
    expect(await isSettled(parent)).toBe(false);
    expect(pool.stats()).toMatchObject({ running: 1, lending: 0, waiting: 1 });
    pool.resume();
    expect(await parent).toBe('child');
  });

  test('paused with tasks waiting is not idle', async () => {
    const pool = new NbAioPool();
    pool.pause();
    await pool.onIdle();
    await pool.submit(() => 1);
    const end = pool.onIdle();
    expect(await isSettled(end)).toBe(false);
    pool.resume();
    await end;
  });

  test('a task that pauses in its synchronous part stops the next one', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    const first = await pool.submit(() => pool.pause());
    const second = await pool.submit(() => 2);
    gate.resolve();
    await turn();
    expect([first.state, second.state]).toEqual(['done', 'waiting']);
    pool.resume();
    expect(await second.result()).toBe(2);
  });

  test('a shutdown resumes, so that it can drain; then there is no more pausing', async () => {
    const pool = new NbAioPool();
    pool.pause();
    const future = await pool.submit(() => 1);
    await pool.shutdown();
    expect(await future.result()).toBe(1);
    expect(() => pool.pause()).toThrow(PoolClosedError);
    pool.resume();
  });

  test('a shutdown that does not wait cancels what a pause held back', async () => {
    const pool = new NbAioPool();
    pool.pause();
    const future = await pool.submit(() => 1);
    await pool.shutdown({ wait: false });
    expect(future.state).toBe('cancelled');
    expect(pool.stats()).toMatchObject(idle);
  });
});

describe('maxConcurrency', () => {
  test('raised: waiting tasks start at once, in order, and blocked submitters get room', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 2 });
    const gate = deferred();
    const gauge = new Gauge();
    const runs = [0, 1, 2, 3, 4].map((i) => pool.run(gauge.wrap(i, () => gate.promise)));
    expect(pool.stats()).toMatchObject({ running: 1, waiting: 2, blocked: 2 });
    pool.maxConcurrency = 3;
    expect(pool.maxConcurrency).toBe(3);
    expect(gauge.started).toEqual([0, 1, 2]);
    expect(pool.stats()).toMatchObject({ running: 3, waiting: 2, blocked: 0, maxConcurrency: 3 });
    pool.maxConcurrency = 50;
    expect(gauge.started).toEqual([0, 1, 2, 3, 4]);
    gate.resolve();
    await Promise.all(runs);
    expect(pool.stats()).toMatchObject({ ...idle, maxConcurrency: 50 });
  });

  test('lowered: the running ones end, and nothing starts until as many have', async () => {
    const pool = new NbAioPool({ maxConcurrency: 3 });
    const gates = [deferred(), deferred(), deferred(), deferred()];
    for (const gate of gates) await pool.submit(() => gate.promise);
    pool.maxConcurrency = 1;
    expect(pool.stats()).toMatchObject({ running: 3, waiting: 1 });
    gates[0]!.resolve();
    await turn();
    expect(pool.stats()).toMatchObject({ running: 2, waiting: 1 });
    gates[1]!.resolve();
    await turn();
    expect(pool.stats()).toMatchObject({ running: 1, waiting: 1 });
    gates[2]!.resolve();
    await turn();
    expect(pool.stats()).toMatchObject({ running: 1, waiting: 0 });
    gates[3]!.resolve();
    await pool.onIdle();
  });

  test('what starts while it is raised does not overtake what waits', async () => {
    // Without the context, since a child of a full pool may start on its caller's slot.
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0, context: false });
    const gate = deferred();
    const order: string[] = [];
    await pool.submit(() => gate.promise);
    const note = (name: string) => (): Promise<void> => {
      order.push(name);
      if (name === 'a') void pool.submit(note('child'));
      return gate.promise;
    };
    for (const name of ['a', 'b', 'c']) void pool.submit(note(name));
    pool.maxConcurrency = 10;
    expect(order).toEqual(['a', 'b', 'c', 'child']);
    gate.resolve();
    await pool.onIdle();
  });

  test('may be changed by tasks, up and down, and no slot is lost', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 5 });
    await pool.batchRun(
      Array.from({ length: 200 }, (_, i) => async () => {
        pool.maxConcurrency = 1 + ((i * 7) % 9);
        await turn(i % 3);
      }),
    );
    await pool.onIdle();
    expect(pool.stats()).toMatchObject(idle);
    pool.maxConcurrency = 4;
    const gauge = new Gauge();
    await pool.batchRun(Array.from({ length: 20 }, (_, i) => gauge.wrap(i, () => turn(1))));
    expect(gauge.peak).toBe(4);
  });

  test('may be changed while paused', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    pool.pause();
    await pool.batchSubmit([1, 2, 3].map(() => () => gate.promise));
    pool.maxConcurrency = 2;
    expect(pool.stats().running).toBe(0);
    pool.resume();
    expect(pool.stats()).toMatchObject({ running: 2, waiting: 1 });
    gate.resolve();
    await pool.onIdle();
  });

  test.each([[0], [-1], [1.5], ['5'], [undefined]])('%p is refused', (limit) => {
    const pool = new NbAioPool({ name: 'p' });
    expect(() => (pool.maxConcurrency = limit as number)).toThrow(
      /^p: 'maxConcurrency' must be a whole number of at least 1, but was/,
    );
    expect(pool.maxConcurrency).toBe(100);
  });
});

test('an onIdle() inside a task resolves when a resume lets the last task run, synchronous or not', async () => {
  for (const last of [() => undefined, () => turn(1)]) {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    await pool.run(async () => {
      pool.pause();
      pool.trySubmit(last);
      const alone = pool.onIdle();
      expect(await isSettled(alone)).toBe(false);
      pool.resume();
      await alone;
    });
    expect(pool.stats()).toMatchObject(idle);
  }
});

describe('onRoom', () => {
  test('resolves at once with room, and else when a submit would be accepted', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    await pool.onRoom();
    const [first, second] = [deferred(), deferred()];
    await pool.submit(() => first.promise);
    await pool.onRoom();
    await pool.submit(() => second.promise);
    const room = pool.onRoom();
    expect(await isSettled(room)).toBe(false);
    first.resolve();
    await room;
    expect(pool.trySubmit(() => 1)).toBeDefined();
    second.resolve();
    await pool.onIdle();
  });

  test('those who are blocked come first', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const [first, second] = [deferred(), deferred()];
    await pool.submit(() => first.promise);
    const blocked = pool.submit(() => second.promise);
    const room = pool.onRoom();
    first.resolve();
    await blocked;
    expect(await isSettled(room)).toBe(false);
    second.resolve();
    await room;
  });

  test.each([
    ['cancel', (_: NbAioPool, future: PoolFuture<unknown>) => future.cancel()],
    ['a larger pool', (pool: NbAioPool) => (pool.maxConcurrency = 2)],
  ])('comes with %s', async (_, make) => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    const future = await pool.submit(() => gate.promise);
    const room = pool.onRoom();
    expect(await isSettled(room)).toBe(false);
    make(pool, future);
    await room;
    gate.resolve();
    await pool.onIdle();
  });

  test('comes with a resume', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    pool.pause();
    const room = pool.onRoom();
    expect(await isSettled(room)).toBe(false);
    pool.resume();
    await room;
  });

  test('2,000 producers that never block all get their tasks in, and the bounds hold', async () => {
    const pool = new NbAioPool({ maxConcurrency: 3, maxQueueSize: 2 });
    const gauge = new Gauge();
    let tries = 0;
    await Promise.all(
      Array.from({ length: 2000 }, async (_, i) => {
        const task = gauge.wrap(i, () => Promise.resolve());
        for (tries++; pool.trySubmit(task) === undefined; tries++) await pool.onRoom();
      }),
    );
    await pool.onIdle();
    expect(gauge.started).toHaveLength(2000);
    expect(gauge.peak).toBe(3);
    // Waking everybody for each place would come to a million.
    expect(tries).toBeLessThan(10_000);
  });

  test('one that makes no use of the room does not keep it from the next', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    const rooms = [pool.onRoom(), pool.onRoom(), pool.onRoom()];
    gate.resolve();
    expect(await Promise.all(rooms)).toHaveLength(3);
  });

  test('one that comes late is woken after all who wait', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const gate = deferred();
    const held = await pool.submit(() => gate.promise);
    const order: number[] = [];
    const wait = (id: number): Promise<unknown> => pool.onRoom().then(() => order.push(id));
    const early = [wait(1), wait(2), wait(3)];
    gate.resolve();
    await held.result();
    await Promise.all([...early, wait(4)]);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('tasks wait for their turn while those before them are woken, and are not refused', async () => {
    const pool = new NbAioPool({ maxConcurrency: 3, maxQueueSize: 0 });
    const [begin, end] = [deferred(), deferred()];
    const order: number[] = [];
    const wait = (id: number): Promise<unknown> => pool.onRoom().then(() => order.push(id));
    const inside = [3, 4].map((id) => pool.run(() => begin.promise.then(() => wait(id))));
    await pool.submit(() => end.promise);
    const outside = [wait(1), wait(2)];
    begin.resolve();
    await turn();
    end.resolve();
    await Promise.all([...outside, ...inside]);
    expect(order).toEqual([1, 2, 3, 4]);
    expect(openWaits.size).toBe(0);
  });

  test('rejects on a closed pool, and when the pool is closed meanwhile', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    const room = pool.onRoom();
    const end = pool.shutdown();
    await expect(room).rejects.toThrow(PoolClosedError);
    await expect(pool.onRoom()).rejects.toThrow(PoolClosedError);
    gate.resolve();
    await end;
  });

  test('inside tasks: rejects when all that run wait so, and resolves otherwise', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 0, name: 'p' });
    const gate = deferred();
    const wait = async (): Promise<void> => {
      await gate.promise;
      await pool.onRoom();
    };
    const outcomes = Promise.allSettled([pool.run(wait), pool.run(wait)]);
    gate.resolve();
    expect(await outcomes).toMatchObject([
      { reason: { code: 'NB_POOL_FULL' } },
      { reason: { code: 'NB_POOL_FULL' } },
    ]);
    const other = deferred();
    const inside = pool.run(() => pool.onRoom());
    await pool.submit(() => other.promise);
    other.resolve();
    await inside;
  });
});

describe('room that can never come is told as such', () => {
  const waitForRoom = (pool: NbAioPool, gate: { promise: Promise<void> }) =>
    pool.submit(() => gate.promise.then(() => pool.onRoom()));

  test('when the pool was paused, and goes on', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 });
    const gate = deferred();
    const waiting = await waitForRoom(pool, gate);
    const behind = await pool.submit(() => 'behind');
    pool.pause();
    gate.resolve();
    expect(await isSettled(waiting.result())).toBe(false);
    pool.resume();
    await expect(waiting.result()).rejects.toBeInstanceOf(PoolFullError);
    expect(await behind.result()).toBe('behind');
  });

  test.each([0, 1])('when the limit was lowered, with a queue of %p', async (maxQueueSize) => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize });
    const [gate, other] = [deferred(), deferred()];
    const waiting = await waitForRoom(pool, gate);
    await pool.submit(() => other.promise);
    if (maxQueueSize > 0) await pool.submit(() => 'behind');
    gate.resolve();
    await turn();
    pool.maxConcurrency = 1;
    other.resolve();
    await expect(waiting.result()).rejects.toBeInstanceOf(PoolFullError);
    await pool.onIdle();
  });

  test('when those woken before have taken it', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 1 });
    const [begin, end] = [deferred(), deferred()];
    const inside = await waitForRoom(pool, begin);
    await pool.submit(() => end.promise);
    const queued = await pool.submit(() => 'never');
    const taken = pool.onRoom().then(async () => {
      // The other task has ended by then, and the place in the queue is all the room there is.
      await microtasks(20);
      return pool.trySubmit(() => 'taken');
    });
    const next = pool.onRoom();
    begin.resolve();
    await turn();
    pool.maxConcurrency = 1;
    queued.cancel();
    end.resolve();
    await expect(inside.result()).rejects.toBeInstanceOf(PoolFullError);
    expect(await (await taken)?.result()).toBe('taken');
    await next;
    expect(openWaits.size).toBe(0);
  });

  test('when the others wait for one that waits for room', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 1 });
    const gate = deferred();
    const waiting = await waitForRoom(pool, gate);
    const other = pool.run(() => waiting.result());
    const behind = await pool.submit(() => 'behind');
    gate.resolve();
    await expect(other).rejects.toBeInstanceOf(PoolFullError);
    expect(await behind.result()).toBe('behind');
    expect(openWaits.size).toBe(0);
  });

  test('when it is the room of another pool, whose tasks wait for this one', async () => {
    const [a, b] = [1, 2].map(() => new NbAioPool({ maxConcurrency: 1, maxQueueSize: 1 })) as [
      NbAioPool,
      NbAioPool,
    ];
    const gate = deferred();
    const inA = await a.submit(() => gate.promise.then(() => b.onRoom()));
    const inB = b.run(() => gate.promise.then(() => inA.result()));
    const behind = await b.submit(() => 'behind');
    gate.resolve();
    await expect(inB).rejects.toBeInstanceOf(PoolFullError);
    expect(await behind.result()).toBe('behind');
  });

  test('but not while a task there goes on', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 0 });
    const [gate, other] = [deferred(), deferred()];
    const waiting = await waitForRoom(pool, gate);
    await pool.submit(() => other.promise);
    gate.resolve();
    expect(await isSettled(waiting.result())).toBe(false);
    other.resolve();
    await waiting.result();
    expect(openWaits.size).toBe(0);
  });

  test('a task that ends without waiting for it is forgotten', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0 });
    let room: Promise<void> | undefined;
    await pool.run(() => void (room = pool.onRoom()));
    await room;
    expect(openWaits.size).toBe(0);
  });
});

describe('an observer', () => {
  test('is told of the end of the pool, however late it comes', async () => {
    const pool = new NbAioPool();
    const gate = deferred();
    const told: string[] = [];
    const note = (who: string) => ({
      ended: () => void told.push('task'),
      poolEnded: () => void told.push(who),
    });
    pool[observe](note('first'));
    // Inside, shutdown() does not wait for the task itself.
    await pool.submit(() => pool.shutdown().then(() => gate.promise));
    await turn();
    expect(told).toEqual([]);
    gate.resolve();
    await pool.shutdown();
    expect(told).toEqual(['task', 'first']);
    pool[observe](note('late'));
    await turn(1);
    expect(told).toEqual(['task', 'first', 'late']);
  });

  test('is told of each task that leaves its slot, and no more after its removal', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, onError: () => undefined });
    const seen: [ending: Ending, running: number][] = [];
    const times: number[] = [];
    const remove = pool[observe]({
      ended(ms, ending, running) {
        times.push(ms);
        seen.push([ending, running]);
      },
    });
    const gate = deferred();
    const first = await pool.submit(() => gate.promise);
    await pool.submit(() => Promise.reject(new Error('x')));
    await turn();
    expect(seen).toEqual([['failed', 2]]);
    await pool.submit(() => 'sync');
    first.cancel();
    gate.resolve();
    await pool.onIdle();
    expect(seen).toEqual([
      ['failed', 2],
      ['done', 2],
      ['cancelled', 1],
    ]);
    expect(times.every((ms) => ms >= 0 && ms < 10_000)).toBe(true);
    remove();
    await pool.run(() => 1);
    expect(seen).toHaveLength(3);
  });

  test('may resize the pool', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 3 });
    let ended = 0;
    pool[observe]({ ended: () => void (pool.maxConcurrency = (++ended % 4) + 1) });
    await pool.batchRun(Array.from({ length: 100 }, (_, i) => () => (i % 2 === 0 ? undefined : turn(1))));
    await pool.onIdle();
    expect(ended).toBe(100);
    expect(pool.stats()).toMatchObject(idle);
  });
});
