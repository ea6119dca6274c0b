import { describe, expect, test } from '@jest/globals';
import assert from 'node:assert/strict';
import * as fc from '../fast-check.js';
import { NbAioPool, type PoolFuture } from '../../lib/pool/index.js';
import { PriorityLine } from '../../lib/pool/priority-line.js';
import type { Task } from '../../lib/pool/task.js';
import { deferred } from './signals.js';

describe('priority', () => {
  test('the highest starts first, and the first submitted among equals', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    const order: string[] = [];
    await pool.submit(() => gate.promise);
    const submit = (name: string, priority?: number): Promise<unknown> =>
      pool.submit(() => void order.push(name), priority === undefined ? undefined : { priority });
    await submit('a');
    await submit('b', -1);
    await submit('c', 5);
    await submit('d', 0);
    await submit('e', 5);
    await submit('f', 0.5);
    gate.resolve();
    await pool.onIdle();
    expect(order).toEqual(['c', 'e', 'f', 'a', 'd', 'b']);
  });

  test('holds among blocked submitters too, and the bounds hold', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1, maxQueueSize: 2 });
    const gate = deferred();
    const order: number[] = [];
    await pool.submit(() => gate.promise);
    const runs = [0, 0, 0, 1, 2].map((priority, i) =>
      pool.run(
        () => {
          expect(pool.stats().waiting).toBeLessThanOrEqual(2);
          order.push(i);
        },
        { priority },
      ),
    );
    expect(pool.stats()).toMatchObject({ waiting: 2, blocked: 3 });
    gate.resolve();
    await Promise.all(runs);
    expect(order).toEqual([4, 3, 0, 1, 2]);
  });

  test('a task can still be cancelled out of the line', async () => {
    const pool = new NbAioPool({ maxConcurrency: 1 });
    const gate = deferred();
    const order: number[] = [];
    await pool.submit(() => gate.promise);
    const futures: PoolFuture<unknown>[] = [];
    for (let i = 0; i < 9; i++) {
      futures.push(await pool.submit(() => void order.push(i), { priority: i % 3 }));
    }
    for (const i of [8, 1, 2]) futures[i]!.cancel();
    gate.resolve();
    await pool.onIdle();
    expect(order).toEqual([5, 4, 7, 0, 3, 6]);
  });

  test.each([['1'], [Number.NaN], [Infinity], [null]])('%p is refused', async (priority) => {
    const submit = new NbAioPool().submit(() => 1, { priority: priority as never });
    await expect(submit).rejects.toThrow(/option 'priority' must be a finite number/);
  });
});

describe('the line behind it', () => {
  test.each<[string, (i: number, count: number) => number]>([
    ['rising', (i) => i],
    ['falling', (i, count) => count - i],
    ['mixed', (i, count) => (i * 7919) % count],
  ])('is sorted with as many %s priorities as tasks', (_, priorityOf) => {
    const count = 100_000;
    const tasks = Array.from({ length: count }, (__, i) => ({ priority: priorityOf(i, count) }) as Task);
    const line = new PriorityLine();
    for (const task of tasks) line.push(task);
    const highest = line.first!.priority;
    for (let left = count; left > 0; left--) assert.equal(line.shift()?.priority, highest + left - count);
    expect(line.size).toBe(0);
  });

  test('is a sorted list, whatever comes and goes', () => {
    const operation = fc.oneof(
      fc.record({ push: fc.integer({ min: -2, max: 2 }) }),
      fc.record({ remove: fc.nat() }),
      fc.constant('shift' as const),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
        const line = new PriorityLine();
        let model: Task[] = [];
        for (const each of operations) {
          if (each === 'shift') assert.equal(line.shift(), model.shift());
          else if ('push' in each) {
            const task = { priority: each.push } as Task;
            line.push(task);
            model = [...model, task].toSorted((a, b) => b.priority - a.priority);
          } else if (model.length > 0) {
            const [task] = model.splice(each.remove % model.length, 1) as [Task];
            line.remove(task);
          }
          expect([line.size, line.first, line.last]).toEqual([model.length, model[0], model.at(-1)]);
          const seen: Task[] = [];
          for (let task = line.first; task !== undefined; task = task.next) seen.push(task);
          expect(seen.every((task, i) => task === model[i]) && seen.length === model.length).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('stays sorted when there are many priorities, also where one leaves from the middle', () => {
    const line = new PriorityLine();
    const tasks = Array.from({ length: 5000 }, (_, i) => ({ priority: ((i * 7919) % 2500) - 1000 }) as Task);
    for (const task of tasks) line.push(task);
    const [gone, left] = [tasks.filter((_, i) => i % 3 === 0), tasks.filter((_, i) => i % 3 !== 0)];
    for (const task of gone) line.remove(task);
    for (const task of gone) line.push(task);
    const model = [...left, ...gone].toSorted((a, b) => b.priority - a.priority);
    expect(tasks.every((_, i) => line.shift() === model[i])).toBe(true);
    expect(line.first).toBeUndefined();
  });
});
