import { describe, expect, test } from '@jest/globals';
import { NbAioPool, PoolFullError, type PoolFuture } from '../../lib/pool/index.js';
import { deferred, Gauge, isSettled, turn } from './signals.js';

const tiny = (options = {}) => new NbAioPool({ maxConcurrency: 1, maxQueueSize: 0, ...options });
const idle = { running: 0, lending: 0, waiting: 0, blocked: 0 };

describe('a task that submits to its own full pool', () => {
  test('may await run, submit and result, batchRun and batchSubmit', async () => {
    const pool = tiny();
    const value = await pool.run(async () => {
      const a = await pool.run(async () => 1);
      const b = await (await pool.submit(async () => 2)).result();
      const c = await pool.batchRun([async () => 3, () => 4]);
      const d = await Promise.all((await pool.batchSubmit([() => 5, async () => 6])).map((f) => f.result()));
      return [a, b, ...c, ...d];
    });
    expect(value).toEqual([1, 2, 3, 4, 5, 6]);
    expect(pool.stats()).toMatchObject(idle);
  });

  test('has its submit resolved when the child has ended, since there is no other room', async () => {
    const pool = tiny();
    const gate = deferred<string>();
    let submitted!: Promise<PoolFuture<string>>;
    const parent = pool.run(async () => {
      submitted = pool.submit(() => gate.promise);
      return (await submitted).result();
    });
    expect(await isSettled(submitted)).toBe(false);
    expect(pool.stats()).toMatchObject({ running: 1, lending: 1, blocked: 0 });
    gate.resolve('child');
    expect(await parent).toBe('child');
    expect((await submitted).state).toBe('done');
  });

  test('lends its slot to one child at a time, in order', async () => {
    const pool = tiny();
    const gauge = new Gauge();
    await pool.run(() => Promise.all([0, 1, 2, 3, 4].map((i) => pool.run(gauge.wrap(i, () => turn())))));
    expect(gauge.started).toEqual([0, 1, 2, 3, 4]);
    expect(gauge.peak).toBe(1);
  });

  test('goes on after a child that failed', async () => {
    const pool = tiny();
    const outcome = await pool.run(async () => {
      await expect(pool.run(() => Promise.reject(new Error('child')))).rejects.toThrow('child');
      await expect(
        pool.run(() => {
          throw new Error('at once');
        }),
      ).rejects.toThrow('at once');
      return pool.run(() => 'next');
    });
    expect(outcome).toBe('next');
    expect(pool.stats()).toMatchObject(idle);
  });

  test('is refused with block: false, as anybody', async () => {
    const pool = tiny();
    await pool.run(async () => {
      await expect(pool.submit(() => 1, { block: false })).rejects.toThrow(PoolFullError);
      expect(pool.trySubmit(() => 1)).toBeUndefined();
    });
  });

  test('does not lend while another slot is free', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 0 });
    await pool.run(async () => {
      const child = pool.run(() => turn());
      expect(pool.stats()).toMatchObject({ running: 2, lending: 0 });
      await child;
    });
  });

  test('a blocked child starts on whichever slot comes first', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 0 });
    const [other, first] = [deferred(), deferred()];
    await pool.submit(() => other.promise);
    const parent = pool.run(async () => {
      const children = [pool.run(() => first.promise), pool.run(() => 'free slot')];
      expect(pool.stats()).toMatchObject({ running: 2, lending: 1, blocked: 1 });
      other.resolve();
      expect(await children[1]).toBe('free slot');
      first.resolve();
      await children[0];
    });
    await parent;
    expect(pool.stats()).toMatchObject(idle);
  });

  test('a blocked child that got room, and is not awaited, waits in the queue as all others', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 1 });
    const [other, first, filler] = [deferred(), deferred(), deferred()];
    let second!: PoolFuture<number>;
    await pool.submit(() => other.promise);
    const parent = pool.run(async () => {
      await pool.submit(() => filler.promise);
      const children = [pool.submit(() => first.promise), pool.submit(() => 2)] as const;
      expect(pool.stats()).toMatchObject({ running: 2, lending: 1, waiting: 1, blocked: 1 });
      other.resolve();
      second = await children[1];
      first.resolve();
      await children[0];
      await turn();
    });
    await turn();
    expect(second.state).toBe('waiting');
    filler.resolve();
    await parent;
    expect(await second.result()).toBe(2);
  });

  test('100,000 children that nobody waits for stay bounded, and all run', async () => {
    const pool = new NbAioPool({ maxConcurrency: 3, maxQueueSize: 10 });
    const gauge = new Gauge();
    const submits: Promise<unknown>[] = [];
    const parents = [0, 1, 2].map(() =>
      pool.run(async () => {
        for (let i = 0; i < 33_334; i++) submits.push(pool.submit(gauge.wrap(i, () => Promise.resolve())));
      }),
    );
    await Promise.all(parents);
    await Promise.all(submits);
    await pool.onIdle();
    expect(gauge.started).toHaveLength(100_002);
    expect(gauge.peak).toBeLessThanOrEqual(3);
  });
});

describe('a child that waits in the queue', () => {
  test('starts on the slot of the task that awaits it', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const value = await pool.run(async () => {
      const futures = await pool.batchSubmit([() => 1, async () => 2]);
      expect(pool.stats()).toMatchObject({ running: 1, waiting: 2 });
      const late = await futures[1]!.result();
      expect(futures[0]!.state).toBe('waiting');
      return [await pool.run(() => 0), await futures[0]!.result(), late];
    });
    expect(value).toEqual([0, 1, 2]);
  });

  test('does not start on it before it is awaited', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    let child!: PoolFuture<number>;
    const parent = pool.run(async () => {
      child = await pool.submit(() => 1);
      await gate.promise;
    });
    await turn();
    expect(child.state).toBe('waiting');
    gate.resolve();
    await parent;
    expect(await child.result()).toBe(1);
  });

  test('awaited from outside it keeps its place', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    await pool.submit(() => gate.promise);
    const result = pool.run(() => 1);
    expect(await isSettled(result)).toBe(false);
    gate.resolve();
    expect(await result).toBe(1);
  });

  test('may be one that somebody else submitted', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const others: PoolFuture<string>[] = [];
    const parent = pool.run(async () => {
      await turn();
      return others[0]!.result();
    });
    others.push(await pool.submit(() => 'other'));
    expect(await parent).toBe('other');
  });

  test('awaited a thousand times it runs once', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    let runs = 0;
    await pool.run(async () => {
      const busy = pool.run(() => turn());
      const future = await pool.submit(async () => ++runs);
      await Promise.all([busy, ...Array.from({ length: 1000 }, () => future.result())]);
    });
    expect(runs).toBe(1);
    expect(pool.stats()).toMatchObject(idle);
  });
});

describe('nesting', () => {
  test.each([
    ['no queue', 0],
    ['a queue', 5],
  ])('grandchildren to a depth of 2,000, with %s', async (_, maxQueueSize) => {
    const pool = tiny({ maxQueueSize });
    const down = async (n: number): Promise<number> =>
      n === 0 ? 0 : 1 + (await pool.run(() => down(n - 1)));
    expect(await pool.run(() => down(2000))).toBe(2000);
    expect(pool.stats()).toMatchObject(idle);
  });

  test('synchronous tasks that submit synchronous tasks do not overflow the stack', async () => {
    const pool = tiny();
    let runs = 0;
    const down = (n: number): void => {
      runs++;
      if (n > 0) void pool.submit(() => down(n - 1));
    };
    await pool.submit(() => down(20_000));
    await pool.onIdle();
    expect(runs).toBe(20_001);
  });

  test('a tree in a small pool', async () => {
    const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 3 });
    const tree = async (depth: number): Promise<number> => {
      await Promise.resolve();
      if (depth === 0) return 1;
      const parts = await pool.batchRun([0, 1, 2].map(() => () => tree(depth - 1)));
      return parts.reduce((a, b) => a + b);
    };
    expect(await pool.run(() => tree(6))).toBe(3 ** 6);
    expect(pool.stats()).toMatchObject(idle);
  });

  test('two pools whose tasks submit to each other', async () => {
    const [a, b] = [tiny(), tiny()];
    const down = async (n: number): Promise<number> =>
      n === 0 ? 0 : 1 + (await (n % 2 === 0 ? a : b).run(() => down(n - 1)));
    expect(await a.run(() => down(99))).toBe(99);
    expect([a.stats(), b.stats()]).toMatchObject([idle, idle]);
  });

  test('through a task that has ended and left its promise behind', async () => {
    const [a, b] = [tiny(), tiny()];
    const value = await a.run(async () => {
      // b's task ends at once; what it began belongs to a's task, which is still waiting.
      const { begun } = await b.run(() => ({ begun: turn().then(() => b.run(() => a.run(() => 'deep'))) }));
      return begun;
    });
    expect(value).toBe('deep');
  });

  test('a child whose parent ended passes its open wishes on to the grandparent', async () => {
    const pool = tiny();
    const gate = deferred();
    const value = await pool.run(async () => {
      const { second } = await pool.run(() => {
        void pool.run(() => gate.promise);
        return { second: pool.run(() => 'second') };
      });
      gate.resolve();
      return second;
    });
    expect(value).toBe('second');
    expect(pool.stats()).toMatchObject(idle);
  });
});

test('a child on a slot of its own passes its open wishes on, and they come true at once', async () => {
  const pool = new NbAioPool({ maxConcurrency: 2, maxQueueSize: 0 });
  const gate = deferred();
  const value = await pool.run(async () => {
    const { second } = await pool.run(() => {
      void pool.run(() => gate.promise);
      return { second: pool.run(() => 'second') };
    });
    return second;
  });
  expect(value).toBe('second');
  expect(pool.stats()).toMatchObject({ running: 1, lending: 0, blocked: 0 });
  gate.resolve();
  await pool.onIdle();
});

describe('a slot whose task ended while a lent child still runs', () => {
  test('stays taken until the child ends, and is then free', async () => {
    const pool = tiny();
    const gate = deferred();
    await pool.run(() => {
      void pool.submit(() => gate.promise);
    });
    const next = pool.run(() => 'next');
    expect(await isSettled(next)).toBe(false);
    expect(pool.stats()).toMatchObject({ running: 1, lending: 0, blocked: 1 });
    gate.resolve();
    expect(await next).toBe('next');
    expect(pool.stats()).toMatchObject(idle);
  });

  test('serves the next task as if nothing had been', async () => {
    const pool = tiny();
    await pool.run(() => {
      void pool.submit(() => turn());
    });
    await pool.run(async () => {
      await pool.run(() => turn());
      expect(pool.stats()).toMatchObject({ running: 1, lending: 0 });
    });
    expect(pool.stats()).toMatchObject(idle);
  });

  test('in the middle of a stack: goes back to the one below', async () => {
    const pool = tiny();
    const gates = [deferred(), deferred()] as const;
    const bottom = pool.run(async () => {
      await pool.run(() => {
        void pool.submit(() => gates[1].promise);
      });
      await gates[0].promise;
      return pool.run(() => 'again');
    });
    await turn();
    expect(pool.stats()).toMatchObject({ running: 1, lending: 1 });
    gates[0].resolve();
    expect(await isSettled(bottom)).toBe(false);
    gates[1].resolve();
    expect(await bottom).toBe('again');
    expect(pool.stats()).toMatchObject(idle);
  });
});

describe('a blocked submit resolves when its task starts on the lent slot of another task', () => {
  test('that waits for onIdle()', async () => {
    const pool = tiny();
    const [begin, gate] = [deferred(), deferred()];
    const parked = pool.run(() => begin.promise.then(() => pool.onIdle()));
    const submitted = pool.submit(() => gate.promise);
    begin.resolve();
    expect((await submitted).state).toBe('running');
    gate.resolve();
    await parked;
  });

  test('that waits for onIdle() already', async () => {
    const pool = tiny({ maxConcurrency: 2 });
    const [other, gate] = [deferred(), deferred()];
    await pool.submit(() => other.promise);
    const parked = pool.run(() => pool.onIdle());
    expect((await pool.submit(() => gate.promise)).state).toBe('running');
    gate.resolve();
    other.resolve();
    await parked;
  });

  test('in a circle of pools', async () => {
    const [a, b] = [tiny(), tiny()];
    const [begin, gate] = [deferred(), deferred()];
    const second = b.run(() => begin.promise.then(() => a.run(() => 'a')));
    const first = a.run(async () => {
      await begin.promise;
      await turn();
      const future = await b.submit(() => gate.promise.then(() => 'b'));
      gate.resolve();
      return future.result();
    });
    begin.resolve();
    expect(await Promise.all([first, second])).toEqual(['b', 'a']);
    expect([a.stats(), b.stats()]).toMatchObject([idle, idle]);
  });
});

test("a task of a pool without context is nobody's child", async () => {
  const [on, off] = [tiny(), tiny({ context: false })];
  let ran = false;
  await on.run(async () => {
    void off.run(() => on.run(() => (ran = true)));
    await turn();
    expect(on.stats()).toMatchObject({ running: 1, lending: 0, blocked: 1 });
    expect(ran).toBe(false);
  });
  await on.onIdle();
  expect(ran).toBe(true);
});

test('without context nothing is lent', async () => {
  const pool = tiny({ context: false });
  const parent = pool.submit(async () => pool.run(() => 1));
  await turn();
  expect(pool.stats()).toMatchObject({ running: 1, lending: 0, blocked: 1 });
  const end = pool.shutdown();
  await expect((await parent).result()).rejects.toMatchObject({ code: 'NB_POOL_CLOSED' });
  await end;
});
