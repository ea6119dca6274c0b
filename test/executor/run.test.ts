import { afterEach, describe, expect, test } from '@jest/globals';
import type { AsyncPoolExecutor } from '../../dist/executor/index.js';
import { until } from '../signals.js';
import { Gate, runScript, workExecutor, type Work } from './kit.js';

let executor: AsyncPoolExecutor<Work>;
afterEach(() => executor?.close());

describe('run, from asynchronous code', () => {
  test('resolves with values, in any number', async () => {
    executor = workExecutor({ size: 2, maxQueueSize: 3, threads: 2 });
    const sums = await Promise.all(Array.from({ length: 2_000 }, (_, i) => executor.run('add', i, 1)));
    expect(sums).toEqual(Array.from({ length: 2_000 }, (_, i) => i + 1));
  });

  test('never blocks: without room the calls wait in line, and are counted', async () => {
    executor = workExecutor({ size: 1, maxQueueSize: 1 });
    const gate = new Gate();
    const calls = Array.from({ length: 4 }, () => executor.run('open', gate.cells));
    await until(() => executor.stats().running === 1);
    expect(executor.stats()).toMatchObject({ running: 1, waiting: 1, blocked: 2 });
    gate.open();
    await Promise.all(calls);
    expect(executor.stats()).toMatchObject({ running: 0, waiting: 0, blocked: 0 });
  });

  test('copies the arguments of calls that wait, too', async () => {
    executor = workExecutor({ size: 1, maxQueueSize: 0 });
    const gate = new Gate();
    const first = executor.run('open', gate.cells);
    const list = [1];
    const second = executor.run('echo', list);
    list.push(2);
    gate.open();
    await first;
    expect(await second).toEqual([[1]]);
  });

  test('spreads work that keeps a CPU busy over the threads, and gives a call to the first free one', async () => {
    executor = workExecutor({ size: 2, threads: 2 });
    const gates = [new Gate(), new Gate()] as const;
    const [long, short] = gates.map((gate) => executor.run('block', gate.cells));
    // Both threads are busy, and not one after the other.
    await until(() => gates.every((gate) => Atomics.load(gate.cells, 3) === 1));
    const rest = Array.from({ length: 4 }, () => executor.run('addAtOnce', 1, 1));
    gates[1].open();
    expect(await short).toBe('unblocked');
    // All of them run beside the long one.
    expect(await Promise.all(rest)).toEqual([2, 2, 2, 2]);
    gates[0].open();
    expect(await long).toBe('unblocked');
  });

  test('both faces at the same time: a blocked result() does not lose what belongs to run', async () => {
    executor = workExecutor({ size: 2, threads: 2 });
    const promises = Array.from({ length: 50 }, (_, i) => executor.run('add', i, 0));
    const failing = executor.run('fail', 'async').catch((error: Error) => error.message);
    const futures = Array.from({ length: 50 }, (_, i) => executor.submit('add', i, 100));
    expect(futures.map((each) => each.result()).at(-1)).toBe(149);
    expect((await Promise.all(promises)).at(-1)).toBe(49);
    expect(await failing).toBe('async');
  });

  test('rejects with what submit would throw', async () => {
    executor = workExecutor();
    await expect(executor.run('echo', () => 1)).rejects.toMatchObject({ code: 'NB_EXECUTOR_CLONE' });
    await expect(executor.run('' as 'add', 1, 2)).rejects.toMatchObject({ code: 'NB_OPTION_INVALID' });
    await executor.close();
    await expect(executor.run('add', 1, 2)).rejects.toMatchObject({ code: 'NB_EXECUTOR_CLOSED' });
  });

  test('keeps the process alive until it is settled, and no longer', async () => {
    const { code, stdout } = await runScript(`
      const e = executor();
      console.log(await e.run('add', 1, 2));
      await e.run('print', 'printed');
      console.log('after');`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '3\nprinted\nafter\n' });
  });
});
