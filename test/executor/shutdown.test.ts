import { describe, expect, test } from '@jest/globals';
import { until } from '../signals.js';
import { Gate, thrownBy, workExecutor } from './kit.js';

describe('shutdown', () => {
  test('with wait blocks until every accepted call has ended, and refuses further ones', () => {
    const executor = workExecutor({ size: 1 });
    const futures = Array.from({ length: 20 }, (_, i) => executor.submit('add', i, 0));
    executor.shutdown();
    expect(futures.map((each) => each.state)).toEqual(Array(20).fill('done'));
    expect(executor.stats()).toMatchObject({ running: 0, waiting: 0, closed: true });
    for (const submit of [() => executor.submit('add', 1, 2), () => executor.trySubmit('add', 1, 2)]) {
      expect(thrownBy(submit)).toMatchObject({ name: 'ExecutorClosedError', code: 'NB_EXECUTOR_CLOSED' });
    }
    executor.shutdown();
    expect(futures[3]?.result()).toBe(3);
  });

  test('without wait returns at once, and the accepted calls end in the background', async () => {
    const executor = workExecutor({ size: 1 });
    const gate = new Gate();
    const futures = [executor.submit('open', gate.cells), executor.submit('add', 1, 2)];
    executor.shutdown({ wait: false });
    expect(futures.map((each) => each.state)).not.toContain('done');
    gate.open();
    await until(() => futures.every((each) => each.state === 'done'));
    executor.shutdown();
    expect(futures[1]?.result()).toBe(3);
  });

  test('refuses calls of run that still waited for room', async () => {
    const executor = workExecutor({ size: 1, maxQueueSize: 1 });
    const gate = new Gate();
    const accepted = [executor.run('open', gate.cells), executor.run('add', 1, 2)];
    const blocked = [executor.run('add', 3, 4), executor.run('add', 5, 6)];
    const outcomes = Promise.allSettled(blocked);
    const closed = executor.close();
    const refused = { status: 'rejected', reason: { code: 'NB_EXECUTOR_CLOSED' } };
    expect(await outcomes).toMatchObject([refused, refused]);
    gate.open();
    expect(await Promise.all(accepted)).toEqual([undefined, 3]);
    await closed;
  });

  test('close() is the form for asynchronous code, and may be called again', async () => {
    const executor = workExecutor();
    const value = executor.run('add', 1, 2);
    await Promise.all([executor.close(), executor.close()]);
    await executor.close();
    executor.shutdown();
    expect(await value).toBe(3);
  });

  test('at once, before any thread is there', () => {
    const executor = workExecutor({ threads: 3 });
    executor.shutdown();
    expect(executor.stats().closed).toBe(true);
  });

  test('using and await using', async () => {
    let sync, async;
    {
      using executor = workExecutor();
      sync = executor.submit('add', 1, 2);
    }
    {
      await using executor = workExecutor();
      async = executor.submit('add', 1, 2);
    }
    expect([sync.state, async.state]).toEqual(['done', 'done']);
  });

  test('ends threads whose module keeps them busy with something else', async () => {
    const executor = workExecutor();
    executor.submit('spinForEver').result();
    executor.shutdown();
    expect(executor.stats().closed).toBe(true);
  });
});
